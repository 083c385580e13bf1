// Of RFC 3161's messages what a verifier needs: imprints, and the reply that holds a token.
import * as der from "./der";
import type { Bytes } from "./encoding";

// The digests that may be stamped, by their object identifiers: name and length in bytes.
const IMPRINTS: Readonly<Record<string, readonly [string, number]>> = {
  "2.16.840.1.101.3.4.2.1": ["sha256", 32],
  "2.16.840.1.101.3.4.2.2": ["sha384", 48],
  "2.16.840.1.101.3.4.2.3": ["sha512", 64],
  "2.16.840.1.101.3.4.2.8": ["sha3-256", 32],
  "2.16.840.1.101.3.4.2.9": ["sha3-384", 48],
  "2.16.840.1.101.3.4.2.10": ["sha3-512", 64],
};

/** A MessageImprint: the digest's name ("sha256", …) and its value. */
export interface Imprint {
  readonly algorithm: string;
  readonly value: Bytes;
}

/** Read a MessageImprint; DERError, also for a digest that is not known or of another length. */
export function readImprint(encoded: Bytes): Imprint {
  const fields = new der.Reader(encoded).inside(der.SEQUENCE);
  const algorithm = fields.inside(der.SEQUENCE);
  const oid = der.dotted(algorithm.element(der.OID));
  if (algorithm.more) {
    if (algorithm.content(der.NULL).length > 0) throw new der.DERError("a NULL that says something");
    algorithm.end();
  }
  const value = fields.content(der.OCTET_STRING);
  fields.end();
  const known = IMPRINTS[oid];
  if (known === undefined || value.length !== known[1]) throw new der.DERError("an imprint that is not known");
  return { algorithm: known[0], value };
}

/** The TimeStampResp that grants a token. */
export function granted(token: Bytes): Bytes {
  return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.unsigned(Uint8Array.of(0))), token);
}
