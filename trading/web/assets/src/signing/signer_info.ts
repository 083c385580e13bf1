// What CMS signatures and time-stamp tokens have in common: the signer's certificate, how a signature names it, the
// certificates beside it, signed attributes. Mirrors signing/signer_info.py.
import * as der from "./der";
import { concat, equal, hex, type Bytes } from "./encoding";
import { SignatureInvalid } from "./errors";
import { sha256 } from "./hashing";
import { attributesOf, readX509, sameName, type Name, type X509 } from "./x509";

const SIGNED_DATA = der.oid("1.2.840.113549.1.7.2");
export const CONTENT_TYPE = hex(der.oid("1.2.840.113549.1.9.3"));
export const MESSAGE_DIGEST = hex(der.oid("1.2.840.113549.1.9.4"));
export const SIGNING_CERTIFICATE_V2 = hex(der.oid("1.2.840.113549.1.9.16.2.47"));
const SHA256 = der.oid("2.16.840.1.101.3.4.2.1");
// RFC 5754 writes no parameters but has everybody accept the NULL that older software writes.
export const SHA256_FORMS = [der.tlv(der.SEQUENCE, SHA256), der.tlv(der.SEQUENCE, SHA256, der.tlv(der.NULL))].map(hex);
export const ECDSA_SHA256 = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"));
export const ONE = der.unsigned(Uint8Array.of(1));
const DIRECTORY_NAME = 0xa4;

/** The next element must be `wanted`; DERError. */
export function expect(reader: der.Reader, wanted: Bytes): void {
  if (!equal(reader.element(), wanted)) throw new der.DERError("another element than the profile has here");
}

/** A reader in the SignedData of a ContentInfo, after its `version`; DERError. */
export function openSignedData(encoded: Bytes, version: Bytes): der.Reader {
  const outer = new der.Reader(encoded);
  const contentInfo = outer.inside(der.SEQUENCE);
  outer.end();
  expect(contentInfo, SIGNED_DATA);
  const wrapper = contentInfo.inside(der.CONTEXT_0);
  contentInfo.end();
  const signedData = wrapper.inside(der.SEQUENCE);
  wrapper.end();
  expect(signedData, version);
  return signedData;
}

/** The one value of each signed attribute by its type (hex); SignatureInvalid, DERError. */
export function readAttributes(attributes: readonly Bytes[]): ReadonlyMap<string, Bytes> {
  const values = new Map<string, Bytes>();
  for (const attribute of attributes) {
    const inner = new der.Reader(attribute).inside(der.SEQUENCE);
    const oid = hex(inner.element(der.OID));
    const [value, ...others] = inner.setOf(der.SET);
    inner.end();
    if (values.has(oid) || value === undefined || others.length > 0) {
      throw new SignatureInvalid("A signed attribute is there twice or has several values.");
    }
    values.set(oid, value);
  }
  return values;
}

/** The certificate with the IssuerAndSerialNumber `wanted`; SignatureInvalid. */
export function signersOwn(certificates: readonly Bytes[], wanted: Bytes): Bytes {
  const certificate = certificates.find((one) => {
    const { issuer, serial } = issuerAndSerial(one);
    return equal(der.tlv(der.SEQUENCE, issuer, serial), wanted);
  });
  if (certificate === undefined) throw new SignatureInvalid("The signer's certificate is not in the signature.");
  return certificate;
}

/** IssuerSerial of a DER certificate (RFC 5035), the issuer as a directory name. */
export function issuerSerial(certificate: Bytes): Bytes {
  const { issuer, serial } = issuerAndSerial(certificate);
  return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(DIRECTORY_NAME, issuer)), serial);
}

/** Whether a SigningCertificateV2 is one of the two forms that name this certificate alone. */
export function namesCertificate(value: Bytes, certificate: Bytes): boolean {
  const named = hex(value);
  return [true, false].some((withIssuer) => hex(signingCertificate(certificate, withIssuer)) === named);
}

/** Issuer and serial of a DER certificate, in the bytes that it has. */
export function issuerAndSerial(certificate: Bytes): { readonly issuer: Bytes; readonly serial: Bytes } {
  const tbs = new der.Reader(certificate).inside(der.SEQUENCE).inside(der.SEQUENCE);
  tbs.element(der.CONTEXT_0);
  const serial = tbs.element(der.INTEGER);
  tbs.element(der.SEQUENCE);
  return { issuer: tbs.element(der.SEQUENCE), serial };
}

/** SigningCertificateV2 (RFC 5035) naming one certificate; the default SHA-256 is left out in DER. */
function signingCertificate(certificate: Bytes, withIssuer: boolean): Bytes {
  const identifier = [der.tlv(der.OCTET_STRING, sha256(certificate))];
  if (withIssuer) identifier.push(issuerSerial(certificate));
  return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, concat(...identifier))));
}

/** The signer's certificate and the others as they lead up from it; SignatureInvalid if one is left. */
export function order(certificate: Bytes, certificates: readonly Bytes[]): [X509, readonly X509[]] {
  try {
    const leaf = load(certificate);
    const others = certificates.filter((one) => !equal(one, certificate)).map(load);
    const ordered: X509[] = [];
    let name = readable(leaf.issuer);
    while (others.length > 0) {
      const at = others.findIndex((one) => sameName(one.subject, name));
      const [issuer] = at < 0 ? [] : others.splice(at, 1);
      if (issuer === undefined) {
        throw new SignatureInvalid("The signature holds a certificate that does not belong to its chain.");
      }
      ordered.push(issuer);
      name = readable(issuer.issuer);
    }
    return [leaf, ordered];
  } catch (error) {
    if (!(error instanceof der.DERError)) throw error;
    throw new SignatureInvalid("A certificate in the signature is malformed.");
  }
}

/** A name that says something in text; DERError for any other. */
function readable(name: Name): Name {
  attributesOf(name);
  return name;
}

/** A certificate, without spare signature bits and with a positive serial, which nothing signs or asks for. */
export function load(raw: Bytes): X509 {
  const parts = new der.Reader(raw).inside(der.SEQUENCE);
  const tbs = parts.inside(der.SEQUENCE);
  tbs.element(der.CONTEXT_0);
  const serial = tbs.content(der.INTEGER);
  parts.element(der.SEQUENCE);
  const positive = (serial[0] ?? 0x80) < 0x80 && serial.some((byte) => byte !== 0);
  if (parts.content(der.BIT_STRING)[0] !== 0 || !positive) {
    throw new der.DERError("a certificate with spare signature bits or without a positive serial");
  }
  return readX509(raw);
}
