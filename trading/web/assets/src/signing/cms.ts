// Detached CMS signatures (RFC 5652), CAdES-BES: DER, one signer, ECDSA P-256, SHA-256, as signing/cms.py has them.
import type { Certificate } from "./certificates";
import * as der from "./der";
import { concat, utf8, type Bytes } from "./encoding";
import * as ecdsa from "./ecdsa";
import { sha256 } from "./hashing";

/** Who signs: a private key, its certificate, and the intermediates to embed (issuer first, no root). */
export interface Signer {
  readonly key: CryptoKey;
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
}

const SIGNED_DATA = der.oid("1.2.840.113549.1.7.2");
const DATA = der.oid("1.2.840.113549.1.7.1");
const CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4");
const SIGNING_TIME = der.oid("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47");
const SHA256 = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"));
const ECDSA_SHA256 = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"));
const ONE = der.unsigned(Uint8Array.of(1));
const DIRECTORY_NAME = 0xa4;

/** A detached signature over `data`, claiming the time `at`, as DER ContentInfo. */
export async function sign(data: Bytes, signer: Signer, at: Date): Promise<Bytes> {
  const { certificate, chain, key } = signer;
  const attributes = [
    attribute(CONTENT_TYPE, DATA),
    attribute(SIGNING_TIME, time(at)),
    attribute(MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, sha256(data))),
    attribute(SIGNING_CERTIFICATE_V2, signingCertificate(certificate)),
  ];
  const signature = await ecdsa.sign(key, der.setOf(der.SET, attributes));
  const signerInfo = der.tlv(
    der.SEQUENCE,
    ONE,
    der.tlv(der.SEQUENCE, certificate.issuer, certificate.serial),
    SHA256,
    der.setOf(der.CONTEXT_0, attributes),
    ECDSA_SHA256,
    der.tlv(der.OCTET_STRING, signature),
  );
  const signedData = der.tlv(
    der.SEQUENCE,
    ONE,
    der.tlv(der.SET, SHA256),
    der.tlv(der.SEQUENCE, DATA),
    der.setOf(der.CONTEXT_0, [certificate, ...chain].map((one) => one.raw)),
    der.tlv(der.SET, signerInfo),
  );
  return der.tlv(der.SEQUENCE, SIGNED_DATA, der.tlv(der.CONTEXT_0, signedData));
}

function attribute(oid: Bytes, value: Bytes): Bytes {
  return der.tlv(der.SEQUENCE, oid, der.tlv(der.SET, value));
}

/** SigningCertificateV2 (RFC 5035) naming one certificate; the default SHA-256 is left out in DER. */
function signingCertificate({ raw, issuer, serial }: Certificate): Bytes {
  const names = der.tlv(der.SEQUENCE, der.tlv(DIRECTORY_NAME, issuer));
  const identifier = concat(der.tlv(der.OCTET_STRING, sha256(raw)), der.tlv(der.SEQUENCE, names, serial));
  return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, identifier)));
}

/** RFC 5652 section 11.3: UTCTime to the year 2049, GeneralizedTime after; whole seconds. */
function time(at: Date): Bytes {
  const digits = `${at.toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
  return at.getUTCFullYear() < 2050
    ? der.tlv(der.UTC_TIME, utf8(digits.slice(2)))
    : der.tlv(der.GENERALIZED_TIME, utf8(digits));
}
