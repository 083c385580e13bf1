// Padmé padding, so that a ciphertext's size tells little about its content's.
//
// Padded: 8-byte big-endian length, the data, zeros up to Padmé of (length + 8); at least 64 KiB for an index,
// so that all offers look alike.
import { concat, type Bytes } from "./encoding";
import { PaddingError } from "./errors";

export const PREFIX = 8; // bytes
export const MIN_INDEX = 64 * 1024; // padded bytes
export const MAX_INDEX = 4 * 1024 * 1024; // bytes before padding

/** Where content goes, piece after piece. */
export type Sink = (piece: Bytes) => void | Promise<void>;

/** `size` (bytes) rounded up by Padmé (Nikitin et al., PETS 2019): at most 12 % more. */
export function padme(size: number): number {
  if (size < 2) return size;
  const exponent = bitLength(size) - 1;
  const step = 2 ** Math.max(0, exponent - bitLength(exponent));
  return Math.ceil(size / step) * step;
}

function bitLength(size: number): number {
  return size.toString(2).length;
}

/** How many bytes `length` bytes of content have when padded; PaddingError for an index over 4 MiB. */
export function paddedLength(length: number, index: boolean): number {
  if (!Number.isSafeInteger(length) || length < 0 || (index && length > MAX_INDEX)) {
    throw new PaddingError("An index has at most 4 MiB.", "padding: wrong length");
  }
  const padded = padme(length + PREFIX);
  return index ? Math.max(padded, MIN_INDEX) : padded;
}

/** The 8 bytes in front of `length` bytes of content. */
export function prefix(length: number): Bytes {
  const bytes = new Uint8Array(PREFIX);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length));
  return bytes;
}

/** Takes padded content in pieces and gives the content alone to `sink`; `finish` judges it. */
export class Unpadder {
  private head: Bytes = new Uint8Array(0);
  private length = 0n;
  private seen = 0; // bytes of content and padding, without the prefix
  private allZeros = true;

  constructor(private readonly sink: Sink, private readonly index: boolean) {}

  async update(piece: Bytes): Promise<void> {
    if (this.head.length < PREFIX) {
      const missing = PREFIX - this.head.length;
      this.head = concat(this.head, piece.subarray(0, missing));
      piece = piece.subarray(missing);
      if (this.head.length < PREFIX) return;
      this.length = new DataView(this.head.buffer).getBigUint64(0);
    }
    const left = this.length > BigInt(this.seen) ? this.length - BigInt(this.seen) : 0n;
    const content = left < BigInt(piece.length) ? piece.subarray(0, Number(left)) : piece;
    await this.sink(content);
    this.allZeros &&= piece.subarray(content.length).every((byte) => byte === 0);
    this.seen += piece.length;
  }

  /** The content's length in bytes; PaddingError if the padding was not exactly the one prescribed. */
  finish(): number {
    if (this.head.length < PREFIX) refuse("too short");
    const length = Number(this.length);
    const fits = this.length <= BigInt(this.seen) && (!this.index || length <= MAX_INDEX);
    if (!fits || paddedLength(length, this.index) !== this.seen + PREFIX) refuse("wrong length");
    if (!this.allZeros) refuse("not zeros");
    return length;
  }
}

function refuse(reason: string): never {
  throw new PaddingError(`The padding is not the prescribed one: ${reason}.`, `padding: ${reason}`);
}
