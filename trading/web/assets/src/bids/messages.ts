// The sentences of bids/messages.py, written into generated/ when the pages are built: one wording on both sides.
import messages from "../../generated/messages.json";
import type { BidError, Params } from "./errors";

export type Language = "zh" | "en";

const MESSAGES: Readonly<Record<string, readonly string[]>> = messages;

/** A sentence with {parameters} filled in; what is not known stands as a dash. */
export function sentence(code: string, lang: Language, params: Params): string {
  const wording = MESSAGES[code]?.[lang === "zh" ? 0 : 1] ?? code;
  return wording.replace(/\{(\w+)\}/g, (_, name: string) => (Object.hasOwn(params, name) ? String(params[name]) : "–"));
}

/** What is wrong and what to do, for a person. */
export function textOf(error: BidError, lang: Language): string {
  return sentence(error.code, lang, error.params);
}
