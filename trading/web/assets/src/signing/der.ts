// The little of DER (X.690) that signatures need, strict both ways: one value, one encoding.
import { concat, type Bytes } from "./encoding";

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const UTF8_STRING = 0x0c;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const CONTEXT_0 = 0xa0;

/** Bytes that are not the DER expected. */
export class DERError extends Error {}

/** One element: tag, minimal length, contents joined. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const size = contents.reduce((sum, content) => sum + content.length, 0);
  return concat(Uint8Array.of(tag, ...length(size)), ...contents);
}

function length(size: number): number[] {
  if (size < 0x80) return [size];
  const digits: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 | digits.length, ...digits];
}

/** A non-negative INTEGER of these big-endian bytes. */
export function unsigned(bytes: Uint8Array): Bytes {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  return tlv(INTEGER, digits.length === 0 || (digits[0] as number) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits);
}

/** The value of an INTEGER's content; DERError. */
export function number(content: Uint8Array): bigint {
  const [first, second = 0] = content;
  const padded = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (first === undefined || padded) throw new DERError("a number that is not minimal");
  const value = content.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(content.length * 8, value);
}

/** The dotted form of an OBJECT IDENTIFIER (the whole element); DERError. */
export function dotted(element: Bytes): string {
  const reader = new Reader(element);
  const content = reader.content(OID);
  reader.end();
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw new DERError("an identifier that is not minimal");
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    fresh = byte < 0x80;
    if (!fresh) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first, ...rest] = arcs;
  if (first === undefined || !fresh || content.length > 63) throw new DERError("a malformed identifier");
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - 40n * top, ...rest].join(".");
}

/** An OBJECT IDENTIFIER in dotted form. */
export function oid(dotted: string): Bytes {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  const bytes = [first * 40n + second, ...rest].flatMap((arc) => {
    const septets = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) septets.unshift(Number(left & 0x7fn) | 0x80);
    return septets;
  });
  return tlv(OID, Uint8Array.from(bytes));
}

/** A SET OF under `tag`: elements in ascending order of their encodings. */
export function setOf(tag: number, elements: readonly Uint8Array[]): Bytes {
  return tlv(tag, ...[...elements].sort(compare));
}

/** Less than, equal to or greater than zero as `a` is to `b`, byte by byte. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    if (a[at] !== b[at]) return (a[at] as number) - (b[at] as number);
  }
  return a.length - b.length;
}

/** Reads elements one after the other; DERError on anything not strict DER or not expected. */
export class Reader {
  private at = 0;

  constructor(private readonly data: Bytes) {}

  get more(): boolean {
    return this.at < this.data.length;
  }

  /** The next tag, -1 at the end. */
  peek(): number {
    return this.data[this.at] ?? -1;
  }

  /** The whole next element, tag and length included; it must have `tag` if one is given. */
  element(tag?: number): Bytes {
    const start = this.at;
    this.content(tag);
    return this.data.slice(start, this.at);
  }

  /** The content of the next element. */
  content(tag?: number): Bytes {
    const { data } = this;
    let at = this.at;
    if (data.length < at + 2) throw new DERError("cut short");
    if (tag !== undefined && data[at] !== tag) throw new DERError(`tag ${data[at]} in place of ${tag}`);
    let size = data[at + 1] as number;
    at += 2;
    if (size >= 0x80) {
      const count = size & 0x7f;
      const digits = data.subarray(at, at + count);
      size = digits.reduce((sum, digit) => sum * 256 + digit, 0);
      if (count < 1 || count > 4 || digits.length < count || size < 0x80 || size < 256 ** (count - 1)) {
        throw new DERError("a length that is not minimal");
      }
      at += count;
    }
    if (data.length < at + size) throw new DERError("cut short");
    this.at = at + size;
    return data.slice(at, this.at);
  }

  /** A reader of the content of the next element, which must have `tag`. */
  inside(tag: number): Reader {
    return new Reader(this.content(tag));
  }

  /** All that is left, as whole elements. */
  elements(): Bytes[] {
    const found: Bytes[] = [];
    while (this.more) found.push(this.element());
    return found;
  }

  /** The elements of a SET OF under `tag`: at least one, strictly ascending, as DER orders them. */
  setOf(tag: number): Bytes[] {
    const found = this.inside(tag).elements();
    if (found.length === 0 || found.some((one, at) => at > 0 && compare(found[at - 1] as Bytes, one) >= 0)) {
      throw new DERError("a set that is empty or out of order");
    }
    return found;
  }

  /** Nothing may be left. */
  end(): void {
    if (this.more) throw new DERError("trailing bytes");
  }
}
