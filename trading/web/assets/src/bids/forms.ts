// Forms that members of protocol objects may have; `schemas` builds the tables from them.
//
// A form's `check` raises BidError naming the place ("items[3].quantity") of the first thing that is wrong.
import { isObject, type JSONValue } from "../signing/canonical";
import { b64decode, isDigest, isId, parseTime } from "../signing/encoding";
import { EncodingError } from "../signing/errors";
import { BidError, type Params, startOf } from "./errors";
import { MAX_AMOUNT_DIGITS, decimalProblem } from "./money";

/** What a value must look like. */
export interface Form {
  check(value: JSONValue, path: string): void;
}

// Control characters, line and paragraph separators, and marks that turn the direction of what is displayed.
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/;

function refuse(code: string, path: string, params: Params = {}): never {
  throw new BidError(code, { path: path || "(object)", ...params });
}

/** Printable text of `least` to `most` characters; `lines` allows line breaks and tabs. */
export const text = (most = 256, { least = 1, lines = false } = {}): Form => ({
  check(value, path) {
    const count = typeof value === "string" ? characters(value) : -1;
    if (typeof value !== "string" || count < least || count > most) {
      refuse("form-text", path, { least, most });
    }
    if (UNPRINTABLE.test(lines ? value.replace(/[\n\t]/g, "") : value)) refuse("form-printable", path);
  },
});

function characters(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/** Text that a regular expression matches whole; `wanted` shows a person an example. */
export const pattern = (matching: RegExp, wanted: string): Form => ({
  check(value, path) {
    if (typeof value !== "string" || matching.exec(value)?.[0] !== value) refuse("form-pattern", path, { wanted });
  },
});

/** One of a few known words. */
export const choice = (...words: readonly string[]): Form => ({
  check(value, path) {
    if (typeof value !== "string" || !words.includes(value)) {
      refuse("form-choice", path, { wanted: words.join(", ") });
    }
  },
});

/** A JSON integer from `least` to `most`. */
export const whole = (least = 0, most = Number.MAX_SAFE_INTEGER): Form => ({
  check(value, path) {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
      refuse("form-whole", path, { least, most });
    }
  },
});

/** true or false. */
export const flag: Form = {
  check(value, path) {
    if (typeof value !== "boolean") refuse("form-flag", path);
  },
};

/** 32 lower-case hex digits. */
export const id: Form = {
  check(value, path) {
    if (!isId(value)) refuse("form-id", path);
  },
};

/** A SHA-256 as 64 lower-case hex digits. */
export const digest: Form = {
  check(value, path) {
    if (!isDigest(value)) refuse("form-digest", path);
  },
};

/** RFC 3339 UTC with `Z`, seconds required, at most 9 fraction digits. */
export const time: Form = {
  check(value, path) {
    if (typeof value !== "string" || !reads(() => parseTime(value))) refuse("form-time", path);
  },
};

/** Padded standard base64 of `least` to `most` bytes. */
export const bytes = (least: number, most: number): Form => ({
  check(value, path) {
    // The text's length bounds the bytes before anything is decoded.
    const fits = typeof value === "string" && value.length <= Math.floor((most + 2) / 3) * 4;
    let size = -1;
    if (!fits || !reads(() => void (size = b64decode(value).length)) || size < least || size > most) {
      refuse("form-base64", path, { least, most });
    }
  },
});

function reads(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof EncodingError) return false;
    throw error;
  }
}

/** A decimal string, never negative, of bounded length. */
export const number = (integerDigits = 15, fractionDigits = 8): Form => ({
  check(value, path) {
    if (typeof value !== "string") refuse("number-form", path, { value: `a JSON ${kindOf(value)}` });
    const problem = decimalProblem(value, integerDigits, fractionDigits);
    if (problem) refuse(problem, path, { value: startOf(value) });
  },
});

/** The names that Python's messages have for what is no text. */
function kindOf(value: JSONValue): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int";
  return isObject(value) ? "dict" : "list";
}

/** The value of `form`, or null. */
export const nullable = (form: Form): Form => ({
  check(value, path) {
    if (value !== null) form.check(value, path);
  },
});

/** An array of `least` to `most` values of one form. */
export const list = (form: Form, least = 0, most = 100_000): Form => ({
  check(value, path) {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      refuse("form-list", path, { least, most });
    }
    value.forEach((member: JSONValue, at) => form.check(member, `${path}[${at}]`));
  },
});

/** An object whose member names are data themselves. */
export const map = (key: Form, form: Form, most = 100_000): Form => ({
  check(value, path) {
    if (!isObject(value) || Object.keys(value).length > most) refuse("form-object", path);
    for (const name of Object.keys(value).sort()) {
      key.check(name, `${path} (name)`);
      form.check(value[name] as JSONValue, within(path, name));
    }
  },
});

/** A JSON object whose members another module defines. */
export const object: Form = {
  check(value, path) {
    if (!isObject(value)) refuse("form-object", path);
  },
};

export type Table = Readonly<Record<string, Form>>;

/** An object with exactly the `required` members, those of `optional` that are there, and no other. */
export const members = (required: Table, optional: Table = {}): Form => ({
  check(value, path) {
    if (!isObject(value)) refuse("form-object", path);
    for (const [name, form] of Object.entries(required)) {
      const member = value[name];
      if (member === undefined) refuse("member-missing", within(path, name));
      form.check(member, within(path, name));
    }
    // In the order of the canonical bytes, which names that look like numbers would leave.
    for (const name of Object.keys(value).sort()) {
      if (Object.hasOwn(required, name)) continue;
      if (!Object.hasOwn(optional, name)) refuse("member-unknown", within(path, name));
      (optional[name] as Form).check(value[name] as JSONValue, within(path, name));
    }
  },
});

function within(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

export const amount: Form = number(MAX_AMOUNT_DIGITS, 8);
