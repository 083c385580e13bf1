// Opening a part of a bid from the custodians' shares, each ciphertext against the manifest's digest.
import { concat, type Bytes } from "../signing/encoding";
import { SigningError } from "../signing/errors";
import { Hasher } from "../signing/sha256";
import type { Content } from "../signing/contents";
import { decryptTo } from "../signing/objects";
import type { Sink } from "../signing/padding";
import { byName } from "../signing/suite";
import { BidError, fromSigning, refusing } from "./errors";
import { contextOf, isSecret, partOf, type Manifest, type ObjectEntry, type PartName } from "./manifest";
import { isSafe, makeSafe, sameKey } from "./names";
import type { Policy } from "./notice";
import { readObject } from "./objects";
import { BID } from "./segments";

/**
 * The key that the bidder dealt for a part, from shares that custodians released; BidError "dealing-failed". With a
 * bidder's own lock the content key takes the secret too: see `contentKey`.
 */
export function recoverKey(
  manifest: Manifest, part: PartName, shares: readonly Bytes[], policy: Policy, segment = BID,
): Bytes {
  const { shareDigests } = partOf(manifest, part, segment);
  const context = contextOf(manifest, part, segment);
  return refusing(part, () =>
    byName(manifest.suite).recover(shares, policy.threshold, policy.custodians.length, context, shareDigests),
  );
}

/** The content key of a part from the dealt key, and with a bidder's own lock the secret. BidError "lock-secret-…". */
export function contentKey(
  manifest: Manifest, part: PartName, dealt: Bytes, secret: Bytes | null, segment = BID,
): Bytes {
  if (manifest.lock === null) return dealt;
  if (secret === null || !isSecret(manifest, secret)) {
    throw new BidError(secret === null ? "lock-secret-missing" : "lock-secret-other", { bid: manifest.bid });
  }
  return refusing(part, () => byName(manifest.suite).bindLock(dealt, secret, contextOf(manifest, part, segment)));
}

/**
 * Open object `number` of a part to `sink`; its size in bytes. What `sink` got is worth nothing if this raises.
 *
 * The ciphertext is read once, in order. That it is not the manifest's is said before anything else is.
 */
export async function openObject(
  manifest: Manifest, part: PartName, number: number, key: Bytes, ciphertext: Content, sink: Sink,
  what = part === "public" ? "offer" : "contents", segment = BID,
): Promise<number> {
  const entry = partOf(manifest, part, segment).objects[number];
  if (entry === undefined) throw new RangeError(`the part ${part} has no object ${number}`);
  const once = new Hashed(ciphertext, entry);
  const problem = new BidError("ciphertext-digest", { what });
  let size: number;
  try {
    size = await decryptTo(once, sink, key, contextOf(manifest, part, segment), number, number === 0);
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw (await once.isEntry()) ? fromSigning(error, { what }) : problem;
  }
  if (!(await once.isEntry())) throw problem;
  return size;
}

const PIECE = 4 * 1024 * 1024; // bytes

/** A ciphertext of the size that the manifest states, hashed while it is read. */
class Hashed implements Content {
  readonly size: number;
  private readonly hasher = Hasher.here();
  private at = 0;

  constructor(private readonly source: Content, private readonly entry: ObjectEntry) {
    this.size = entry.size;
  }

  async read(start: number, end: number): Promise<Bytes> {
    const piece = await this.source.read(start, end);
    this.hasher.update(piece);
    this.at += piece.length;
    return piece;
  }

  /** Whether what was read, and the rest, is the entry's; one byte more is too much. */
  async isEntry(): Promise<boolean> {
    while (this.at < this.size) {
      const piece = await this.read(this.at, Math.min(this.at + PIECE, this.size));
      if (piece.length === 0) return false;
    }
    const more = await this.source.read(this.size, this.size + 1);
    return more.length === 0 && this.hasher.hexdigest() === this.entry.sha256;
  }
}

/** The index of a part: the offer's bytes, or those of the list of files. */
export async function openIndex(
  manifest: Manifest, part: PartName, key: Bytes, ciphertext: Content, segment = BID,
): Promise<Bytes> {
  const pieces: Bytes[] = [];
  await openObject(manifest, part, 0, key, ciphertext, (piece) => void pieces.push(piece), undefined, segment);
  return concat(...pieces);
}

/** A file of an opened bid as its bidder listed it. */
export interface ListedFile {
  readonly object: number;
  readonly name: string;
  readonly media_type: string;
  readonly sha256: string;
}

/** The list of files in the index of a `files` part; BidError "contents-objects" if it is not that of its objects. */
export function listedFiles(index: Bytes, manifest: Manifest, segment = BID): readonly ListedFile[] {
  const { files } = readObject(index, "contents") as never as { readonly files: readonly ListedFile[] };
  const wanted = partOf(manifest, "files", segment).objects.length - 1;
  if (files.length !== wanted || files.some((file, at) => file.object !== at + 1)) throw new BidError("contents-objects");
  return files;
}

/** Open a listed file to `sink`, as `openObject`; its size in bytes. BidError "file-digest" if it is not as listed. */
export async function openFile(
  manifest: Manifest, { object, name, sha256 }: ListedFile, key: Bytes, ciphertext: Content, sink: Sink,
  segment = BID,
): Promise<number> {
  const hasher = Hasher.here();
  const size = await openObject(manifest, "files", object, key, ciphertext, (piece) => {
    hasher.update(piece);
    return sink(piece);
  }, name, segment);
  if (hasher.hexdigest() !== sha256) throw new BidError("file-digest", { name });
  return size;
}

/** Names safe to write under, no two of them one file: the stated ones where they are, else numbered. */
export function safeNames(files: readonly ListedFile[]): string[] {
  const numbered = files.map(({ name }, at) => makeSafe(name, at + 1));
  const found = files.map(({ name }, at) => (isSafe(name) ? name : (numbered[at] as string)));
  return new Set(found.map(sameKey)).size === found.length ? found : numbered;
}
