// Shamir's scheme in GF(2^8) modulo 0x11B, with coefficients derived from the key that is dealt.
//
// Derived coefficients make dealing a function: whoever recovers the key deals again and sees whether every
// commitment was honest. npm's shamir-secret-sharing, which deals at random, combines what is dealt here.
import { combine as refereed } from "shamir-secret-sharing";
import { concat, equal, utf8, type Bytes } from "./encoding";
import { DealingError } from "./errors";
import { hexdigest, hkdfSha256 } from "./hashing";

const KEY_SIZE = 32; // bytes
export const SHARE_SIZE = KEY_SIZE + 1; // the last byte is x
const MAX_CUSTODIANS = 16;
const LABEL = utf8("sunseal-1/deal\0");

function multiply(a: number, b: number): number {
  let product = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? 0x11b : 0);
  }
  return product;
}

function inverse(a: number): number {
  let result = a; // a^254 is 1 / a: its square and multiply, seven bits of one and a zero
  for (let bit = 0; bit < 6; bit += 1) result = multiply(multiply(result, result), a);
  return multiply(result, result);
}

/**
 * The `count` shares of a 32-byte `key`, any `threshold` of which recover it, checked by the referee.
 *
 * A share is 32 bytes y followed by x, its position from 1. `context` is the canonical context of the part.
 */
export async function deal(
  key: Uint8Array, threshold: number, count: number, context: Uint8Array,
): Promise<Bytes[]> {
  const shares = dealt(key, threshold, count, context);
  if (threshold > 1 && !equal(await refereed(shares.slice(-threshold)), key)) {
    throw new DealingError("The shares dealt do not give the key again.");
  }
  return shares;
}

function dealt(key: Uint8Array, threshold: number, count: number, context: Uint8Array): Bytes[] {
  checkNumbers(threshold, count);
  if (key.length !== KEY_SIZE) throw new DealingError("A key to deal has 32 bytes.");
  const coefficients =
    threshold > 1 ? hkdfSha256(key, concat(LABEL, context), KEY_SIZE * (threshold - 1)) : new Uint8Array(0);
  return Array.from({ length: count }, (_, position) => {
    const x = position + 1;
    const share = new Uint8Array(SHARE_SIZE);
    for (let byte = 0; byte < KEY_SIZE; byte += 1) {
      let y = 0;
      for (let power = threshold - 1; power > 0; power -= 1) {
        y = multiply(y ^ (coefficients[(power - 1) * KEY_SIZE + byte] as number), x);
      }
      share[byte] = y ^ (key[byte] as number);
    }
    share[KEY_SIZE] = x;
    return share;
  });
}

/** The 32 bytes that the polynomial through all `shares` has at 0, whether or not they belong together. */
export function combine(shares: readonly Uint8Array[]): Bytes {
  const xs = shares.filter((share) => share.length === SHARE_SIZE).map((share) => share[KEY_SIZE] as number);
  if (shares.length === 0 || xs.length !== shares.length || new Set(xs).size !== xs.length || xs.includes(0)) {
    throw wrongForm();
  }
  const key = new Uint8Array(KEY_SIZE);
  shares.forEach((share, at) => {
    const x = xs[at] as number;
    const weight = xs.filter((other) => other !== x).reduce(
      (product, other) => multiply(product, multiply(other, inverse(other ^ x))), 1,
    );
    for (let byte = 0; byte < KEY_SIZE; byte += 1) {
      key[byte] = (key[byte] as number) ^ multiply(share[byte] as number, weight);
    }
  });
  return key;
}

/**
 * The 32-byte key that was dealt, from shares that custodians released.
 *
 * Only shares whose SHA-256 is the commitment at their position count; the key found is dealt again, and all
 * commitments must come out. Raises DealingError.
 */
export function recover(
  shares: readonly Uint8Array[], threshold: number, count: number, context: Uint8Array,
  shareDigests: readonly string[],
): Bytes {
  checkNumbers(threshold, count);
  if (shareDigests.length !== count) throw new DealingError("There must be one commitment for each custodian.");
  const positions = shares
    .filter((share) => share.length === SHARE_SIZE)
    .map((share) => share[KEY_SIZE] as number)
    .filter((x) => x >= 1 && x <= count);
  if (positions.length !== shares.length || new Set(positions).size !== positions.length) throw wrongForm();
  const matching = shares.filter(
    (share) => hexdigest(share) === shareDigests[(share[KEY_SIZE] as number) - 1],
  );
  if (matching.length < threshold) {
    const reason = `only ${matching.length} matching shares of ${threshold}`;
    throw new DealingError(`Too few shares match the bidder's commitments: ${reason}.`, reason);
  }
  const key = combine(matching.slice(0, threshold));
  const again = dealt(key, threshold, count, context).map(hexdigest);
  if (again.some((commitment, at) => commitment !== shareDigests[at])) {
    throw new DealingError(
      "The bidder did not deal the key as the protocol says: commitments differ when dealt again.",
      "dealing: commitments differ when dealt again",
    );
  }
  return key;
}

function wrongForm(): DealingError {
  return new DealingError(
    "The shares have another form than 32 bytes and a number.", "shares of the wrong form",
  );
}

function checkNumbers(threshold: number, count: number): void {
  if (!(threshold >= 1 && threshold <= count && count <= MAX_CUSTODIANS)) {
    throw new DealingError("The threshold is from 1 to the number of custodians, and they are at most 16.");
  }
}
