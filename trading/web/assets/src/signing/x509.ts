// Certificates and revocation lists (RFC 5280), read as strictly as Python's cryptography reads them.
//
// Each element is looked into where that library does, so that both find the same bytes malformed.
import * as der from "./der";
import { hex, type Bytes } from "./encoding";
import { hexdigest } from "./hashing";

const BOOLEAN = 0x01;
const SET = 0x31;
const EXPLICIT = [0xa0, 0xa1, 0xa2, 0xa3] as const;
const UNIQUE_IDS = [0x81, 0x82] as const;
const PRINTABLE = 0x13;
const UNIVERSAL = 0x1c;
const BMP = 0x1e;

export const ECDSA_SHA256 = hex(der.oid("1.2.840.10045.4.3.2"));
const EC = hex(der.oid("1.2.840.10045.2.1"));
const RSA = /^06092a864886f70d0101(01|05|0b|0c|0d|0e)$/; // the key, and signatures with SHA-1, -256, -384, -512, -224

/** What an X.501 name says: for each relative name its attributes, by type and value. */
export interface Name {
  readonly raw: Bytes;
  readonly parts: ReadonlyArray<ReadonlyArray<{ readonly oid: string; readonly tag: number; readonly value: Bytes }>>;
}

export interface Extension {
  readonly oid: string; // hex of its element
  readonly critical: boolean;
  readonly value: Bytes;
}

interface Algorithm {
  readonly oid: string;
  readonly raw: Bytes;
}

/** Microseconds since 1970, and whether it was written as GeneralizedTime. */
interface Time {
  readonly at: bigint;
  readonly year: number;
  readonly generalized: boolean;
}

export interface X509 {
  readonly raw: Bytes;
  readonly fingerprint: string;
  readonly version: number;
  readonly serial: Bytes; // the INTEGER's content
  readonly algorithm: Algorithm; // the outer one
  readonly algorithmsAgree: boolean;
  readonly tbs: Bytes;
  readonly signature: Bytes;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Time;
  readonly notAfter: Time;
  readonly spki: Bytes;
  readonly spkiAlgorithm: Algorithm;
  readonly extensions: readonly Extension[];
}

export interface Revoked {
  readonly serial: string; // hex of the INTEGER's content
  readonly at: bigint;
}

export interface Crl {
  readonly raw: Bytes;
  readonly fingerprint: string;
  readonly algorithm: Algorithm;
  readonly tbs: Bytes;
  readonly signature: Bytes;
  readonly issuer: Name;
  readonly nextUpdate: bigint | null;
  readonly revoked: readonly Revoked[];
  readonly extensions: readonly Extension[];
}

const known = new Map<string, X509>();

/** A certificate from its DER; DERError. Parsing is a function of the bytes alone, so it is remembered. */
export function readX509(raw: Bytes): X509 {
  const fingerprint = hexdigest(raw);
  const before = known.get(fingerprint);
  if (before !== undefined) return before;
  const found = parseX509(raw, fingerprint);
  if (known.size >= 4096) known.clear();
  known.set(fingerprint, found);
  return found;
}

function parseX509(raw: Bytes, fingerprint: string): X509 {
  const outer = new der.Reader(raw);
  const parts = outer.inside(der.SEQUENCE);
  outer.end();
  const tbs = parts.element(der.SEQUENCE);
  const algorithm = readAlgorithm(parts);
  const signature = readBits(parts.content(der.BIT_STRING));
  parts.end();
  const fields = new der.Reader(tbs).inside(der.SEQUENCE);
  let version = 0;
  if (fields.peek() === EXPLICIT[0]) {
    const wrapper = fields.inside(EXPLICIT[0]);
    version = readSmall(wrapper.content(der.INTEGER));
    wrapper.end();
    if (version === 0) throw new der.DERError("a default that is written");
  }
  if (version !== 0 && version !== 2) throw new der.DERError("another version of certificates");
  const serial = readInteger(fields.content(der.INTEGER));
  const inner = readAlgorithm(fields);
  const issuer = readName(fields);
  const validity = fields.inside(der.SEQUENCE);
  const [notBefore, notAfter] = [readTime(validity), readTime(validity)];
  validity.end();
  const subject = readName(fields);
  const spki = fields.element(der.SEQUENCE);
  const key = new der.Reader(spki).inside(der.SEQUENCE);
  const spkiAlgorithm = readAlgorithm(key);
  readBits(key.content(der.BIT_STRING));
  key.end();
  for (const tag of UNIQUE_IDS) if (fields.peek() === tag) readBits(fields.content(tag));
  const extensions = readExtensions(fields, EXPLICIT[3]);
  fields.end();
  return {
    raw, fingerprint, version, serial, algorithm, algorithmsAgree: hex(inner.raw) === hex(algorithm.raw), tbs, signature,
    issuer, subject, notBefore, notAfter, spki, spkiAlgorithm, extensions,
  };
}

/** A revocation list from its DER; DERError. */
export function readCrl(raw: Bytes): Crl {
  const outer = new der.Reader(raw);
  const parts = outer.inside(der.SEQUENCE);
  outer.end();
  const tbs = parts.element(der.SEQUENCE);
  const algorithm = readAlgorithm(parts);
  const signature = readBits(parts.content(der.BIT_STRING));
  parts.end();
  const fields = new der.Reader(tbs).inside(der.SEQUENCE);
  if (fields.peek() === der.INTEGER && readSmall(fields.content(der.INTEGER)) !== 1) {
    throw new der.DERError("another version of revocation lists");
  }
  if (hex(readAlgorithm(fields).raw) !== hex(algorithm.raw)) throw new der.DERError("two signature algorithms");
  const issuer = readName(fields);
  readTime(fields);
  const nextUpdate = isTime(fields.peek()) ? readTime(fields).at : null;
  const revoked: Revoked[] = [];
  if (fields.peek() === der.SEQUENCE) {
    const entries = fields.inside(der.SEQUENCE);
    while (entries.more) {
      const entry = entries.inside(der.SEQUENCE);
      const serial = hex(readInteger(entry.content(der.INTEGER)));
      revoked.push({ serial, at: readTime(entry).at });
      if (entry.more) readExtensionList(entry);
      entry.end();
    }
  }
  const extensions = readExtensions(fields, EXPLICIT[0]);
  fields.end();
  return { raw, fingerprint: hexdigest(raw), algorithm, tbs, signature, issuer, nextUpdate, revoked, extensions };
}

function readAlgorithm(reader: der.Reader): Algorithm {
  const raw = reader.element(der.SEQUENCE);
  const parts = new der.Reader(raw).inside(der.SEQUENCE);
  const oid = readOid(parts);
  if (oid === EC) {
    // A named curve; the other two forms are read by that library too, and refused as no P-256 later.
    const tag = parts.peek();
    if (tag !== der.OID && tag !== der.NULL && tag !== der.SEQUENCE) throw new der.DERError("no parameters of a curve");
    if (tag === der.OID) readOid(parts);
    else parts.element();
  } else if (RSA.test(oid)) {
    if (parts.more && parts.content(der.NULL).length > 0) throw new der.DERError("a NULL that says something");
  } else if (parts.more && !oid.startsWith("06082a8648ce3d0403") && !oid.startsWith("06032b65")) {
    parts.element();
  }
  parts.end();
  return { oid, raw };
}

/** An OBJECT IDENTIFIER's element as hex. */
function readOid(reader: der.Reader): string {
  const element = reader.element(der.OID);
  const content = new der.Reader(element).content();
  const last = content.at(-1);
  const padded = content.some((byte, at) => byte === 0x80 && (at === 0 || (content[at - 1] as number) < 0x80));
  if (last === undefined || last >= 0x80 || padded || content.length > 63) throw new der.DERError("a malformed identifier");
  return hex(element);
}

/** A minimal INTEGER's content; DERError. */
export function readInteger(content: Bytes): Bytes {
  const [first, second = 0] = content;
  const padded = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (first === undefined || padded) throw new der.DERError("a number that is not minimal");
  return content;
}

function readSmall(content: Bytes): number {
  const [first = 0, second] = readInteger(content);
  if (content.length > 2 || first >= 0x80 || (content.length === 2 && first !== 0)) throw new der.DERError("a large number");
  return second ?? first;
}

/** The bytes of a BIT STRING, its spare bits zero. */
export function readBits(content: Bytes): Bytes {
  const [spare] = content;
  const last = content.at(-1) as number;
  const malformed = spare === undefined || spare > 7 || (content.length === 1 && spare > 0);
  if (malformed || (content.length > 1 && (last & ((1 << spare) - 1)) !== 0)) throw new der.DERError("malformed bits");
  return content.slice(1);
}

function isTime(tag: number): boolean {
  return tag === der.UTC_TIME || tag === der.GENERALIZED_TIME;
}

function readTime(reader: der.Reader): Time {
  const tag = reader.peek();
  if (!isTime(tag)) throw new der.DERError("no time");
  const content = reader.content(tag);
  const digits = content.every((byte) => byte < 0x80) ? new TextDecoder().decode(content) : "";
  const generalized = tag === der.GENERALIZED_TIME;
  const text = generalized ? digits : (digits < "50" ? "20" : "19") + digits;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (found === null || (!generalized && digits.length !== 13)) throw new der.DERError("a time in another form");
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [number, number, number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exact =
    year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exact) throw new der.DERError("no moment in time");
  return { at: BigInt(date.getTime()) * 1000n, year, generalized };
}

function readName(reader: der.Reader): Name {
  const raw = reader.element(der.SEQUENCE);
  const names = new der.Reader(raw).inside(der.SEQUENCE);
  const parts = [];
  while (names.more) {
    const elements = names.inside(SET).elements();
    if (elements.some((one, at) => at > 0 && der.compare(elements[at - 1] as Bytes, one) > 0)) {
      throw new der.DERError("a set out of order");
    }
    parts.push(elements.map(readAttribute));
  }
  return { raw, parts };
}

function readAttribute(element: Bytes): { oid: string; tag: number; value: Bytes } {
  const attribute = new der.Reader(element).inside(der.SEQUENCE);
  const oid = readOid(attribute);
  const tag = attribute.peek();
  if ((tag & 0x1f) === 0x1f) throw new der.DERError("a tag of several bytes");
  const value = attribute.content();
  attribute.end();
  if (tag === PRINTABLE && !value.every((byte) => /[A-Za-z0-9 '()+,\-./:=?]/.test(String.fromCharCode(byte)))) {
    throw new der.DERError("characters that are not printable");
  }
  if (tag === BMP || tag === UNIVERSAL) textOf(tag, value);
  return { oid, tag, value };
}

const TEXTS = [0x0c, 0x12, PRINTABLE, 0x14, 0x16, 0x17, 0x18, 0x1a, UNIVERSAL, BMP];

/** An attribute's text, null for bits; DERError for whatever is no text. */
function textOf(tag: number, value: Bytes): string | null {
  if (tag === der.BIT_STRING) return null;
  if (!TEXTS.includes(tag)) throw new der.DERError("an attribute that is no text");
  try {
    if (tag === UNIVERSAL) return universal(value);
    return new TextDecoder(tag === BMP ? "utf-16be" : "utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch (error) {
    throw error instanceof der.DERError ? error : new der.DERError("malformed text");
  }
}

function universal(value: Bytes): string {
  if (value.length % 4 !== 0) throw new der.DERError("malformed text");
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  let text = "";
  for (let at = 0; at < value.length; at += 4) {
    const code = view.getUint32(at);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new der.DERError("malformed text");
    text += String.fromCodePoint(code);
  }
  return text;
}

/** The attributes of a name by type, bits as null; DERError for what is no text, or no set of attributes. */
export function attributesOf(name: Name): ReadonlyArray<ReadonlyArray<{ readonly oid: string; readonly text: string | null }>> {
  return name.parts.map((part) => {
    const said = part.map(({ oid, tag, value }) => {
      const text = textOf(tag, value);
      return text === null ? { oid, text, bits: hex(value) } : { oid, text };
    });
    const different = new Set(said.map((one) => JSON.stringify(one)));
    if (part.length === 0 || different.size !== part.length) throw new der.DERError("no set of attributes");
    return said;
  });
}

/** Whether two names say the same, whatever kinds of text they say it in; DERError as `attributesOf`. */
export function sameName(a: Name, b: Name): boolean {
  return hex(a.raw) === hex(b.raw) ? (attributesOf(a), true) : sayings(a) === sayings(b);
}

function sayings(name: Name): string {
  return JSON.stringify(attributesOf(name).map((part) => part.map((one) => JSON.stringify(one)).sort()));
}

function readExtensions(fields: der.Reader, tag: number): Extension[] {
  if (fields.peek() !== tag) return [];
  const wrapper = fields.inside(tag);
  const extensions = readExtensionList(wrapper);
  wrapper.end();
  return extensions;
}

function readExtensionList(reader: der.Reader): Extension[] {
  const list = reader.inside(der.SEQUENCE);
  const found: Extension[] = [];
  while (list.more) {
    const parts = list.inside(der.SEQUENCE);
    const oid = readOid(parts);
    const critical = parts.peek() === BOOLEAN;
    if (critical && hex(parts.content(BOOLEAN)) !== "ff") throw new der.DERError("a default that is written");
    found.push({ oid, critical, value: parts.content(der.OCTET_STRING) });
    parts.end();
  }
  return found;
}

/** The bytes of each block of a label in a PEM text, null if a block of any label is damaged, as libraries find them. */
export function pemBlocks(data: Bytes): ReadonlyArray<{ readonly label: string; readonly contents: Bytes }> | null {
  const text = new TextDecoder().decode(data);
  const blocks = [];
  let at = 0;
  // What stands before each mark, and where it ends; null where one is not found.
  const before = (mark: string): string | null => {
    const end = markEnd(text, mark, at);
    const found = end === null ? null : text.slice(at, end - mark.length);
    at = end ?? at;
    return found;
  };
  for (;;) {
    const found = [before("-----BEGIN "), before("-----"), before("-----END "), before("-----")];
    const [, label, body, end] = found;
    if (found.includes(null)) return blocks;
    const whole = label !== "" && label === end && !label?.includes("\ufffd"); // which stands for what is no text
    const contents = whole ? pemContents((body ?? "").replace(/^[ \t\n\r]+/, "")) : null;
    if (contents === null) return null;
    blocks.push({ label: label as string, contents });
  }
}

/** Where a mark ends, looked for from `start` on as libraries do: a sixth dash in front of it makes it none. */
function markEnd(text: string, mark: string, start: number): number | null {
  let matched = 0;
  for (let at = start; at < text.length; at += 1) {
    matched = text[at] === mark[matched] ? matched + 1 : 0;
    if (matched === mark.length) return at + 1;
  }
  return null;
}

// What Unicode calls white space: it may stand anywhere in a block.
const WHITE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;

function pemContents(body: string): Bytes | null {
  const headers = /^[^]*?(?:\n\n|\r\n\r\n)/.exec(body)?.[0] ?? "";
  if (headers !== "" && headers.trim().split(/\r?\n/).some((line) => !line.includes(":"))) return null;
  const text = body.slice(headers.length).replace(WHITE, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const binary = atob(text);
  if (btoa(binary) !== text) return null; // spare bits
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
