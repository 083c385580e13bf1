// Signatures by keys of outside authorities: RSA (PKCS #1 v1.5) and ECDSA on the NIST curves, by WebCrypto.
import * as der from "./der";
import { concat, hex, type Bytes } from "./encoding";
import { rawOf } from "./ecdsa";
import type { X509 } from "./x509";

export type Digest = "SHA-256" | "SHA-384" | "SHA-512";

const MIN_RSA = 2048; // bits
const RSA_KEY = hex(der.oid("1.2.840.113549.1.1.1"));
const EC_KEY = hex(der.oid("1.2.840.10045.2.1"));
const CURVES: Readonly<Record<string, readonly ["P-256" | "P-384" | "P-521", number]>> = {
  [hex(der.oid("1.2.840.10045.3.1.7"))]: ["P-256", 32],
  [hex(der.oid("1.3.132.0.34"))]: ["P-384", 48],
  [hex(der.oid("1.3.132.0.35"))]: ["P-521", 66],
};
const SIGNATURES: Readonly<Record<string, readonly ["rsa" | "ecdsa", Digest]>> = {
  [hex(der.oid("1.2.840.113549.1.1.11"))]: ["rsa", "SHA-256"],
  [hex(der.oid("1.2.840.113549.1.1.12"))]: ["rsa", "SHA-384"],
  [hex(der.oid("1.2.840.113549.1.1.13"))]: ["rsa", "SHA-512"],
  [hex(der.oid("1.2.840.10045.4.3.2"))]: ["ecdsa", "SHA-256"],
  [hex(der.oid("1.2.840.10045.4.3.3"))]: ["ecdsa", "SHA-384"],
  [hex(der.oid("1.2.840.10045.4.3.4"))]: ["ecdsa", "SHA-512"],
};

/** Whether `value` is a signature over `data` by the certificate's key. */
export async function signedBy(
  certificate: X509, kind: "rsa" | "ecdsa", digest: Digest, value: Bytes, data: Bytes,
): Promise<boolean> {
  try {
    return kind === "rsa"
      ? await byRsa(certificate, digest, value, data)
      : await byCurve(certificate, digest, value, data);
  } catch (error) {
    if (error instanceof DOMException) return false; // a key that is none
    throw error;
  }
}

/** Whether `issuer` signed the certificate `child`, by one of the algorithms known here. */
export async function issued(issuer: X509, child: X509): Promise<boolean> {
  const algorithm = SIGNATURES[child.algorithm.oid];
  return algorithm !== undefined && signedBy(issuer, ...algorithm, child.signature, child.tbs);
}

async function byRsa({ spki, spkiAlgorithm }: X509, hash: Digest, value: Bytes, data: Bytes): Promise<boolean> {
  if (spkiAlgorithm.oid !== RSA_KEY) return false;
  const name = "RSASSA-PKCS1-v1_5";
  const key = await crypto.subtle.importKey("spki", spki, { name, hash }, true, ["verify"]);
  const { modulusLength } = key.algorithm as RsaHashedKeyAlgorithm;
  return modulusLength >= MIN_RSA && crypto.subtle.verify(name, key, value, data);
}

async function byCurve({ spki, spkiAlgorithm }: X509, hash: Digest, value: Bytes, data: Bytes): Promise<boolean> {
  if (spkiAlgorithm.oid !== EC_KEY) return false;
  const parameters = new der.Reader(spkiAlgorithm.raw).inside(der.SEQUENCE);
  parameters.element();
  const curve = CURVES[hex(parameters.element())];
  if (curve === undefined) return false;
  const [namedCurve, half] = curve;
  const raw = rawOf(value, half);
  if (raw === null) return false;
  const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve }, true, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash }, key, concat(raw), data);
}
