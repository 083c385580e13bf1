// ECDSA on P-256 with SHA-256: WebCrypto writes a signature as r ‖ s, everybody else as DER.
import * as der from "./der";
import { concat, equal, unhex, type Bytes } from "./encoding";
import { SigningError } from "./errors";

const ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;
export const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const HALF = 32; // bytes of r, and of s

// All of a P-256 key's SubjectPublicKeyInfo in DER before the point: named curve, uncompressed.
const SPKI_START = unhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
const SPKI_SIZE = 91; // bytes

/** The DER signature over `data`. */
export async function sign(key: CryptoKey, data: Bytes): Promise<Bytes> {
  const raw = new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, data));
  return der.tlv(der.SEQUENCE, der.unsigned(raw.subarray(0, HALF)), der.unsigned(raw.subarray(HALF)));
}

/** Whether the DER `signature` over `data` is by the key. */
export async function verify(key: CryptoKey, data: Bytes, signature: Bytes): Promise<boolean> {
  const raw = rawOf(signature, HALF);
  return raw !== null && crypto.subtle.verify(ALGORITHM, key, raw, data);
}

/** r ‖ s, each of `size` bytes, of a DER signature; null if it is none. */
export function rawOf(signature: Bytes, size: number): Bytes | null {
  try {
    const outer = new der.Reader(signature);
    const numbers = outer.inside(der.SEQUENCE);
    outer.end();
    const halves = [half(numbers.content(der.INTEGER), size), half(numbers.content(der.INTEGER), size)];
    numbers.end();
    return concat(...halves);
  } catch (error) {
    if (error instanceof der.DERError) return null;
    throw error;
  }
}

function half(content: Bytes, size: number): Bytes {
  const [first = 0xff, second = 0] = content;
  const padded = first === 0 && content.length > 1;
  if (content.length === 0 || first >= 0x80 || (padded && second < 0x80) || content.length - Number(padded) > size) {
    throw new der.DERError("a number that is not minimal, or not one of the curve");
  }
  const digits = padded ? content.subarray(1) : content;
  return concat(new Uint8Array(size - digits.length), digits);
}

/** A P-256 public key from its DER SubjectPublicKeyInfo, in its one form; SigningError for anything else. */
export async function loadSpki(spki: Bytes): Promise<CryptoKey> {
  if (spki.length !== SPKI_SIZE || !equal(spki.subarray(0, SPKI_START.length), SPKI_START)) throw notP256();
  try {
    return await crypto.subtle.importKey("spki", spki, P256, true, ["verify"]);
  } catch {
    throw notP256();
  }
}

function notP256(): SigningError {
  return new SigningError("This is not a DER SubjectPublicKeyInfo of a P-256 key.");
}
