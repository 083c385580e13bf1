// The JSON API as the portal's pages call it: by the session's cookie, in the page's language.

export type Json = Readonly<Record<string, unknown>>;

/** A refusal by the platform (RFC 9457): its code, and a sentence in the page's language. */
export class ApiProblem extends Error {
  readonly code: string;
  readonly rule: string;
  readonly article: string;

  constructor(readonly status: number, body: Json) {
    super(String(body["detail"] ?? `HTTP ${status}`));
    this.name = "ApiProblem";
    this.code = String(body["code"] ?? "unknown");
    this.rule = String(body["rule"] ?? "");
    this.article = String(body["article"] ?? "");
  }

  /** Whether the same may be answered later: it was too much at once, or something is down. */
  get passing(): boolean {
    return this.status >= 500 || this.status === 429;
  }
}

/** An answer that is not as the API's document has it. */
export class AnswerMalformed extends Error {}

/** The platform was not reached, or what came back was cut off. */
export class ConnectionLost extends Error {}

/** An answer's body; ConnectionLost if it broke off. */
async function whole<T>(body: Promise<T>): Promise<T> {
  return body.catch(() => Promise.reject(new ConnectionLost()));
}

const PREFIX = "/api/v1";
const TRIES = 6;
const FIRST_WAIT = 400; // milliseconds; each further one is twice as long

type Fetch = (address: string, options: RequestInit) => Promise<Response>;

/** Calls as whoever is signed in. All may be repeated, and are, when the connection breaks. */
export class Api {
  /**
   * `token` proves that a call comes from a page of ours. `waiting` is told when the connection has broken and how
   * many milliseconds are waited before the next try, and 0 when it is back.
   */
  constructor(
    private readonly token: string,
    private readonly language: string,
    private readonly waiting: (milliseconds: number) => void = () => undefined,
    private readonly fetch: Fetch = (address, options) => globalThis.fetch(address, options),
    private readonly firstWait = FIRST_WAIT,
  ) {}

  async get(path: string): Promise<Json> {
    return whole((await this.send("GET", path)).json());
  }

  async bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await whole((await this.send("GET", path)).arrayBuffer()));
  }

  /** A public file outside of the API, which browsers may keep; null if there is none. */
  async file(address: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const response = await this.repeat(address, { redirect: "error" });
    if (response.status === 404) return null;
    if (!response.ok) throw new ApiProblem(response.status, {});
    return new Uint8Array(await whole(response.arrayBuffer()));
  }

  /** What arrives, piece by piece; ConnectionLost if it breaks off. */
  async *stream(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const reader = (await this.send("GET", path)).body?.getReader();
    if (reader === undefined) return;
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(() => Promise.reject(new ConnectionLost()));
        if (done) return;
        yield value;
      }
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  }

  async text(path: string): Promise<string> {
    return whole((await this.send("GET", path)).text());
  }

  /** POST JSON, once however often it is sent. */
  async post(path: string, body: Json): Promise<Json> {
    const once = { "Idempotency-Key": crypto.randomUUID().replaceAll("-", "") };
    return whole((await this.send("POST", path, JSON.stringify(body), { "Content-Type": "application/json", ...once })).json());
  }

  async put(path: string, body: Json): Promise<Json> {
    return whole((await this.send("PUT", path, JSON.stringify(body), { "Content-Type": "application/json" })).json());
  }

  async putBytes(path: string, data: Blob): Promise<void> {
    await this.send("PUT", path, data, { "Content-Type": "application/octet-stream" });
  }

  private async send(
    method: string, path: string, body?: string | Blob, headers: Record<string, string> = {},
  ): Promise<Response> {
    const options: RequestInit = {
      method,
      headers: { "X-CSRF-Token": this.token, "Accept-Language": this.language, ...headers },
      redirect: "error",
      cache: "no-store",
      ...(body === undefined ? {} : { body }),
    };
    const response = await this.repeat(PREFIX + path, options);
    if (response.ok) return response;
    const told = await response.json().catch(() => ({}));
    throw new ApiProblem(response.status, told as Json);
  }

  private async repeat(address: string, options: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await this.fetch(address, options);
        if (response.status < 502 || response.status > 504) {
          if (attempt > 1) this.waiting(0);
          return response;
        }
      } catch {
        // Below: the same as an answer from a proxy that does not reach the platform.
      }
      if (attempt === TRIES) throw new ConnectionLost();
      const wait = this.firstWait * 2 ** (attempt - 1);
      this.waiting(wait);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
