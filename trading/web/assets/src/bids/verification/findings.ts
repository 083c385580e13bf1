// What a verification found: numbered findings in plain words, each naming the files it is about.
import { SigningError } from "../../signing/errors";
import { Unforeseen, oneLine } from "../../signing/python";
import { BidError, fromSigning, type Params } from "../errors";
import { sentence, textOf, type Language } from "../messages";

const SHOWN = 5; // reasons spelled out in a finding's text; all files are named all the same

/** One thing that was checked: it holds (true), does not (false), or could not be checked (null). */
export interface Finding {
  readonly number: number;
  readonly code: string;
  readonly ok: boolean | null;
  /** Those it is about; of a failed finding, those that are at fault or cannot be believed. */
  readonly files: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly reasons: readonly BidError[];
}

/** What was checked and, if it failed, why. */
export function findingText({ code, params, reasons }: Finding, lang: Language): string {
  const said = sentence(code, lang, params);
  if (reasons.length === 0) return said;
  const shown = reasons.slice(0, SHOWN).map((reason) => reasonText(reason, lang));
  const left = reasons.length - shown.length;
  if (left > 0) shown.push(lang === "zh" ? `……另有 ${left} 处` : `… and ${left} more`);
  const head = lang === "zh" ? `${said} 不符：` : `${said} Not so: `;
  return head + shown.join(lang === "zh" ? "；" : "; ");
}

function reasonText(reason: BidError, lang: Language): string {
  const { file } = reason.params;
  const text = textOf(reason, lang);
  return file === undefined || text.includes(file) ? text : `${file}: ${text}`;
}

/** All findings in order. `anchored`: roots and log key were the reader's own, not the package's. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly anchored: boolean;
}

/** A finding in the making: `fail` may be called many times, `unknown` says it could not be checked. */
export class Step {
  readonly blamed: string[] = [];
  readonly reasons: BidError[] = [];
  readonly params: Record<string, string> = {};
  open = false;

  constructor(private readonly files: readonly string[]) {}

  /** Record a failure and blame the error's own file and `files`, or without any the step's files. */
  fail(error: BidError, ...files: readonly string[]): void {
    this.reasons.push(error);
    const { file } = error.params;
    if (file !== undefined) this.blamed.push(file);
    this.blamed.push(...(files.length > 0 ? files : file === undefined ? this.files : []));
  }

  /** Record that this could not be checked. */
  unknown(): void {
    this.open = true;
  }

  /** Turn whatever is refused inside into a failure of this step. */
  async guard(files: readonly string[], act: () => void | Promise<void>): Promise<void> {
    const what = files[0] ?? this.files[0] ?? "";
    try {
      await act();
    } catch (error) {
      if (error instanceof BidError) this.fail(error, ...files);
      else if (error instanceof SigningError) this.fail(fromSigning(error, { what }), ...files);
      else {
        // Something in the package that no check foresaw: it does not hold, and the others go on.
        const kind = error instanceof Unforeseen ? error.kind : error instanceof Error ? error.name : "unknown";
        this.fail(new BidError("verify-broke-off", { what, kind }), ...files);
      }
    }
  }
}

/** Collects findings in the order in which the checks end; `tell` hears of each. */
export class Book {
  readonly findings: Finding[] = [];

  constructor(private readonly tell: (finding: Finding) => void = () => undefined) {}

  /** A check: whatever is refused inside fails it, else it holds or is unknown as the step says. */
  async step(
    code: string, files: readonly string[], params: Params, act: (step: Step) => void | Promise<void>,
  ): Promise<Step> {
    const step = new Step(files);
    await step.guard([], () => act(step));
    const failed = step.reasons.length > 0;
    // What parties wrote may have line breaks; a finding is one line.
    const words = Object.entries({ ...params, ...step.params }).map(([name, value]) => [name, oneLine(String(value))]);
    const finding: Finding = {
      number: this.findings.length + 1,
      code,
      ok: failed ? false : step.open ? null : true,
      files: failed ? Array.from(new Set(step.blamed)) : files,
      params: Object.fromEntries(words) as Record<string, string>,
      reasons: step.reasons,
    };
    this.findings.push(finding);
    this.tell(finding);
    return step;
  }

  /** Something that could not be checked, said plainly. */
  async note(code: string, files: readonly string[] = [], params: Params = {}): Promise<void> {
    await this.step(code, files, params, (step) => step.unknown());
  }
}
