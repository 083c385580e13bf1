// The API's reference page: sends the request that a form describes, and shows what came back.

const zh = document.documentElement.lang.startsWith("zh");
const t = (chinese: string, english: string): string => (zh ? chinese : english);
const LONGEST = 200_000; // characters that are shown

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string,
  className = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

interface Asked {
  address: string;
  method: string;
  headers: Record<string, string>;
  body: string | File | undefined;
}

/** What a form asks for; values of the path and the query go where the document says. */
function asked(form: HTMLFormElement, token: string): Asked {
  let address = form.dataset["path"] ?? "";
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll<HTMLInputElement>("input[data-place]")) {
    if (input.dataset["place"] === "path") {
      address = address.replace(`{${input.name}}`, () => encodeURIComponent(input.value.trim()));
    } else if (input.value.trim() !== "") query.set(input.name, input.value.trim());
  }
  if (query.size > 0) address += `?${query.toString()}`;
  const headers: Record<string, string> = { "Accept-Language": zh ? "zh-CN" : "en" };
  if (token !== "") headers["Authorization"] = `Bearer ${token}`;
  const field = form.querySelector<HTMLTextAreaElement | HTMLInputElement>("[data-body]");
  if (field !== null) headers["Content-Type"] = field.dataset["body"] ?? "";
  const body = field instanceof HTMLInputElement ? field.files?.[0] : field?.value;
  return { address, method: form.dataset["method"] ?? "GET", headers, body };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same for a terminal; the token stays a variable. */
function commandLine(request: Asked): string {
  const parts = ["curl", "-sS", "-X", request.method, quoted(location.origin + request.address)];
  for (const [name, value] of Object.entries(request.headers)) {
    parts.push("-H", name === "Authorization" ? '"Authorization: Bearer $TOKEN"' : quoted(`${name}: ${value}`));
  }
  if (request.body instanceof File) parts.push("--data-binary", quoted(`@${request.body.name}`));
  else if (request.body !== undefined) parts.push("--data-raw", quoted(request.body));
  return parts.join(" ");
}

/** Text for people, or null for what only programs read. */
async function readable(answer: Response, data: Blob): Promise<string | null> {
  const media = answer.headers.get("Content-Type") ?? "";
  if (!/json|^text\/|pem/.test(media)) return null;
  const text = await data.text();
  if (!media.includes("json")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

let last = ""; // the address of the last file offered

async function show(request: Asked, result: HTMLElement): Promise<void> {
  const began = performance.now();
  // Only the token speaks for anybody here: nothing that a session may do happens by this page.
  const answer = await fetch(request.address, {
    method: request.method,
    headers: request.headers,
    body: request.body ?? null,
    credentials: "omit",
    cache: "no-store",
  });
  const data = await answer.blob();
  const took = Math.round(performance.now() - began);
  const media = answer.headers.get("Content-Type") ?? "";
  const line = `${answer.status} ${answer.statusText} · ${took} ms · ${data.size} B${media ? ` · ${media}` : ""}`;
  result.replaceChildren(element("p", line, answer.ok ? "answered" : "refused"));
  const text = await readable(answer, data);
  if (text !== null) {
    const shown = element("pre", text.slice(0, LONGEST));
    shown.tabIndex = 0;
    result.append(shown);
    if (text.length > LONGEST) result.append(element("p", t("后面的未显示。", "The rest is not shown."), "quiet"));
  }
  if (data.size > 0) {
    URL.revokeObjectURL(last);
    last = URL.createObjectURL(data);
    const link = element("a", t("保存答复", "Save the answer"));
    link.href = last;
    link.download = request.address.split("?")[0]?.split("/").pop() ?? "answer";
    result.append(link);
  }
  const command = element("pre", commandLine(request), "quiet");
  command.tabIndex = 0;
  result.append(command);
}

async function send(form: HTMLFormElement, token: string): Promise<void> {
  const result = form.querySelector<HTMLElement>(".result");
  if (result === null) return;
  result.replaceChildren(element("p", t("正在发送……", "Sending …"), "quiet"));
  try {
    await show(asked(form, token), result);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    result.replaceChildren(element("p", t(`没有收到答复：${reason}`, `No answer came: ${reason}`), "refused"));
  }
}

/** Unfold what the address names. */
function unfold(): void {
  const named = location.hash === "" ? null : document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
  }
}

const token = document.querySelector<HTMLInputElement>("#token");
document.querySelector<HTMLFormElement>("form[data-token]")?.removeAttribute("hidden");
document.querySelector<HTMLFormElement>("form[data-token]")?.addEventListener("submit", (event) => event.preventDefault());
for (const form of document.querySelectorAll<HTMLFormElement>("form.try")) {
  form.removeAttribute("hidden");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, token?.value.trim() ?? "");
  });
}
addEventListener("hashchange", unfold);
unfold();
