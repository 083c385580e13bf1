// Encrypting the objects of a bid: padding inside Cobblestone-256 (C2SP chunked-encryption).
//
// Any range of an object's ciphertext can be made again from its content, key and salt, so that an upload goes on
// after a cut without the ciphertext, or the content, ever being whole in memory.
import { contentIn, type Content } from "./contents";
import { concat, equal, utf8, type Bytes } from "./encoding";
import { CiphertextError, SealingError } from "./errors";
import { expandSha512, hkdfSha256 } from "./hashing";
import { PREFIX, Unpadder, paddedLength, prefix, type Sink } from "./padding";

const MAX_OBJECTS = 200;
export const HEADER = 56; // bytes: salt and key commitment
const SALT = 24;
export const CHUNK = 16 * 1024; // bytes of plaintext
export const TAG = 16; // bytes
const SEALED_CHUNK = CHUNK + TAG;
const BATCH = 32; // chunks encrypted side by side: 512 KiB
/** Bytes of ciphertext in a piece, at most. */
export const PIECE = BATCH * SEALED_CHUNK;
const LABEL = utf8("sunseal-1/object\0");
const COBBLESTONE = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");

/** The 32-byte key of object `j` (0 to 199) of a part. */
export function objectKey(contentKey: Uint8Array, j: number): Bytes {
  return hkdfSha256(contentKey, concat(LABEL, number(j)), 32);
}

/** Cobblestone's context of object `j`: the part's canonical context, 0x00, j in ASCII. */
export function objectContext(context: Uint8Array, j: number): Bytes {
  return concat(context, utf8("\0"), number(j));
}

/** How many bytes of ciphertext `length` bytes of content give. */
export function ciphertextLength(length: number, index: boolean): number {
  const padded = paddedLength(length, index);
  return HEADER + padded + TAG * (Math.floor(padded / CHUNK) + 1);
}

function number(j: number): Bytes {
  if (!Number.isInteger(j) || j < 0 || j >= MAX_OBJECTS) {
    throw new SealingError(`The objects of a part are numbered from 0 to ${MAX_OBJECTS - 1}.`);
  }
  return utf8(String(j));
}

interface Keys {
  readonly key: CryptoKey;
  readonly nonce: Bytes;
  readonly commitment: Bytes;
}

async function derive(key: Uint8Array, salt: Uint8Array, context: Uint8Array, use: KeyUsage): Promise<Keys> {
  const derived = expandSha512(key, concat(COBBLESTONE, salt, context), 32 + 12 + 32);
  return {
    key: await crypto.subtle.importKey("raw", derived.slice(0, 32), "AES-GCM", false, [use]),
    nonce: derived.slice(32, 44),
    commitment: derived.slice(44),
  };
}

function parameters(keys: Keys, chunk: number): AesGcmParams {
  const iv = keys.nonce.slice();
  const view = new DataView(iv.buffer);
  view.setUint32(8, (view.getUint32(8) ^ chunk % 2 ** 32) >>> 0);
  view.setUint32(4, (view.getUint32(4) ^ Math.floor(chunk / 2 ** 32)) >>> 0);
  return { name: "AES-GCM", iv };
}

/** What a sealed object is made of, apart from its content: enough to make the very same bytes again. */
export interface Recipe {
  readonly contentKey: Bytes;
  readonly context: Bytes;
  readonly j: number;
  readonly index: boolean;
  readonly salt: Bytes;
}

/** A new salt for one object; never used for another content. */
export function newSalt(): Bytes {
  return crypto.getRandomValues(new Uint8Array(SALT));
}

/** One object's ciphertext, made where and when it is read. */
export class SealedObject {
  /** Bytes of ciphertext. */
  readonly size: number;
  private readonly padded: number;
  private readonly header: Bytes;

  private constructor(
    private readonly content: Content, private readonly keys: Keys, salt: Bytes, index: boolean,
  ) {
    this.padded = paddedLength(content.size, index);
    this.size = ciphertextLength(content.size, index);
    this.header = concat(salt, keys.commitment);
  }

  static async of(content: Content, recipe: Recipe): Promise<SealedObject> {
    const key = objectKey(recipe.contentKey, recipe.j);
    const keys = await derive(key, recipe.salt, objectContext(recipe.context, recipe.j), "encrypt");
    return new SealedObject(content, keys, recipe.salt, recipe.index);
  }

  /** The ciphertext from `start` to `end`, in memory of its own. */
  async read(start: number, end: number): Promise<Bytes> {
    const bytes = new Uint8Array(Math.max(Math.min(end, this.size) - start, 0));
    let at = 0;
    for await (const piece of this.pieces(start, end)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** The same as a Blob, which browsers keep out of the page's memory. */
  async blob(start: number, end: number): Promise<Blob> {
    const pieces: Blob[] = [];
    for await (const piece of this.pieces(start, end)) pieces.push(new Blob([piece]));
    return new Blob(pieces);
  }

  /**
   * The ciphertext from `start` to `end` in order, in pieces of at most PIECE bytes. Each is there until the next is
   * asked for.
   */
  async *pieces(start = 0, end = this.size): AsyncGenerator<Bytes> {
    if (start < HEADER) yield this.header.slice(start, end);
    const from = Math.max(start, HEADER) - HEADER;
    const to = Math.min(end, this.size) - HEADER;
    if (from >= to) return;
    const first = Math.floor(from / SEALED_CHUNK);
    let at = first * SEALED_CHUNK;
    for await (const piece of this.batches(first, Math.ceil(to / SEALED_CHUNK))) {
      yield piece.subarray(Math.max(from - at, 0), to - at);
      at += piece.length;
    }
  }

  /** Sealed chunks; the next batch is in the making while one is looked at. */
  private async *batches(first: number, last: number): AsyncGenerator<Bytes> {
    const [plain, one, other] = [CHUNK, SEALED_CHUNK, SEALED_CHUNK].map((size) => new Uint8Array(BATCH * size)) as [Bytes, Bytes, Bytes];
    const made = (at: number): Promise<Bytes> =>
      this.chunks(at, Math.min(at + BATCH, last), plain, ((at - first) / BATCH) % 2 === 0 ? one : other);
    let next = made(first);
    for (let at = first; at < last; at += BATCH) {
      const piece = await next;
      if (at + BATCH < last) {
        next = made(at + BATCH);
        next.catch(() => undefined); // told when it is waited for
      }
      yield piece;
    }
  }

  private async chunks(first: number, last: number, plain: Bytes, sealed: Bytes): Promise<Bytes> {
    plain = await this.paddedBytes(first * CHUNK, Math.min(last * CHUNK, this.padded), plain);
    await Promise.all(
      Array.from({ length: last - first }, async (_, at) => {
        const chunk = plain.subarray(at * CHUNK, (at + 1) * CHUNK);
        const result = await crypto.subtle.encrypt(parameters(this.keys, first + at), this.keys.key, chunk);
        sealed.set(new Uint8Array(result), at * SEALED_CHUNK);
      }),
    );
    return sealed.subarray(0, plain.length + TAG * (last - first));
  }

  /** Padded content from `start` to `end`, put `into` that; SealingError if the content is not as long as was said. */
  private async paddedBytes(start: number, end: number, into: Bytes): Promise<Bytes> {
    const bytes = into.subarray(0, end - start);
    const from = Math.max(start - PREFIX, 0);
    const to = Math.min(end - PREFIX, this.content.size);
    bytes.fill(0, Math.max(to + PREFIX - start, 0));
    if (start < PREFIX) bytes.set(prefix(this.content.size).subarray(start, end));
    if (from < to) {
      const content = await this.content.read(from, to, bytes.subarray(from + PREFIX - start));
      if (content.length !== to - from) {
        throw new SealingError("The content has another length than was said; it may have changed meanwhile.");
      }
    }
    return bytes;
  }
}

/** The ciphertext of `data`, for content that fits in memory. */
export async function encrypt(data: Bytes, recipe: Recipe): Promise<Bytes> {
  const sealed = await SealedObject.of(contentIn(data), recipe);
  return sealed.read(0, sealed.size);
}

/**
 * Decrypt `ciphertext` to `sink`; the content's length in bytes.
 *
 * What `sink` got is worth nothing, and must be thrown away, if this raises: CiphertextError ("ciphertext: too
 * short", "… key commitment differs", "… a chunk does not authenticate", "… truncated") or PaddingError.
 */
export async function decryptTo(
  ciphertext: Content, sink: Sink, contentKey: Uint8Array, context: Uint8Array, j: number, index: boolean,
): Promise<number> {
  const unpadder = new Unpadder(sink, index);
  const key = objectKey(contentKey, j);
  await open(ciphertext, key, objectContext(context, j), (piece) => unpadder.update(piece));
  return unpadder.finish();
}

/** The content of `ciphertext`; CiphertextError or PaddingError, and nothing, if anything is wrong. */
export async function decrypt(
  ciphertext: Bytes, contentKey: Uint8Array, context: Uint8Array, j: number, index: boolean,
): Promise<Bytes> {
  const pieces: Bytes[] = [];
  await decryptTo(contentIn(ciphertext), (piece) => void pieces.push(piece), contentKey, context, j, index);
  return concat(...pieces);
}

/** Plain Cobblestone-256: the still padded content under an object's own key; CiphertextError. */
export async function openCiphertext(key: Uint8Array, context: Uint8Array, ciphertext: Bytes): Promise<Bytes> {
  const pieces: Bytes[] = [];
  await open(contentIn(ciphertext), key, context, (piece) => void pieces.push(piece));
  return concat(...pieces);
}

async function open(ciphertext: Content, key: Uint8Array, context: Uint8Array, target: Sink): Promise<void> {
  if (ciphertext.size < HEADER + TAG) refuse("too short");
  const header = await ciphertext.read(0, HEADER);
  const keys = await derive(key, header.subarray(0, SALT), context, "decrypt");
  if (!equal(header.subarray(SALT), keys.commitment)) refuse("key commitment differs");
  const size = ciphertext.size - HEADER;
  const last = Math.floor(size / SEALED_CHUNK); // always shorter than a full one
  for (let first = 0; first < last; first += BATCH) {
    await target(await openChunks(ciphertext, keys, first, Math.min(first + BATCH, last)));
  }
  if (size % SEALED_CHUNK < TAG) refuse("truncated");
  await target(await openChunks(ciphertext, keys, last, last + 1));
}

async function openChunks(ciphertext: Content, keys: Keys, first: number, last: number): Promise<Bytes> {
  const end = Math.min(HEADER + last * SEALED_CHUNK, ciphertext.size);
  const sealed = await ciphertext.read(HEADER + first * SEALED_CHUNK, end);
  const opened = await Promise.all(
    Array.from({ length: last - first }, (_, at) => {
      const chunk = sealed.subarray(at * SEALED_CHUNK, (at + 1) * SEALED_CHUNK);
      return crypto.subtle.decrypt(parameters(keys, first + at), keys.key, chunk);
    }),
  ).catch(() => refuse("a chunk does not authenticate"));
  return concat(...opened.map((chunk) => new Uint8Array(chunk)));
}

function refuse(reason: string): never {
  throw new CiphertextError(`The ciphertext cannot be decrypted: ${reason}.`, `ciphertext: ${reason}`);
}
