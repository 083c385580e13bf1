// Time-stamps of the platform's own authority (RFC 3161, RFC 5816), as strictly as signing/timestamps.py.
import { keyOf, verifyChain } from "./chains";
import * as der from "./der";
import { equal, hex, type Bytes } from "./encoding";
import * as ecdsa from "./ecdsa";
import { SignatureInvalid } from "./errors";
import { sha256 } from "./hashing";
import {
  CONTENT_TYPE, ECDSA_SHA256, MESSAGE_DIGEST, ONE, SHA256_FORMS, SIGNING_CERTIFICATE_V2, expect,
  namesCertificate, openSignedData, order, readAttributes, signersOwn,
} from "./signer_info";
import { readImprint, type Imprint } from "./timestamp_messages";
import type { X509 } from "./x509";

export const MAX_TOKEN = 64 * 1024; // bytes
export const TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4");
export const THREE = der.unsigned(Uint8Array.of(3));
const [MILLIS, MICROS, TSA, EXTENSIONS] = [0x80, 0x81, 0xa0, 0xa1] as const;

/** What a token that holds says; times and accuracy in microseconds, null where the authority states none. */
export interface TimeStamp {
  readonly imprint: Imprint;
  readonly time: bigint; // since 1970
  readonly serial: bigint;
  readonly policy: string; // dotted
  readonly accuracy: bigint | null;
  readonly nonce: bigint | null;
  readonly certificate: X509;
  readonly intermediates: readonly X509[];
}

/** Check a token of the platform's own authority over a SHA-256 digest; SignatureInvalid, CertificateError. */
export async function verifyToken(token: Bytes, imprint: Bytes, roots: readonly X509[]): Promise<TimeStamp> {
  const stamp = await read(token);
  checkAnswer(stamp, imprint);
  await verifyChain(stamp.certificate, stamp.intermediates, roots, stamp.time, "platform", "timestamp", []);
  return stamp;
}

/** SignatureInvalid unless the time-stamp is over this SHA-256 digest. */
export function checkAnswer(stamp: TimeStamp, imprint: Bytes): void {
  if (stamp.imprint.algorithm !== "sha256" || !equal(stamp.imprint.value, imprint)) {
    throw new SignatureInvalid("The time-stamp is for something else: the imprints differ.");
  }
}

async function read(token: Bytes): Promise<TimeStamp> {
  if (token.length > MAX_TOKEN) throw new SignatureInvalid("The time-stamp is larger than 64 KiB.");
  try {
    const [content, certificates, signerInfo] = parse(token);
    return await readSigned(content, certificates, signerInfo);
  } catch (error) {
    if (!(error instanceof der.DERError)) throw error;
    throw new SignatureInvalid("The time-stamp is not an RFC 3161 token in the one form accepted.");
  }
}

/** The TSTInfo, the embedded certificates, and a reader at the start of the one SignerInfo. */
function parse(token: Bytes): [Bytes, Bytes[], der.Reader] {
  const signedData = openSignedData(token, THREE);
  const digests = signedData.setOf(der.SET);
  if (digests.length !== 1 || !SHA256_FORMS.includes(hex(digests[0] as Bytes))) {
    throw new SignatureInvalid("The time-stamp names another digest than SHA-256.");
  }
  const content = contentOf(signedData);
  const certificates = signedData.setOf(der.CONTEXT_0);
  const signerInfos = signedData.setOf(der.SET);
  signedData.end();
  return [content, certificates, theOne(signerInfos)];
}

/** The TSTInfo that a SignedData holds; certificates have to follow. */
export function contentOf(signedData: der.Reader): Bytes {
  const encapsulated = signedData.inside(der.SEQUENCE);
  expect(encapsulated, TST_INFO);
  const explicit = encapsulated.inside(der.CONTEXT_0);
  encapsulated.end();
  const content = explicit.content(der.OCTET_STRING);
  explicit.end();
  if (signedData.peek() !== der.CONTEXT_0) {
    throw new SignatureInvalid("The time-stamp holds no certificate of its authority.");
  }
  return content;
}

/** A reader of the one SignerInfo. */
export function theOne(signerInfos: readonly Bytes[]): der.Reader {
  if (signerInfos.length !== 1) throw new SignatureInvalid("The time-stamp must have exactly one signer.");
  return new der.Reader(signerInfos[0] as Bytes).inside(der.SEQUENCE);
}

async function readSigned(content: Bytes, certificates: readonly Bytes[], signerInfo: der.Reader): Promise<TimeStamp> {
  expect(signerInfo, ONE);
  const certificate = signersOwn(certificates, signerInfo.element(der.SEQUENCE));
  if (!SHA256_FORMS.includes(hex(signerInfo.element(der.SEQUENCE)))) {
    throw new SignatureInvalid("The authority used another digest than SHA-256.");
  }
  const attributes = signerInfo.setOf(der.CONTEXT_0);
  if (!equal(signerInfo.element(der.SEQUENCE), ECDSA_SHA256)) {
    throw new SignatureInvalid("The authority used another algorithm than ECDSA with SHA-256.");
  }
  const value = signerInfo.content(der.OCTET_STRING);
  signerInfo.end();
  const values = checkAttributes(attributes, sha256(content));
  if (!namesCertificate(values.get(SIGNING_CERTIFICATE_V2) ?? new Uint8Array(0), certificate)) {
    throw new SignatureInvalid("The time-stamp does not name its certificate by SHA-256 (signing-certificate-v2).");
  }
  const [leaf, intermediates] = order(certificate, certificates);
  const key = await keyOf(leaf);
  if (key === null || !(await ecdsa.verify(key, der.setOf(der.SET, attributes), value))) {
    throw new SignatureInvalid("The time-stamp is not by the P-256 key of the certificate in it.");
  }
  return readInfo(content, leaf, intermediates);
}

/** The signed attributes of a token whose content has this digest; SignatureInvalid, DERError. */
export function checkAttributes(attributes: readonly Bytes[], digest: Bytes): ReadonlyMap<string, Bytes> {
  const values = readAttributes(attributes);
  const told = (oid: string): Bytes => values.get(oid) ?? new Uint8Array(0);
  if (!equal(told(CONTENT_TYPE), TST_INFO)) {
    throw new SignatureInvalid("The signed content type is not a time-stamp.");
  }
  if (!equal(new der.Reader(told(MESSAGE_DIGEST)).content(der.OCTET_STRING), digest)) {
    throw new SignatureInvalid("The time-stamp's signature is for other content: the digests differ.");
  }
  return values;
}

/** Read a TSTInfo, strict DER; DERError. */
export function readInfo(content: Bytes, certificate: X509, intermediates: readonly X509[]): TimeStamp {
  const outer = new der.Reader(content);
  const fields = outer.inside(der.SEQUENCE);
  outer.end();
  expect(fields, ONE);
  const policy = der.dotted(fields.element());
  const imprint = readImprint(fields.element(der.SEQUENCE));
  const serial = der.number(fields.content(der.INTEGER));
  const time = readTime(fields.content(der.GENERALIZED_TIME));
  const accuracy = fields.peek() === der.SEQUENCE ? readAccuracy(fields.inside(der.SEQUENCE)) : null;
  if (fields.peek() === der.BOOLEAN && hex(fields.content(der.BOOLEAN)) !== "ff") {
    throw new der.DERError("a default that is written"); // ordering
  }
  const nonce = fields.peek() === der.INTEGER ? der.number(fields.content(der.INTEGER)) : null;
  for (const tag of [TSA, EXTENSIONS]) if (fields.peek() === tag) fields.element();
  fields.end();
  return { imprint, time, serial, policy, accuracy, nonce, certificate, intermediates };
}

function readAccuracy(fields: der.Reader): bigint {
  const [seconds, millis, micros] = [der.INTEGER, MILLIS, MICROS].map((tag) =>
    fields.peek() === tag ? der.number(fields.content(tag)) : 0n,
  ) as [bigint, bigint, bigint];
  fields.end();
  const within = (value: bigint, limit: bigint): boolean => value >= 0n && value < limit;
  if (!within(seconds, 10n ** 9n + 1n) || !within(millis, 1000n) || !within(micros, 1000n)) {
    throw new der.DERError("an accuracy out of bounds");
  }
  return seconds * 1_000_000n + millis * 1000n + micros;
}

/** GeneralizedTime with a fraction of up to nine digits, as DER writes it; microseconds since 1970. */
function readTime(content: Bytes): bigint {
  const text = content.every((byte) => byte < 0x80) ? new TextDecoder().decode(content) : "";
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/.exec(text);
  if (found === null) throw new der.DERError("malformed time");
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number, number, number, number, number, number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exact =
    year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exact) throw new der.DERError("malformed time");
  return BigInt(date.getTime()) * 1000n + BigInt((found[7] ?? "").slice(0, 6).padEnd(6, "0"));
}
