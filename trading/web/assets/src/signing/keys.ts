// Signing keys of a browser: ECDSA on P-256, not extractable, certified by the platform or brought in a file.
import * as der from "./der";
import { concat, equal, utf8, type Bytes } from "./encoding";
import * as ecdsa from "./ecdsa";
import { fromPem, readCertificate, toPem, type Certificate } from "./certificates";
import type { Signer } from "./cms";
import { CertificateError } from "./errors";

const COMMON_NAME = der.oid("2.5.4.3");
const ECDSA_SHA256 = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"));

/** A new key that never leaves the browser's keeping: it signs, and nobody reads it, no script either. */
export async function generateKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ecdsa.P256, false, ["sign", "verify"]);
}

/** As generateKey, and the private half (PKCS #8) for a backup, which is all that there is of it beside the key. */
export async function generateWithCopy(): Promise<{ readonly pair: CryptoKeyPair; readonly pkcs8: Bytes }> {
  const open = await crypto.subtle.generateKey(ecdsa.P256, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", open.privateKey));
  return { pair: { privateKey: await importPkcs8(pkcs8), publicKey: open.publicKey }, pkcs8 };
}

/** A private key that cannot be read out again. */
export function importPkcs8(pkcs8: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, ecdsa.P256, false, ["sign"]);
}

/** A PKCS #10 request (RFC 2986) in PEM for a new pair; the authority takes only the key from it. */
export async function createCsr(pair: CryptoKeyPair, name: string): Promise<string> {
  return csrFor(pair.privateKey, new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)), name);
}

/** As createCsr, for a private key and its SubjectPublicKeyInfo, which its certificate has. */
export async function csrFor(key: CryptoKey, spki: Bytes, name: string): Promise<string> {
  const commonName = der.tlv(der.SEQUENCE, COMMON_NAME, der.tlv(der.UTF8_STRING, utf8(name)));
  const request = der.tlv(
    der.SEQUENCE,
    der.unsigned(Uint8Array.of(0)),
    der.tlv(der.SEQUENCE, der.tlv(der.SET, commonName)),
    spki,
    der.tlv(der.CONTEXT_0),
  );
  const signature = der.tlv(der.BIT_STRING, concat(Uint8Array.of(0), await ecdsa.sign(key, request)));
  return toPem(der.tlv(der.SEQUENCE, request, ECDSA_SHA256, signature), "CERTIFICATE REQUEST");
}

/** A signer from a key, its certificate, and others in PEM among which are those that lead up from it. */
export async function signerOf(key: CryptoKey, certificate: Certificate, others: readonly Certificate[]): Promise<Signer> {
  const probe = utf8("sunseal");
  const signature = await ecdsa.sign(key, probe);
  if (!(await ecdsa.verify(await ecdsa.loadSpki(certificate.spki), probe, signature))) {
    throw new CertificateError("The certificate is for another key.", "malformed");
  }
  return { key, certificate, chain: issuerFirst(certificate, others) };
}

/** The intermediates above `leaf` in order; a root (self-issued) is left out, as signatures embed none. */
function issuerFirst(leaf: Certificate, others: readonly Certificate[]): Certificate[] {
  const ordered: Certificate[] = [];
  for (let at = leaf; ; ) {
    const issuer = others.find((one) => equal(one.subject, at.issuer) && !equal(one.subject, one.issuer));
    if (issuer === undefined || ordered.includes(issuer)) return ordered;
    ordered.push(issuer);
    at = issuer;
  }
}

/** The certificates of a PEM text. */
export function certificatesIn(pem: string): Certificate[] {
  return fromPem(pem, "CERTIFICATE").map((one: Bytes) => readCertificate(one));
}
