// The envelope: sealing a bid on the supplier's machine.
//
// Sealing reads each file once to know its digests; the ciphertext is made again, piece by piece, as it is sent.
// So nothing large is ever whole in memory.
import { b64encode, newId, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { contentIn, contentOf, type Content } from "../signing/contents";
import { SealedObject, ciphertextLength, newSalt, type Recipe } from "../signing/objects";
import type { Sink } from "../signing/padding";
import { Hasher } from "../signing/sha256";
import { byName, type Suite } from "../signing/suite";
import { BidError, refusing, refusingLater } from "./errors";
import type { ObjectEntry, PartName } from "./manifest";
import { isSafe, sameKey } from "./names";
import type { Notice } from "./notice";
import { writeObject } from "./objects";
import { MAX_OBJECTS } from "./schemas";

/** A file to be sealed: its name and media type, and its content. */
export interface Attachment {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Blob;
}

/** What reading a file to the end tells: the digests of its ciphertext and of its content. */
export interface Measured {
  readonly sha256: string;
  readonly plaintextSha256: string;
}

/** Measuring itself failed, whatever the file is. */
export class MeasuringFailed extends Error {}

/** Seals `content` by `recipe` to measure it; `progress` is told the bytes of ciphertext so far. */
export type Measure = (content: Blob, recipe: Recipe, progress: (done: number) => void) => Promise<Measured>;

/** What goes into a segment: its offer (canonical bytes) and its attachments. */
export interface Contents {
  readonly offer: Bytes;
  readonly attachments: readonly Attachment[];
}

/** An object of a sealed bid: its place in the manifest, and what makes its ciphertext again. */
export interface SealedEntry extends ObjectEntry {
  readonly segment: string;
  readonly part: PartName;
  readonly recipe: Recipe;
  readonly content: Blob | Bytes;
}

/** A sealed bid that is not signed yet. */
export interface Sealed {
  readonly bid: string;
  readonly manifest: Bytes;
  readonly objects: readonly SealedEntry[];
}

/** `offer` and `attachments` are those of the segment with the prices; `before` what goes into those before it. */
export interface Wanted extends Contents {
  readonly notice: Notice;
  readonly supplier: string;
  readonly bid?: string;
  readonly before?: ReadonlyMap<string, Contents>;
  readonly replaces: string | null;
  /** The bidder's own, where the policy has a lock; the manifest has its digest alone. */
  readonly secret?: Bytes;
}

/**
 * Seal a bid to the custodians of the notice.
 *
 * Keys are taken from the notice alone, whose signature the caller has verified. `progress` is told bytes done and
 * bytes in all. Raises BidError: "segments-contents", "attachments-too-many", "attachment-duplicate", "name-unsafe",
 * "attachment-changed", "lock-secret-missing".
 */
export async function seal(
  wanted: Wanted, measure: Measure = measureHere, progress: (done: number, total: number) => void = () => undefined,
): Promise<Sealed> {
  const { notice, supplier, replaces } = wanted;
  const { policy } = notice;
  const contents = bySegment(wanted);
  const secret = policy.lock ? wanted.secret : undefined;
  if (policy.lock && secret === undefined) throw new BidError("lock-secret-missing");
  const suite = refusing("policy", () => byName(policy.suite));
  const bid = wanted.bid ?? newId();
  const place = { tender: notice.tender, policy: policy.digest, supplier, bid };
  const sizes = contents.flatMap(([, { attachments }]) => attachments.map((one) => ciphertextLength(one.content.size, false)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  const objects: SealedEntry[] = [];
  const parts = [];
  for (const [segment, { offer, attachments }] of contents) {
    const contexts = (part: PartName): Bytes => suite.context({ ...place, segment, part });
    // What is dealt to the custodians is the key before the bidder's own lock.
    const dealing = { public: suite.contentKey(), files: suite.contentKey() };
    const locked = (part: PartName): Bytes =>
      secret === undefined ? dealing[part] : refusing("lock", () => suite.bindLock(dealing[part], secret, contexts(part)));
    const keys = { public: locked("public"), files: locked("files") };
    const recipe = (part: PartName, j: number): Recipe => ({
      contentKey: keys[part], context: contexts(part), j, index: j === 0, salt: newSalt(),
    });
    const files: SealedEntry[] = [];
    const listed = [];
    for (const [at, { name, mediaType, content }] of attachments.entries()) {
      const own = recipe("files", at + 1);
      const size = ciphertextLength(content.size, false);
      const { sha256, plaintextSha256 } = await measured(measure, name, content, own, (done) => progress(before + done, total));
      before += size;
      files.push({ segment, part: "files", sha256, size, recipe: own, content });
      listed.push({ object: at + 1, name, media_type: mediaType, sha256: plaintextSha256 });
    }
    const index = async (part: PartName, content: Bytes): Promise<SealedEntry> => {
      const own = recipe(part, 0);
      const sealed = await refusingLater(part === "public" ? "offer" : "contents", () => SealedObject.of(contentIn(content), own));
      return { segment, part, sha256: hexdigest(await sealed.read(0, sealed.size)), size: sealed.size, recipe: own, content };
    };
    const list = writeObject("contents", { files: listed });
    const sealed = [await index("public", offer), await index("files", list), ...files];
    for (const part of ["public", "files"] as const) {
      const entries = sealed.filter((one) => one.part === part).map(({ sha256, size }) => ({ sha256, size }));
      parts.push({ segment, part, objects: entries, ...(await dealt(suite, notice, dealing[part], contexts(part))) });
    }
    objects.push(...sealed);
  }
  const manifest = writeObject("manifest", {
    suite: policy.suite, tender: notice.tender, notice: notice.digest, policy: policy.digest, supplier, bid, replaces, parts,
    ...(secret === undefined ? {} : { lock: hexdigest(secret) }),
  });
  return { bid, manifest, objects };
}

/** The contents of all segments, in the order of their opening; BidError "segments-contents". */
function bySegment({ notice, offer, attachments, before = new Map() }: Wanted): (readonly [string, Contents])[] {
  const names = notice.policy.segmentNames;
  const given = new Map<string, Contents>([...before, [names.at(-1) ?? "", { offer, attachments }]]);
  if (given.size !== before.size + 1 || given.size !== names.length || names.some((name) => !given.has(name))) {
    throw new BidError("segments-contents", { wanted: names.join(", ") });
  }
  const contents = names.map((name) => [name, given.get(name) as Contents] as const);
  checkAttachments(...contents.map(([, one]) => one.attachments));
  return contents;
}

async function dealt(suite: Suite, notice: Notice, key: Bytes, context: Bytes) {
  const { custodians, threshold } = notice.policy;
  return refusingLater("policy", async () => {
    const shares = await suite.deal(key, threshold, custodians.length, context);
    const sealed = await Promise.all(
      custodians.map((one, at) => suite.sealShare(one.sealingKey, context, one.position, shares[at] as Bytes)),
    );
    return { share_digests: shares.map(hexdigest), sealed_shares: sealed.map(b64encode) };
  });
}

async function measured(
  measure: Measure, name: string, content: Blob, recipe: Recipe, progress: (done: number) => void,
): Promise<Measured> {
  try {
    return await measure(content, recipe, progress);
  } catch (error) {
    if (error instanceof MeasuringFailed) throw error;
    // The browser reads no further once the file is another than the one chosen.
    throw new BidError("attachment-changed", { name, reason: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * BidError unless each is, within its segment, under a plain file name of its own, and the bid has no more than 200
 * objects: the attachments of all segments and the two indices of each.
 */
export function checkAttachments(...segments: ReadonlyArray<readonly Attachment[]>): void {
  const limit = MAX_OBJECTS - 2 * segments.length;
  if (segments.reduce((sum, one) => sum + one.length, 0) > limit) throw new BidError("attachments-too-many", { limit });
  for (const attachments of segments) {
    const seen = new Set<string>();
    for (const { name } of attachments) {
      if (!isSafe(name)) throw new BidError("name-unsafe", { name });
      if (seen.has(sameKey(name))) throw new BidError("attachment-duplicate", { name });
      seen.add(sameKey(name));
    }
  }
}

/** One pass over a file: `plain` is given the content in order and `sealed` its ciphertext, pieces to be copied. */
export async function sealThrough(
  content: Blob, recipe: Recipe, plain: Sink, sealed: Sink, progress: (done: number) => void,
): Promise<void> {
  const source = contentOf(content);
  const heard: Content = {
    size: source.size,
    read: async (start, end, into) => {
      const piece = await source.read(start, end, into);
      await plain(piece);
      return piece;
    },
  };
  let done = 0;
  for await (const piece of (await SealedObject.of(heard, recipe)).pieces()) {
    await sealed(piece);
    done += piece.length;
    progress(done);
  }
}

/** Measuring without workers. */
export const measureHere: Measure = async (content, recipe, progress) => {
  const [ciphertext, plaintext] = [Hasher.here(), Hasher.here()];
  const into = (hasher: Hasher) => (piece: Bytes): void => void hasher.update(piece);
  await sealThrough(content, recipe, into(plaintext), into(ciphertext), progress);
  return { sha256: ciphertext.hexdigest(), plaintextSha256: plaintext.hexdigest() };
};

/** The ciphertext of an entry, made where it is read. */
export function ciphertextOf(entry: SealedEntry): Promise<SealedObject> {
  const content: Content = entry.content instanceof Blob ? contentOf(entry.content) : contentIn(entry.content);
  return SealedObject.of(content, entry.recipe);
}

/** A file's media type as the protocol writes one: plain, in small letters. */
export function mediaTypeOf(file: Blob): string {
  const [plain = ""] = file.type.toLowerCase().split(";");
  const form = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
  return form.test(plain.trim()) ? plain.trim() : "application/octet-stream";
}

