// Opening a part of a bid from the custodians' shares, each ciphertext against the manifest's digest.
import { concat, type Bytes } from "../signing/encoding";
import { Hasher } from "../signing/sha256";
import type { Content } from "../signing/contents";
import { decryptTo } from "../signing/objects";
import type { Sink } from "../signing/padding";
import { byName } from "../signing/suite";
import { BidError, refusing, refusingLater } from "./errors";
import { contextOf, partOf, type Manifest, type ObjectEntry, type PartName } from "./manifest";
import type { Policy } from "./notice";
import { readObject } from "./objects";

/** The content key of a part, from shares that custodians released; BidError "dealing-failed". */
export function recoverKey(manifest: Manifest, part: PartName, shares: readonly Bytes[], policy: Policy): Bytes {
  const { shareDigests } = partOf(manifest, part);
  const context = contextOf(manifest, part);
  return refusing(part, () =>
    byName(manifest.suite).recover(shares, policy.threshold, policy.custodians.length, context, shareDigests),
  );
}

/** Open object `number` of a part to `sink`; its size in bytes. What `sink` got is worth nothing if this raises. */
export async function openObject(
  manifest: Manifest, part: PartName, number: number, key: Bytes, ciphertext: Content, sink: Sink,
): Promise<number> {
  const entry = partOf(manifest, part).objects[number];
  const what = part === "public" ? "offer" : `${part} ${number}`;
  if (entry === undefined) throw new RangeError(`the part ${part} has no object ${number}`);
  if (!(await isEntry(ciphertext, entry))) throw new BidError("ciphertext-digest", { what });
  return refusingLater(what, () =>
    decryptTo(ciphertext, sink, key, contextOf(manifest, part), number, number === 0),
  );
}

const PIECE = 4 * 1024 * 1024; // bytes

async function isEntry(ciphertext: Content, entry: ObjectEntry): Promise<boolean> {
  if (ciphertext.size !== entry.size) return false;
  const hasher = Hasher.here();
  for (let at = 0; at < entry.size; at += PIECE) {
    hasher.update(await ciphertext.read(at, Math.min(at + PIECE, entry.size)));
  }
  return hasher.hexdigest() === entry.sha256;
}

/** The index of a part: the offer's bytes, or those of the list of files. */
export async function openIndex(manifest: Manifest, part: PartName, key: Bytes, ciphertext: Content): Promise<Bytes> {
  const pieces: Bytes[] = [];
  await openObject(manifest, part, 0, key, ciphertext, (piece) => void pieces.push(piece));
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
export function listedFiles(index: Bytes, manifest: Manifest): readonly ListedFile[] {
  const { files } = readObject(index, "contents") as never as { readonly files: readonly ListedFile[] };
  const wanted = partOf(manifest, "files").objects.length - 1;
  if (files.length !== wanted || files.some((file, at) => file.object !== at + 1)) throw new BidError("contents-objects");
  return files;
}
