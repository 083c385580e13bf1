// The directory of a ZIP, found and read as Python's zipfile does: where two readers differ, a file hides.
import type { Bytes } from "../signing/encoding";
import type { Content } from "../signing/contents";

const END = 22; // bytes of the end of the central directory
const END_64 = 56;
const LOCATOR_64 = 20;
const CENTRAL = 46;
const LOCAL = 30;
const MOST_COMMENT = 65_536;
const SIGNATURE = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, central: 0x02014b50, local: 0x04034b50 };
const MAX_VERSION = 63;
const UTF8 = 0x800;
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
  "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\xa0";

/** A file as the central directory has it; sizes and offset with what a ZIP64 field says of them. */
export interface ZipEntry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  readonly attributes: number;
  readonly extra: Bytes;
  readonly commented: boolean;
}

export interface Directory {
  readonly entries: readonly ZipEntry[];
  readonly start: number;
  readonly comment: boolean;
}

const viewOf = (data: Bytes): DataView => new DataView(data.buffer, data.byteOffset, data.length);

/** The directory, null if there is none that can be read. */
export async function readDirectory(content: Content): Promise<Directory | null> {
  const end = await findEnd(content);
  if (end === null) return null;
  const start = end.at - end.size - (end.wide ? END_64 + LOCATOR_64 : 0);
  if (start < 0) return null;
  const data = await content.read(start, Math.min(start + end.size, content.size));
  const shift = start - end.offset;
  const view = viewOf(data);
  const entries: ZipEntry[] = [];
  for (let at = 0; at < end.size; ) {
    if (at + CENTRAL > data.length || view.getUint32(at, true) !== SIGNATURE.central) return null;
    const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
    const [nameLength, extraLength, commentLength] = lengths;
    const from = at + CENTRAL;
    const flags = view.getUint16(at + 8, true);
    const name = nameOf(data.slice(from, from + nameLength), flags);
    const extra = data.slice(from + nameLength, from + nameLength + extraLength);
    const fields = { packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), offset: view.getUint32(at + 42, true) };
    const wide = widened(fields, extra);
    if (name === null || wide === null || view.getUint8(at + 6) > MAX_VERSION) return null;
    entries.push({
      name, flags, extra,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: wide.packed,
      size: wide.size,
      offset: wide.offset + shift,
      attributes: view.getUint32(at + 38, true),
      commented: commentLength > 0 && from + nameLength + extraLength < data.length, // a comment that is there
    });
    at = from + nameLength + extraLength + commentLength;
  }
  return { entries, start, comment: end.comment };
}

interface End {
  readonly at: number;
  readonly size: number;
  readonly offset: number;
  readonly wide: boolean;
  readonly comment: boolean;
}

async function findEnd(content: Content): Promise<End | null> {
  if (content.size < END) return null;
  const tail = await content.read(content.size - END, content.size);
  const view = viewOf(tail);
  if (view.getUint32(0, true) === SIGNATURE.end && view.getUint16(20, true) === 0) {
    return widenedEnd(content, content.size - END, view, false);
  }
  const from = Math.max(content.size - MOST_COMMENT - END, 0);
  const data = await content.read(from, content.size);
  let at = data.length - 4;
  while (at >= 0 && viewOf(data).getUint32(at, true) !== SIGNATURE.end) at -= 1;
  if (at < 0 || at + END > data.length) return null;
  const found = viewOf(data.slice(at, at + END));
  return widenedEnd(content, from + at, found, found.getUint16(20, true) > 0 && at + END < data.length);
}

async function widenedEnd(content: Content, at: number, view: DataView, comment: boolean): Promise<End | null> {
  const plain = { at, size: view.getUint32(12, true), offset: view.getUint32(16, true), wide: false, comment };
  if (at < LOCATOR_64) return plain;
  const locator = viewOf(await content.read(at - LOCATOR_64, at));
  if (locator.getUint32(0, true) !== SIGNATURE.locator64) return plain;
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1) return null;
  const place = at - LOCATOR_64 - END_64;
  if (place < 0) return null;
  const record = viewOf(await content.read(place, place + END_64));
  if (record.getUint32(0, true) !== SIGNATURE.end64) return plain;
  return { at, size: Number(record.getBigUint64(40, true)), offset: Number(record.getBigUint64(48, true)), wide: true, comment };
}

/** A name as zipfile decodes it, null where it cannot. */
function nameOf(data: Bytes, flags: number): string | null {
  if ((flags & UTF8) === 0) {
    return Array.from(data, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : (CP437[byte - 0x80] as string))).join("");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}

interface Sizes {
  packed: number;
  size: number;
  offset: number;
}

/** Sizes and offset with those of a ZIP64 field in place of the ones that did not fit; null if it is cut short. */
function widened(fields: Sizes, extra: Bytes): Sizes | null {
  const view = viewOf(extra);
  const found = { ...fields };
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > extra.length) return null;
    if (view.getUint16(at, true) === 1) {
      let place = at + 4;
      for (const name of ["size", "packed", "offset"] as const) {
        if (found[name] !== 0xffffffff) continue;
        if (place + 8 > at + 4 + length) return null;
        found[name] = Number(view.getBigUint64(place, true));
        place += 8;
      }
    }
    at += 4 + length;
  }
  return found;
}

export interface LocalHeader {
  /** Whether it begins as one; without that the file cannot be read. */
  readonly marked: boolean;
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly extra: Bytes;
  /** Where the file's bytes begin. */
  readonly end: number;
}

/** The header in front of a file's bytes; null if it is cut short. */
export async function readLocal(content: Content, at: number): Promise<LocalHeader | null> {
  if (at + LOCAL > content.size) return null;
  const view = viewOf(await content.read(at, at + LOCAL));
  const nameEnd = at + LOCAL + view.getUint16(26, true);
  const end = nameEnd + view.getUint16(28, true);
  const rest = await content.read(at + LOCAL, Math.min(end, content.size));
  const name = Array.from(rest.subarray(0, nameEnd - at - LOCAL), (byte) => String.fromCharCode(byte)).join("");
  return {
    marked: view.getUint32(0, true) === SIGNATURE.local,
    name,
    flags: view.getUint16(6, true),
    method: view.getUint16(8, true),
    crc: view.getUint32(14, true),
    packed: view.getUint32(18, true),
    size: view.getUint32(22, true),
    extra: rest.slice(nameEnd - at - LOCAL),
    end,
  };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(data: Uint8Array): number {
  let value = 0xffffffff;
  for (let at = 0; at < data.length; at += 1) value = (TABLE[(value ^ (data[at] as number)) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
