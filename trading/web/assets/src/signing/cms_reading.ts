// Verifying detached CMS signatures (RFC 5652), CAdES-BES, in the one form that signing/cms.py accepts.
import { verifyChain, keyOf } from "./chains";
import * as der from "./der";
import { equal, hex, utf8, type Bytes } from "./encoding";
import * as ecdsa from "./ecdsa";
import { SignatureInvalid } from "./errors";
import { sha256 } from "./hashing";
import type { Kind, Usage } from "./profile";
import {
  CONTENT_TYPE, ECDSA_SHA256, MESSAGE_DIGEST, ONE, SHA256_FORMS, SIGNING_CERTIFICATE_V2, expect,
  namesCertificate, openSignedData, order, readAttributes, signersOwn,
} from "./signer_info";
import type { Crl, X509 } from "./x509";

const MAX_SIGNATURE = 64 * 1024; // bytes; one of ours is about 2 KiB

const DATA = der.oid("1.2.840.113549.1.7.1");
const SIGNING_TIME = hex(der.oid("1.2.840.113549.1.9.5"));
const DETACHED = der.tlv(der.SEQUENCE, DATA);
const MALFORMED = "The signature is not a detached CMS signature in the one form accepted (DER, one signer).";

/** A signature that holds: the signer's certificate and the intermediates embedded (issuer first). */
export interface Verified {
  readonly certificate: X509;
  readonly intermediates: readonly X509[];
}

/** Check everything about a detached signature over `data` but the certificate's chain; SignatureInvalid. */
export async function verify(data: Bytes, signature: Bytes): Promise<Verified> {
  if (signature.length > MAX_SIGNATURE) throw new SignatureInvalid("The signature is larger than 64 KiB.");
  try {
    const [certificates, signerInfo] = parse(signature);
    return await verifySigner(data, certificates, signerInfo);
  } catch (error) {
    if (!(error instanceof der.DERError)) throw error;
    throw new SignatureInvalid(MALFORMED);
  }
}

/** `verify`, then the signer's chain as of `at`: SignatureInvalid or CertificateError. */
export async function verifyWithChain(
  data: Bytes, signature: Bytes, roots: readonly X509[], at: bigint, kind: Kind, usage: Usage, crls: readonly Crl[] = [],
): Promise<Verified> {
  const verified = await verify(data, signature);
  await verifyChain(verified.certificate, verified.intermediates, roots, at, kind, usage, crls);
  return verified;
}

/** The octets of the ECDSA signature in a CMS signature, which a time-stamp on it is over; SignatureInvalid. */
export function signatureValue(signature: Bytes): Bytes {
  try {
    const [, signerInfo] = parse(signature);
    for (let skipped = 0; skipped < 5; skipped += 1) signerInfo.element(); // version, who, digest, attributes, algorithm
    return signerInfo.content(der.OCTET_STRING);
  } catch (error) {
    if (!(error instanceof der.DERError)) throw error;
    throw new SignatureInvalid(MALFORMED);
  }
}

/** The embedded certificates and a reader at the start of the one SignerInfo. */
function parse(signature: Bytes): [Bytes[], der.Reader] {
  const signedData = openSignedData(signature, ONE);
  const digests = signedData.setOf(der.SET);
  if (digests.length !== 1 || !SHA256_FORMS.includes(hex(digests[0] as Bytes))) {
    throw new SignatureInvalid("The signature names another digest than SHA-256.");
  }
  expect(signedData, DETACHED);
  const certificates = signedData.setOf(der.CONTEXT_0);
  const signerInfos = signedData.setOf(der.SET);
  signedData.end();
  if (signerInfos.length !== 1) throw new SignatureInvalid("The signature must have exactly one signer.");
  return [certificates, new der.Reader(signerInfos[0] as Bytes).inside(der.SEQUENCE)];
}

async function verifySigner(data: Bytes, certificates: readonly Bytes[], signerInfo: der.Reader): Promise<Verified> {
  expect(signerInfo, ONE);
  const wanted = signerInfo.element(der.SEQUENCE);
  if (!SHA256_FORMS.includes(hex(signerInfo.element(der.SEQUENCE)))) {
    throw new SignatureInvalid("The signer used another digest than SHA-256.");
  }
  const attributes = signerInfo.setOf(der.CONTEXT_0);
  if (!equal(signerInfo.element(der.SEQUENCE), ECDSA_SHA256)) {
    throw new SignatureInvalid("The signer used another algorithm than ECDSA with SHA-256.");
  }
  const value = signerInfo.content(der.OCTET_STRING);
  signerInfo.end();
  const certificate = signersOwn(certificates, wanted);
  checkAttributes(data, attributes, certificate);
  const [leaf, intermediates] = order(certificate, certificates);
  const key = await keyOf(leaf);
  if (key === null || !(await ecdsa.verify(key, der.setOf(der.SET, attributes), value))) {
    throw new SignatureInvalid("The signature is not by the P-256 key of the certificate in it.");
  }
  return { certificate: leaf, intermediates };
}

function checkAttributes(data: Bytes, attributes: readonly Bytes[], certificate: Bytes): void {
  const values = readAttributes(attributes);
  const told = (oid: string): Bytes => values.get(oid) ?? new Uint8Array(0);
  if (!equal(told(CONTENT_TYPE), DATA)) throw new SignatureInvalid("The signed content type is not plain data.");
  const digest = new der.Reader(told(MESSAGE_DIGEST)).content(der.OCTET_STRING);
  if (!equal(digest, sha256(data))) {
    throw new SignatureInvalid("The signature is for other content: the digests differ.");
  }
  if (!namesCertificate(told(SIGNING_CERTIFICATE_V2), certificate)) {
    throw new SignatureInvalid("The signature does not name its certificate by SHA-256 (signing-certificate-v2).");
  }
  const time = values.get(SIGNING_TIME);
  if (time === undefined) throw new SignatureInvalid("The signature has no signing time.");
  checkTime(time);
}

/** RFC 5652 section 11.3: UTCTime to the year 2049, GeneralizedTime after; whole seconds. */
function checkTime(element: Bytes): void {
  const reader = new der.Reader(element);
  const tag = reader.peek();
  const content = reader.content();
  const digits = content.every((byte) => byte < 0x80) ? new TextDecoder().decode(content) : "";
  const text = tag === der.UTC_TIME ? (digits < "50" ? "20" : "19") + digits : digits;
  const moment = new Date(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z"));
  const again = Number.isNaN(moment.getTime()) ? "" : `${moment.toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
  const utc = again >= "1950" && again < "2050";
  const form = utc ? der.tlv(der.UTC_TIME, utf8(again.slice(2))) : der.tlv(der.GENERALIZED_TIME, utf8(again));
  if (again < "1000" || !equal(form, element)) throw new der.DERError("malformed signing time");
}
