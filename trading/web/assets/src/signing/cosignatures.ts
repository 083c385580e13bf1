// Witnesses' cosignatures of checkpoints: c2sp.org/tlog-cosignature, Ed25519 (signature type 0x04).
import { b64encode, concat, equal, hex, utf8, type Bytes } from "./encoding";
import { NoteError } from "./errors";
import { DASH, decodeVkey, ed25519, keyId, splitNote } from "./notes";

const COSIGNATURE = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
const LATEST = 253402300799n; // the last second of the year 9999

/** Finds and verifies the cosignatures of one witness. */
export class CosignatureVerifier {
  private constructor(
    readonly name: string, readonly vkey: string, private readonly id: Bytes, private readonly key: CryptoKey,
  ) {}

  /** From a C2SP verifier key of the type 0x04; NoteError if it is malformed or of another type. */
  static async fromVkey(vkey: string): Promise<CosignatureVerifier> {
    const { name, material } = decodeVkey(vkey);
    const own = concat(Uint8Array.of(COSIGNATURE), material.subarray(1));
    const id = keyId(name, own);
    if (`${name}+${hex(id)}+${b64encode(own)}` !== vkey) {
      throw new NoteError("This is no witness's key of the type Ed25519, or its id is not that of its key.");
    }
    return new CosignatureVerifier(name, vkey, id, await ed25519(material.slice(1)));
  }

  /**
   * When this witness cosigned the checkpoint last, in seconds since 1970; null if it did not.
   *
   * NoteError for a malformed note, and for a line under this witness's name and key id that does not hold.
   */
  async verify(note: Bytes): Promise<bigint | null> {
    const [text, signatures] = splitNote(note);
    let latest: bigint | null = null;
    for (const [name, value] of signatures) {
      if (name !== this.name || !equal(value.subarray(0, 4), this.id)) continue;
      const at = await this.timeOf(text, value.slice(4));
      if (latest === null || at > latest) latest = at;
    }
    return latest;
  }

  private async timeOf(text: string, value: Bytes): Promise<bigint> {
    const seconds = BigInt(`0x0${hex(value.subarray(0, TIME_BYTES))}`);
    const whole = value.length === TIME_BYTES + SIGNATURE_BYTES && seconds > 0n && seconds <= LATEST;
    const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
    const holds = whole && (await crypto.subtle.verify({ name: "Ed25519" }, this.key, value.slice(TIME_BYTES), message));
    if (!holds) throw new NoteError(`The cosignature by ${this.name} does not hold.`);
    return seconds;
  }
}

/** The note with the signature lines of `name` alone: a checkpoint as its log signed it; NoteError. */
export function bare(note: Bytes, name: string): Bytes {
  const [text, signatures] = splitNote(note);
  const own = signatures.filter(([key]) => key === name).map(([key, value]) => `${DASH}${key} ${b64encode(value)}\n`);
  return utf8(`${text}\n${own.join("")}`);
}
