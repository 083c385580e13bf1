// How Python writes and compares a few things, so that both sides say the same words of the same bytes.

/** A fault that no check foresaw, under the name that Python has for it. */
export class Unforeseen extends Error {
  constructor(readonly kind: string) {
    super(kind);
    this.name = "Unforeseen";
  }
}

// What str.isspace says of; JavaScript's \s differs by U+0085, U+001C to U+001F and U+FEFF.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`, "u");
const AROUND = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "gu");

/** str.strip() */
export function strip(text: string): string {
  return text.replace(AROUND, "");
}

/** " ".join(text.split()) */
export function oneLine(text: string): string {
  return strip(text).split(SPACES).join(" ");
}

/** The order of code points, which sorted() has; JavaScript's own is that of UTF-16. */
export function byCodePoint(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return (a.codePointAt(at) as number) - (b.codePointAt(at) as number) || x - y;
  }
  return a.length - b.length;
}

/** str(value) of a JSON value. */
export function str(value: unknown): string {
  return typeof value === "string" ? value : repr(value);
}

/** repr(value) of a JSON value. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${quoted(name)}: ${repr((value as Record<string, unknown>)[name])}`).join(", ")}}`;
  }
  return String(value);
}

const SHORT: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const UNPRINTABLE = /^[\p{C}\p{Zl}\p{Zp}\p{Zs}]$/u;

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (character) => {
    const short = SHORT[character];
    if (short !== undefined) return short;
    if (character === quote) return `\\${quote}`;
    if (character === " " || !UNPRINTABLE.test(character)) return character;
    const code = (character.codePointAt(0) as number).toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
  return quote + escaped.join("") + quote;
}

const FIRST = -62_135_596_800_000_000n; // microseconds: the years 1 to 9999, which a datetime may have
const LAST = 253_402_300_799_999_999n;

/** A moment (microseconds since 1970) moved by so many; what has no datetime is unforeseen there. */
export function later(at: bigint, by: bigint): bigint {
  const moved = at + by;
  if (moved < FIRST || moved > LAST) throw new Unforeseen("OverflowError");
  return moved;
}
