// Measuring files in workers of their own, so that the page stays alive: one reads the content, one seals it.
//
// The workers run the page's own bundle: what seals is one file, with one digest.
import { digestOfCiphertext, digestOfContent, type Measure } from "../bids/envelope";
import type { Recipe } from "../signing/objects";

interface Task {
  readonly content: Blob;
  readonly recipe: Recipe | null; // null: the content's own digest
}

type Told = { readonly done: number } | { readonly digest: string } | { readonly error: string };

/** What the bundle does in a worker. */
export function serve(): void {
  self.onmessage = async ({ data: { content, recipe } }: MessageEvent<Task>) => {
    const tell = (told: Told): void => self.postMessage(told);
    try {
      const digest = recipe
        ? await digestOfCiphertext(content, recipe, (done) => tell({ done }))
        : await digestOfContent(content);
      tell({ digest });
    } catch (error) {
      tell({ error: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** As `measureHere`, in two workers made from the script at `address`; they stay for the files that follow. */
export function measureInWorkers(address: string): Measure {
  const made: Worker[] = [];
  const worker = (at: number): Worker => (made[at] ??= new Worker(address, { type: "module" }));
  return async (content, recipe, progress) => {
    const [sha256, plaintextSha256] = await Promise.all([
      run(worker(0), { content, recipe }, progress), run(worker(1), { content, recipe: null }, () => undefined),
    ]);
    return { sha256, plaintextSha256 };
  };
}

/** One task of a worker, which has no other meanwhile. */
function run(worker: Worker, task: Task, progress: (done: number) => void): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if ("done" in data) progress(data.done);
      else if ("digest" in data) resolve(data.digest);
      else reject(new Error(data.error));
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(task);
  });
}
