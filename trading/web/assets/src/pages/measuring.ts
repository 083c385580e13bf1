// Measuring files in workers of their own, so that the page stays alive: one reads and seals, two hash what it reads
// and what it makes. A file is read once.
//
// The workers run the page's own bundle: what seals is one file, with one digest.
import { MeasuringFailed, sealThrough, type Measure, type Measured } from "../bids/envelope";
import type { Bytes } from "../signing/encoding";
import { PIECE, type Recipe } from "../signing/objects";
import { Hasher } from "../signing/sha256";

/** Content to be sealed, and the ends of the channels on which its pieces and those of its ciphertext are hashed. */
interface Sealing {
  readonly content: Blob;
  readonly recipe: Recipe;
  readonly plain: MessagePort;
  readonly sealed: MessagePort;
}

interface Hashing {
  readonly pieces: MessagePort;
}

type Told = { readonly done: number } | { readonly measured: Measured } | { readonly error: string };

/** What the bundle does in a worker. */
export function serve(): void {
  self.onmessage = ({ data }: MessageEvent<Sealing | Hashing>) => void ("pieces" in data ? hash(data.pieces) : sealed(data)).catch(reportError);
}

/** A piece in memory that comes back, so that nobody ever waits for a collector. */
interface Piece {
  readonly memory: ArrayBuffer;
  readonly size: number;
}

/** Answer each piece when it is taken, with its memory, and the end of them (null) with their digest. */
async function hash(pieces: MessagePort): Promise<void> {
  const hasher = await Hasher.fast();
  pieces.onmessage = ({ data }: MessageEvent<Piece | null>) => {
    if (data === null) return pieces.postMessage(hasher.hexdigest());
    hasher.update(new Uint8Array(data.memory, 0, data.size));
    pieces.postMessage(data.memory, [data.memory]);
  };
}

async function sealed({ content, recipe, plain, sealed }: Sealing): Promise<void> {
  const tell = (told: Told): void => self.postMessage(told);
  const [ofContent, ofCiphertext] = [new Elsewhere(plain), new Elsewhere(sealed)];
  try {
    const [first, second] = [(piece: Bytes) => ofContent.update(piece), (piece: Bytes) => ofCiphertext.update(piece)];
    await sealThrough(content, recipe, first, second, (done) => tell({ done }));
    const [plaintextSha256, sha256] = await Promise.all([ofContent.digest(), ofCiphertext.digest()]);
    tell({ measured: { sha256, plaintextSha256 } });
  } catch (error) {
    tell({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** A hasher in another worker, never more than two pieces behind. */
class Elsewhere {
  private readonly waiting: ((answer: ArrayBuffer | string) => void)[] = [];
  private readonly spare = [new ArrayBuffer(PIECE), new ArrayBuffer(PIECE)];
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.waiting.shift()?.(data);
  }

  async update(piece: Bytes): Promise<void> {
    const memory = this.spare.pop() as ArrayBuffer;
    new Uint8Array(memory).set(piece);
    const before = this.last;
    this.last = this.ask({ memory, size: piece.length }).then((memory) => void this.spare.push(memory as ArrayBuffer));
    await before;
  }

  async digest(): Promise<string> {
    const digest = (await this.ask(null)) as string;
    this.port.close();
    return digest;
  }

  private ask(piece: Piece | null): Promise<ArrayBuffer | string> {
    this.port.postMessage(piece, piece === null ? [] : [piece.memory]);
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** As `measureHere`, in workers made from the script at `address`; they stay for the files that follow. */
export function measureInWorkers(address: string): Measure {
  let made: Worker[] = [];
  return async (content, recipe, progress) => {
    if (made.length === 0) made = Array.from({ length: 3 }, () => new Worker(address, { type: "module" }));
    const [sealer, ...hashers] = made as [Worker, Worker, Worker];
    const ends = hashers.map((hasher) => {
      const { port1, port2 } = new MessageChannel();
      hasher.postMessage({ pieces: port1 } satisfies Hashing, [port1]);
      return port2;
    });
    const [plain, sealed] = ends as [MessagePort, MessagePort];
    return new Promise<Measured>((resolve, reject) => {
      const failed = (event: ErrorEvent): void => {
        for (const worker of made) worker.terminate();
        made = []; // the next try begins with new ones
        reject(new MeasuringFailed(event.message));
      };
      for (const worker of made) worker.onerror = failed;
      sealer.onmessage = ({ data }: MessageEvent<Told>) => {
        if ("done" in data) progress(data.done);
        else if ("measured" in data) resolve(data.measured);
        else reject(new Error(data.error));
      };
      sealer.postMessage({ content, recipe, plain, sealed } satisfies Sealing, [plain, sealed]);
    });
  };
}
