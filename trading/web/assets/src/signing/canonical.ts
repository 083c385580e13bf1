// RFC 8785 JSON, strictly: one value has one sequence of bytes, and only those bytes are read.
//
// The same reasons in the same order as signing/canonical.py, so that both refuse the same bytes alike.
import { CanonicalError } from "./errors";

export type JSONValue = null | boolean | number | string | readonly JSONValue[] | JSONObject;
export interface JSONObject {
  readonly [name: string]: JSONValue;
}

const MAX_DEPTH = 16;
const MAX_NESTING = 512; // where reading stops; what is deeper than MAX_DEPTH is refused after reading
const LONE_SURROGATE = /\p{Surrogate}/u;

const encoder = new TextEncoder();

function refuse(reason: string): never {
  throw new CanonicalError(`This is not canonical JSON (RFC 8785) as the protocol asks: ${reason}.`, reason);
}

/** The canonical UTF-8 bytes of `value`. */
export function dumps(value: JSONValue): Uint8Array<ArrayBuffer> {
  return encoder.encode(text(value));
}

/** The canonical text of `value`; CanonicalError for whatever has no canonical form. */
export function text(value: JSONValue): string {
  const pieces: string[] = [];
  write(value, 1, pieces);
  return pieces.join("");
}

/**
 * The value that the canonical bytes `data` stand for. Objects have no prototype.
 *
 * Raises CanonicalError, whose `reason` is one of: "byte order mark", "not UTF-8", "not JSON", "depth over 16",
 * "duplicate key", "float", "integer above 2^53-1", "lone surrogate", "not canonical".
 */
export function loads(data: Uint8Array): JSONValue {
  if (data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) refuse("byte order mark");
  let source: string;
  try {
    source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    refuse("not UTF-8");
  }
  const value = new Reader(source).document();
  if (text(value) !== source) refuse("not canonical");
  return value;
}

export function isObject(value: JSONValue | undefined): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function write(value: JSONValue, depth: number, pieces: string[]): void {
  if (value === null || typeof value === "boolean") {
    pieces.push(String(value));
  } else if (typeof value === "string") {
    pieces.push(quoted(value));
  } else if (typeof value === "number") {
    if (!Number.isInteger(value) || Object.is(value, -0)) refuse("float");
    if (!Number.isSafeInteger(value)) refuse("integer above 2^53-1");
    pieces.push(String(value));
  } else if (typeof value !== "object") {
    refuse(`a ${typeof value} has no JSON form`);
  } else if (depth > MAX_DEPTH) {
    refuse("depth over 16");
  } else if (isObject(value)) {
    let separator = "{";
    for (const name of Object.keys(value).sort()) {
      pieces.push(separator, quoted(name), ":");
      write(value[name] as JSONValue, depth + 1, pieces);
      separator = ",";
    }
    pieces.push(separator === "{" ? "{}" : "}");
  } else {
    let separator = "[";
    for (const member of value) {
      pieces.push(separator);
      write(member, depth + 1, pieces);
      separator = ",";
    }
    pieces.push(separator === "[" ? "[]" : "]");
  }
}

function quoted(value: string): string {
  if (LONE_SURROGATE.test(value)) refuse("lone surrogate");
  return JSON.stringify(value);
}

const BLANK = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const HEX = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
};

/** Reads any JSON; that it is the canonical spelling is seen by writing it again. */
class Reader {
  private at = 0;
  private deepest = 0;

  constructor(private readonly source: string) {}

  document(): JSONValue {
    this.match(BLANK);
    const value = this.value(1);
    this.match(BLANK);
    if (this.at < this.source.length) refuse("not JSON");
    if (this.deepest > MAX_DEPTH) refuse("depth over 16");
    return value;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private value(depth: number): JSONValue {
    const next = this.source[this.at];
    if (next === '"') return this.string();
    if (next === "{" || next === "[") {
      this.deepest = Math.max(this.deepest, depth);
      if (depth > MAX_NESTING) refuse("depth over 16");
      this.at += 1;
      return next === "{" ? this.object(depth) : this.array(depth);
    }
    for (const [word, value] of [["null", null], ["true", true], ["false", false]] as const) {
      if (this.source.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  private number(): number {
    const found = this.match(NUMBER);
    if (!found) refuse("not JSON");
    if (found[2] !== undefined || found[3] !== undefined) refuse("float");
    const digits = found[1] as string;
    const number = Number(digits);
    if (digits.length > 17 || !Number.isSafeInteger(number)) refuse("integer above 2^53-1");
    return number === 0 ? 0 : number; // "-0" is not canonical, which writing shows
  }

  private string(): string {
    this.at += 1;
    let result = "";
    for (;;) {
      result += (this.match(PLAIN) as RegExpExecArray)[0];
      const next = this.source[this.at++];
      if (next === '"') return result;
      if (next !== "\\") refuse("not JSON");
      const escape = this.source[this.at++] ?? "";
      const plain = ESCAPES[escape];
      if (plain !== undefined) {
        result += plain;
      } else {
        const hex = escape === "u" ? this.match(HEX) : null;
        if (!hex) refuse("not JSON");
        result += String.fromCharCode(parseInt(hex[0], 16));
      }
    }
  }

  private array(depth: number): JSONValue[] {
    const members: JSONValue[] = [];
    this.match(BLANK);
    if (this.take("]")) return members;
    for (;;) {
      this.match(BLANK);
      members.push(this.value(depth + 1));
      this.match(BLANK);
      if (this.take("]")) return members;
      if (!this.take(",")) refuse("not JSON");
    }
  }

  private object(depth: number): JSONObject {
    const members: Record<string, JSONValue> = Object.create(null);
    let twice = false;
    this.match(BLANK);
    if (this.take("}")) return members;
    for (;;) {
      this.match(BLANK);
      if (this.source[this.at] !== '"') refuse("not JSON");
      const name = this.string();
      this.match(BLANK);
      if (!this.take(":")) refuse("not JSON");
      this.match(BLANK);
      twice ||= name in members;
      members[name] = this.value(depth + 1);
      this.match(BLANK);
      if (this.take("}")) break;
      if (!this.take(",")) refuse("not JSON");
    }
    if (twice) refuse("duplicate key");
    return members;
  }

  private take(character: string): boolean {
    if (this.source[this.at] !== character) return false;
    this.at += 1;
    return true;
  }
}
