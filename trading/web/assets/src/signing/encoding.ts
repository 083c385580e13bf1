// Text forms of bytes, times and ids: exactly one accepted spelling of each.
import { EncodingError } from "./errors";
import { repr } from "./python";

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const PIECE = 0x8000; // as many arguments as String.fromCharCode takes anywhere

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

export function concat(...pieces: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export function hex(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += HEX[byte];
  return text;
}

/** The bytes of lower-case hex digits; EncodingError for anything else. */
export function unhex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new EncodingError("This is not lower-case hex.", "bad hex");
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

/** Padded base64 in the standard alphabet (RFC 4648 section 4). */
export function b64encode(data: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < data.length; at += PIECE) binary += String.fromCharCode(...data.subarray(at, at + PIECE));
  return btoa(binary);
}

/** The bytes of padded standard base64; EncodingError for any other spelling, non-zero spare bits too. */
export function b64decode(text: string): Bytes {
  const digits = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const pads = text.length - digits;
  const spare = digits % 4;
  const onlyPads = /^=*$/.test(text.slice(digits));
  // Padding after whole groups is another spelling; any other fault is none.
  const whole = spare === 0 ? pads === 0 || digits > 0 : spare > 1 && pads === 4 - spare;
  if (!onlyPads || !whole) {
    throw new EncodingError("This is not padded base64 in the standard alphabet.", "bad base64");
  }
  const binary = spare === 0 ? atob(text.slice(0, digits)) : atob(text);
  if ((spare === 0 && pads > 0) || (spare > 0 && btoa(binary.slice(-(binary.length % 3))) !== text.slice(-4))) {
    throw new EncodingError("This base64 has another spelling of the same bytes.", "base64 not canonical");
  }
  const data = new Uint8Array(binary.length);
  for (let at = 0; at < data.length; at += 1) data[at] = binary.charCodeAt(at);
  return data;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/;

/**
 * Microseconds since 1970 (UTC), of RFC 3339 with `Z`, seconds and at most 9 fraction digits.
 *
 * Digits beyond the microsecond are cut off. Raises EncodingError.
 */
export function parseTime(text: string): bigint {
  const found = TIME.exec(text);
  const [year, month, day, hour, minute, second] = (found ?? []).slice(1, 7).map(Number) as number[];
  if (
    found === null || text.endsWith("\n") ||
    year === undefined || month === undefined || day === undefined || hour === undefined ||
    minute === undefined || second === undefined
  ) {
    throw badTime(text);
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same =
    year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day &&
    hour < 24 && minute < 60 && second < 60;
  if (!same) throw badTime(text);
  const fraction = (found[7] ?? "").padEnd(9, "0").slice(0, 6);
  return BigInt(date.getTime()) * 1000n + BigInt(fraction);
}

function badTime(text: string): EncodingError {
  const message = `bad time ${repr(Array.from(text.slice(0, 128)).slice(0, 64).join(""))}`;
  return new EncodingError(`${message}: a UTC time like 2026-06-01T09:00:00.123Z is wanted.`, message);
}

/** RFC 3339 UTC with `Z` and exactly three fraction digits. */
export function formatTime(at: Date): string {
  return at.toISOString();
}

/** RFC 3339 UTC of microseconds since 1970, with exactly three fraction digits (cut, not rounded). */
export function formatMoment(at: bigint): string {
  return new Date(Number((at - (((at % 1000n) + 1000n) % 1000n)) / 1000n)).toISOString();
}

/** A new 128-bit random id, 32 lower-case hex digits. */
export function newId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

/** Whether `text` is an id of a tender, bid, supplier or custodian: 32 lower-case hex digits. */
export function isId(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{32}$/.test(text);
}

/** Whether `text` is a SHA-256 as 64 lower-case hex digits. */
export function isDigest(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
}

export async function sha256(data: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data as Bytes));
}

/** SHA-256 of `data`, as lower-case hex. */
export async function digest(data: Uint8Array): Promise<string> {
  return hex(await sha256(data));
}
