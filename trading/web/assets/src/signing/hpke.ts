// HPKE (RFC 9180) in base mode: X-Wing (0x647A), HKDF-SHA-256, AES-256-GCM.
//
// An X-Wing private key is its 32-byte seed.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { concat, type Bytes } from "./encoding";
import { SealingError } from "./errors";

export const SEED_SIZE = 32; // bytes
export const PUBLIC_SIZE = 1216; // bytes: ML-KEM-768 encapsulation key, X25519 public key
export const ENCAPSULATED_SIZE = 1120; // bytes: ML-KEM-768 ciphertext, X25519 public key
export const OVERHEAD = ENCAPSULATED_SIZE + 16; // what sealing adds, bytes

const kem = new XWing();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** A new private sealing key: 32 random bytes. */
export function generateSeed(): Bytes {
  return crypto.getRandomValues(new Uint8Array(SEED_SIZE));
}

/** The 1,216-byte public key of a seed. */
export async function publicKey(seed: Bytes): Promise<Bytes> {
  checkSeed(seed);
  const pair = await kem.generateKeyPairDerand(seed.slice());
  return new Uint8Array(await kem.serializePublicKey(pair.publicKey));
}

/** enc (1,120 bytes) ‖ ciphertext, only to be opened by the key's owner under the same `info`. */
export async function seal(publicKey: Bytes, info: Bytes, plaintext: Bytes): Promise<Bytes> {
  if (publicKey.length !== PUBLIC_SIZE) {
    throw new SealingError(`A public sealing key has ${PUBLIC_SIZE} bytes, not ${publicKey.length}.`);
  }
  try {
    // Keys are handed over as buffers of their own: the library reads a view's whole buffer.
    const recipientPublicKey = await kem.deserializePublicKey(publicKey.slice().buffer);
    const sender = await suite.createSenderContext({ recipientPublicKey, info: info.slice().buffer });
    const ciphertext = await sender.seal(plaintext.slice().buffer);
    return concat(new Uint8Array(sender.enc), new Uint8Array(ciphertext));
  } catch {
    throw new SealingError("The public sealing key is malformed; ask the custodian for it again.");
  }
}

/** The plaintext of `sealed` (enc ‖ ciphertext) under `info`; SealingError if it does not open. */
export async function open(seed: Bytes, info: Bytes, sealed: Bytes): Promise<Bytes> {
  checkSeed(seed);
  try {
    const recipient = await suite.createRecipientContext({
      recipientKey: await kem.deserializePrivateKey(seed.slice().buffer),
      enc: sealed.slice(0, ENCAPSULATED_SIZE).buffer,
      info: info.slice().buffer,
    });
    return new Uint8Array(await recipient.open(sealed.slice(ENCAPSULATED_SIZE).buffer));
  } catch {
    throw new SealingError(
      "The sealed share does not open with this key for this bid, part and custodian.", "does not open",
    );
  }
}

function checkSeed(seed: Bytes): void {
  if (seed.length !== SEED_SIZE) throw new SealingError("A sealing key is a seed of 32 bytes.");
}
