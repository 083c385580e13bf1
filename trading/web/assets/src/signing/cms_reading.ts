// Verifying detached CMS signatures (RFC 5652), CAdES-BES, in the one form that signing/cms.py accepts.
import { verifyChain, keyOf } from "./chains";
import * as der from "./der";
import { concat, equal, hex, utf8, type Bytes } from "./encoding";
import * as ecdsa from "./ecdsa";
import { SignatureInvalid } from "./errors";
import { sha256 } from "./hashing";
import type { Kind, Usage } from "./profile";
import { attributesOf, readX509, sameName, type Crl, type Name, type X509 } from "./x509";

const MAX_SIGNATURE = 64 * 1024; // bytes; one of ours is about 2 KiB

const SIGNED_DATA = der.oid("1.2.840.113549.1.7.2");
const DATA = der.oid("1.2.840.113549.1.7.1");
const CONTENT_TYPE = hex(der.oid("1.2.840.113549.1.9.3"));
const MESSAGE_DIGEST = hex(der.oid("1.2.840.113549.1.9.4"));
const SIGNING_TIME = hex(der.oid("1.2.840.113549.1.9.5"));
const SIGNING_CERTIFICATE_V2 = hex(der.oid("1.2.840.113549.1.9.16.2.47"));
const SHA256 = der.oid("2.16.840.1.101.3.4.2.1");
// RFC 5754 writes no parameters but has everybody accept the NULL that older software writes.
const SHA256_FORMS = [der.tlv(der.SEQUENCE, SHA256), der.tlv(der.SEQUENCE, SHA256, der.tlv(der.NULL))].map(hex);
const ECDSA_SHA256 = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"));
const DETACHED = der.tlv(der.SEQUENCE, DATA);
const ONE = der.unsigned(Uint8Array.of(1));
const DIRECTORY_NAME = 0xa4;

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
    throw new SignatureInvalid(
      "The signature is not a detached CMS signature in the one form accepted (DER, one signer).",
    );
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

/** The embedded certificates and a reader at the start of the one SignerInfo. */
function parse(signature: Bytes): [Bytes[], der.Reader] {
  const outer = new der.Reader(signature);
  const contentInfo = outer.inside(der.SEQUENCE);
  outer.end();
  expect(contentInfo, SIGNED_DATA);
  const wrapper = contentInfo.inside(der.CONTEXT_0);
  contentInfo.end();
  const signedData = wrapper.inside(der.SEQUENCE);
  wrapper.end();
  expect(signedData, ONE);
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
  const certificate = certificates.find((one) => {
    const { issuer, serial } = issuerAndSerial(one);
    return equal(der.tlv(der.SEQUENCE, issuer, serial), wanted);
  });
  if (certificate === undefined) throw new SignatureInvalid("The signer's certificate is not in the signature.");
  checkAttributes(data, attributes, certificate);
  const [leaf, intermediates] = order(certificate, certificates);
  const key = await keyOf(leaf);
  if (key === null || !(await ecdsa.verify(key, der.setOf(der.SET, attributes), value))) {
    throw new SignatureInvalid("The signature is not by the P-256 key of the certificate in it.");
  }
  return { certificate: leaf, intermediates };
}

function checkAttributes(data: Bytes, attributes: readonly Bytes[], certificate: Bytes): void {
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
  const told = (oid: string): Bytes => values.get(oid) ?? new Uint8Array(0);
  if (!equal(told(CONTENT_TYPE), DATA)) throw new SignatureInvalid("The signed content type is not plain data.");
  const digest = new der.Reader(told(MESSAGE_DIGEST)).content(der.OCTET_STRING);
  if (!equal(digest, sha256(data))) {
    throw new SignatureInvalid("The signature is for other content: the digests differ.");
  }
  const named = hex(told(SIGNING_CERTIFICATE_V2));
  if (![true, false].some((withIssuer) => hex(signingCertificate(certificate, withIssuer)) === named)) {
    throw new SignatureInvalid("The signature does not name its certificate by SHA-256 (signing-certificate-v2).");
  }
  const time = values.get(SIGNING_TIME);
  if (time === undefined) throw new SignatureInvalid("The signature has no signing time.");
  checkTime(time);
}

/** The signer's certificate and the others as they lead up from it; SignatureInvalid if one is left. */
function order(certificate: Bytes, certificates: readonly Bytes[]): [X509, readonly X509[]] {
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
function load(raw: Bytes): X509 {
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

function expect(reader: der.Reader, wanted: Bytes): void {
  if (!equal(reader.element(), wanted)) throw new der.DERError("another element than the profile has here");
}

/** Issuer and serial of a DER certificate, in the bytes that it has. */
function issuerAndSerial(certificate: Bytes): { readonly issuer: Bytes; readonly serial: Bytes } {
  const tbs = new der.Reader(certificate).inside(der.SEQUENCE).inside(der.SEQUENCE);
  tbs.element(der.CONTEXT_0);
  const serial = tbs.element(der.INTEGER);
  tbs.element(der.SEQUENCE);
  return { issuer: tbs.element(der.SEQUENCE), serial };
}

/** SigningCertificateV2 (RFC 5035) naming one certificate; the default SHA-256 is left out in DER. */
function signingCertificate(certificate: Bytes, withIssuer: boolean): Bytes {
  const identifier = [der.tlv(der.OCTET_STRING, sha256(certificate))];
  if (withIssuer) {
    const { issuer, serial } = issuerAndSerial(certificate);
    identifier.push(der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(DIRECTORY_NAME, issuer)), serial));
  }
  return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, concat(...identifier))));
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
