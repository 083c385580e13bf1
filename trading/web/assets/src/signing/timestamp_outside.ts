// Time-stamps of authorities outside the platform: RSA or ECDSA, chains of their own. Mirrors timestamp_outside.py.
import { leadsTo } from "./chains";
import * as der from "./der";
import { equal, hex, type Bytes } from "./encoding";
import { CertificateError, SignatureInvalid } from "./errors";
import { signedBy, type Digest } from "./public_keys";
import { ONE, SIGNING_CERTIFICATE_V2, expect, issuerSerial, load, openSignedData, signersOwn } from "./signer_info";
import {
  MAX_TOKEN, THREE, checkAnswer, checkAttributes, contentOf, readInfo, theOne, type TimeStamp,
} from "./timestamps";
import type { X509 } from "./x509";

const MAX_CERTIFICATES = 16;
const [CRLS, UNSIGNED] = [0xa1, 0xa1] as const;

const DIGESTS: Readonly<Record<string, Digest>> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const RSA = "1.2.840.113549.1.1.1"; // the digest is the signer's
const SIGNATURES: Readonly<Record<string, readonly ["rsa" | "ecdsa", Digest | null]>> = {
  [RSA]: ["rsa", null],
  "1.2.840.113549.1.1.11": ["rsa", "SHA-256"],
  "1.2.840.113549.1.1.12": ["rsa", "SHA-384"],
  "1.2.840.113549.1.1.13": ["rsa", "SHA-512"],
  "1.2.840.10045.4.3.2": ["ecdsa", "SHA-256"],
  "1.2.840.10045.4.3.3": ["ecdsa", "SHA-384"],
  "1.2.840.10045.4.3.4": ["ecdsa", "SHA-512"],
};
const EXTENDED_USAGE = hex(der.oid("2.5.29.37"));
const TIME_STAMPING = der.tlv(der.SEQUENCE, der.oid("1.3.6.1.5.5.7.3.8"));

/** Check everything about an outside authority's token over a SHA-256 digest but its chain; SignatureInvalid. */
export async function readOutsideToken(token: Bytes, imprint: Bytes): Promise<TimeStamp> {
  if (token.length > MAX_TOKEN) throw new SignatureInvalid("The time-stamp is larger than 64 KiB.");
  let stamp: TimeStamp;
  try {
    stamp = await read(token);
  } catch (error) {
    if (!(error instanceof der.DERError)) throw error;
    throw new SignatureInvalid("The time-stamp is not an RFC 3161 token in a form accepted.");
  }
  checkAnswer(stamp, imprint);
  return stamp;
}

/** `readOutsideToken`, then its chain to one of `roots` as of its time; SignatureInvalid, CertificateError. */
export async function verifyOutsideToken(
  token: Bytes, imprint: Bytes, roots: readonly X509[], others: readonly X509[],
): Promise<TimeStamp> {
  const stamp = await readOutsideToken(token, imprint);
  const { certificate: leaf, time } = stamp;
  checkPurpose(leaf);
  if (time < leaf.notBefore.at) {
    throw new CertificateError("The time-stamp is from before its certificate.", "not-yet-valid");
  }
  if (time > leaf.notAfter.at) {
    throw new CertificateError("The time-stamp is from after its certificate expired.", "expired");
  }
  const path = await leadsTo(leaf, [...stamp.intermediates, ...others], roots, time);
  if (path === null) {
    throw new CertificateError("The time-stamp's certificate does not lead to one of the roots given for it.", "untrusted");
  }
  return { ...stamp, intermediates: path.slice(1, -1) };
}

async function read(token: Bytes): Promise<TimeStamp> {
  const signedData = openSignedData(token, THREE);
  signedData.element(der.SET); // the digests, which the signer names again
  const content = contentOf(signedData);
  const certificates = signedData.inside(der.CONTEXT_0).elements();
  if (certificates.length > MAX_CERTIFICATES) {
    throw new SignatureInvalid("The time-stamp holds too many certificates.");
  }
  if (signedData.peek() === CRLS) signedData.element();
  const signerInfos = signedData.setOf(der.SET);
  signedData.end();
  return readSigned(content, certificates, theOne(signerInfos));
}

async function readSigned(content: Bytes, certificates: readonly Bytes[], signerInfo: der.Reader): Promise<TimeStamp> {
  expect(signerInfo, ONE);
  const certificate = signersOwn(certificates, signerInfo.element(der.SEQUENCE));
  const digest = digestOf(signerInfo.element(der.SEQUENCE));
  const attributes = signerInfo.setOf(der.CONTEXT_0);
  const algorithm = SIGNATURES[oidOf(signerInfo.element(der.SEQUENCE))];
  if (algorithm === undefined) {
    throw new SignatureInvalid("The authority used another algorithm than RSA (PKCS #1 v1.5) or ECDSA.");
  }
  const value = signerInfo.content(der.OCTET_STRING);
  if (signerInfo.peek() === UNSIGNED) signerInfo.element();
  signerInfo.end();
  const values = checkAttributes(attributes, await digested(digest, content));
  await checkNamed(values.get(SIGNING_CERTIFICATE_V2), certificate);
  let leaf: X509;
  let others: X509[];
  try {
    leaf = load(certificate);
    others = certificates.filter((one) => !equal(one, certificate)).map(load);
  } catch (error) {
    if (!(error instanceof der.DERError)) throw error;
    throw new SignatureInvalid("A certificate in the time-stamp is malformed.");
  }
  const [kind, own] = algorithm;
  if (!(await signedBy(leaf, kind, own ?? digest, value, der.setOf(der.SET, attributes)))) {
    throw new SignatureInvalid("The time-stamp is not by the key of the certificate in it.");
  }
  return readInfo(content, leaf, others);
}

function digestOf(algorithm: Bytes): Digest {
  const found = DIGESTS[oidOf(algorithm)];
  if (found === undefined) {
    throw new SignatureInvalid("The authority used another digest than SHA-256, -384 or -512.");
  }
  return found;
}

async function digested(digest: Digest, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(digest, data));
}

/** The identifier of an AlgorithmIdentifier without parameters, or with a NULL. */
function oidOf(algorithm: Bytes): string {
  const parts = new der.Reader(algorithm).inside(der.SEQUENCE);
  const oid = der.dotted(parts.element(der.OID));
  if (parts.more) {
    expect(parts, der.tlv(der.NULL));
    parts.end();
  }
  return oid;
}

/** The first ESSCertIDv2 names the signer's certificate by its digest, and its issuer if it says one. */
async function checkNamed(value: Bytes | undefined, certificate: Bytes): Promise<void> {
  if (value === undefined) {
    throw new SignatureInvalid("The time-stamp does not name its certificate (signing-certificate-v2).");
  }
  const first = new der.Reader(value).inside(der.SEQUENCE).inside(der.SEQUENCE).inside(der.SEQUENCE);
  const digest = first.peek() === der.SEQUENCE ? digestOf(first.element()) : "SHA-256";
  const same = equal(first.content(der.OCTET_STRING), await digested(digest, certificate));
  if (!same || (first.more && !equal(first.element(), issuerSerial(certificate)))) {
    throw new SignatureInvalid("The time-stamp names another certificate than its signer's.");
  }
}

/** RFC 3161 section 2.3: time stamping alone, and critical. */
function checkPurpose(leaf: X509): void {
  const [usage, ...more] = leaf.extensions.filter((one) => one.oid === EXTENDED_USAGE);
  if (usage === undefined || more.length > 0 || !usage.critical || !equal(usage.value, TIME_STAMPING)) {
    throw new CertificateError(
      "The certificate is not one for time-stamps alone (extended key usage, critical).", "wrong-authority",
    );
  }
}
