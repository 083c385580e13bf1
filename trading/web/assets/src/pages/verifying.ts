// Verifying a package in a worker of its own, so that the page stays alive; the worker runs the page's own bundle.
import { BidError } from "../bids/errors";
import type { Language } from "../bids/messages";
import { readPackage } from "../bids/package";
import { findingText, type Report } from "../bids/verification/findings";
import type { Anchors } from "../bids/verification/anchors";
import { verify } from "../bids/verification/verifier";
import { contentOf } from "../signing/contents";

/** A line of the result: it holds, does not, or could not be checked. */
export interface Line {
  readonly number: number;
  readonly ok: boolean | null;
  readonly text: string;
  readonly files: readonly string[];
}

/** All findings in words, and the closing ones in Chinese and English. */
export interface Verdict {
  readonly lines: readonly Line[];
  readonly concluded: readonly [string, string];
}

interface Task {
  readonly file: Blob;
  readonly anchors: Anchors;
  readonly language: Language;
}

type Told =
  | { readonly count: number }
  | { readonly verdict: Verdict }
  | { readonly code: string; readonly params: BidError["params"] }
  | { readonly error: string };

/** What the bundle does in a worker. */
export function serve(): void {
  self.onmessage = async ({ data: { file, anchors, language } }: MessageEvent<Task>) => {
    const tell = (told: Told): void => self.postMessage(told);
    try {
      const files = await readPackage(contentOf(file));
      let count = 0;
      const report = await verify(files, anchors, () => tell({ count: (count += 1) }));
      const lines = report.findings.map((one) => ({
        number: one.number, ok: one.ok, files: one.files, text: findingText(one, language),
      }));
      tell({ verdict: { lines, concluded: concluded(report) } });
    } catch (error) {
      tell(error instanceof BidError ? { code: error.code, params: error.params } : { error: String(error) });
    }
  };
}

/** A worker made from the script at `address`, there before anything is given: nothing is fetched for what is given. */
export class Verifying {
  private readonly worker: Worker;
  private readonly broken: Promise<never>;

  constructor(address: string) {
    this.worker = new Worker(address, { type: "module" });
    this.broken = new Promise((_, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message));
    });
    this.broken.catch(() => undefined); // told to whoever verifies, now or later
  }

  /** Verify one package at a time; `progress` is told how many findings there are so far. BidError: it is none. */
  verify(task: Task, progress: (count: number) => void): Promise<Verdict> {
    const answer = new Promise<Verdict>((resolve, reject) => {
      this.worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if ("count" in data) progress(data.count);
        else if ("verdict" in data) resolve(data.verdict);
        else reject("code" in data ? new BidError(data.code, data.params) : new Error(data.error));
      };
      this.worker.postMessage(task);
    });
    return Promise.race([answer, this.broken]);
  }
}

/** The closing words of `sunseal verify`. */
function concluded(report: Report): readonly [string, string] {
  const failed = report.findings.filter((one) => one.ok === false).length;
  const unknown = report.findings.filter((one) => one.ok === null).length;
  if (failed > 0) return [`核对未通过：${failed} 项不符。`, `The package does NOT hold: ${failed} findings failed.`];
  const checked = report.findings.length - unknown;
  return [
    `核对通过：${checked} 项符合${unknown > 0 ? `，${unknown} 项未能核对` : ""}。`,
    `The package holds: ${checked} findings${unknown > 0 ? `, ${unknown} could not be checked` : ""}.`,
  ];
}
