// SHA-256 of small data without waiting, and the suite's key derivation.
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as noble, sha512 } from "@noble/hashes/sha2.js";
import { concat, hex, type Bytes } from "./encoding";

/** SHA-256 of small data, without waiting. */
export function sha256(data: Uint8Array): Bytes {
  return noble(data) as Bytes;
}

export function hexdigest(data: Uint8Array): string {
  return hex(noble(data));
}

/** `length` bytes (1 to 8,160) derived from `key` for the purpose `info`: HKDF with SHA-256 and an empty salt. */
export function hkdfSha256(key: Uint8Array, info: Uint8Array, length: number): Bytes {
  return hkdf(noble, key, undefined, info, length) as Bytes;
}

/** HKDF-Expand with SHA-512, as Cobblestone-256 derives from its 32-byte key; libraries want 64 bytes there. */
export function expandSha512(key: Uint8Array, info: Uint8Array, length: number): Bytes {
  let block: Uint8Array = new Uint8Array(0);
  let output = new Uint8Array(0);
  for (let counter = 1; output.length < length; counter += 1) {
    block = hmac(sha512, key, concat(block, info, Uint8Array.of(counter)));
    output = concat(output, block);
  }
  return output.slice(0, length);
}
