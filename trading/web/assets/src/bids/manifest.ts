// The manifest: what a bid consists of, bound to tender, notice and policy, and signed by its supplier.
import { b64decode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { MAX_INDEX } from "../signing/padding";
import { byName } from "../signing/suite";
import { BidError, refusing } from "./errors";
import type { Notice, Policy } from "./notice";
import { readObject } from "./objects";
import { MAX_OBJECT_SIZE, MAX_OBJECTS, PARTS } from "./schemas";
import { BID } from "./segments";

export type PartName = (typeof PARTS)[number];

/** A ciphertext: SHA-256 (hex) and size in bytes. */
export interface ObjectEntry {
  readonly sha256: string;
  readonly size: number;
}

/** A part of a segment: its ciphertexts, and for each custodian the share's commitment and the sealed share. */
export interface Part {
  readonly segment: string;
  readonly part: PartName;
  readonly objects: readonly ObjectEntry[];
  readonly shareDigests: readonly string[];
  readonly sealedShares: readonly Bytes[];
}

/**
 * A bid's manifest as signed; `notice` and `policy` are digests, `replaces` a bid id or null, `lock` the SHA-256 of the
 * secret that the bidder keeps, where the policy asks for one.
 */
export interface Manifest {
  readonly raw: Bytes;
  readonly digest: string;
  readonly suite: string;
  readonly tender: string;
  readonly notice: string;
  readonly policy: string;
  readonly supplier: string;
  readonly bid: string;
  readonly replaces: string | null;
  readonly lock: string | null;
  readonly parts: readonly Part[];
}

interface PartMembers {
  readonly segment: string;
  readonly part: PartName;
  readonly objects: readonly ObjectEntry[];
  readonly share_digests: readonly string[];
  readonly sealed_shares: readonly string[];
}

/** A manifest within the protocol's bounds (1 MiB, 200 objects); BidError. */
export function parseManifest(raw: Bytes): Manifest {
  const members = readObject(raw, "manifest") as never as Omit<Manifest, "parts" | "lock" | "raw" | "digest"> & {
    readonly parts: readonly PartMembers[];
    readonly lock?: string;
  };
  const parts = members.parts.map((part) => ({
    segment: part.segment,
    part: part.part,
    objects: part.objects,
    shareDigests: part.share_digests,
    sealedShares: part.sealed_shares.map(b64decode),
  }));
  if (new Set(parts.map(({ segment, part }) => `${segment} ${part}`)).size !== parts.length) {
    throw new BidError("manifest-part-twice");
  }
  const objects = parts.flatMap((part) => part.objects.map((entry) => entry.sha256));
  if (objects.length > MAX_OBJECTS) throw new BidError("manifest-objects", { limit: MAX_OBJECTS });
  if (new Set(objects).size !== objects.length) throw new BidError("manifest-object-twice");
  if (members.replaces === members.bid) throw new BidError("manifest-replaces-itself");
  return { ...members, raw, digest: hexdigest(raw), lock: members.lock ?? null, parts };
}

/** The part `part` of a segment; BidError "manifest-parts" if it has none. */
export function partOf(manifest: Manifest, part: PartName, segment = BID): Part {
  const found = manifest.parts.find((one) => one.segment === segment && one.part === part);
  if (found === undefined) throw new BidError("manifest-parts", { segments: segment });
  return found;
}

/** Whether this is the secret of the bidder's own lock. */
export function isSecret(manifest: Manifest, secret: Bytes): boolean {
  return manifest.lock !== null && hexdigest(secret) === manifest.lock;
}

/** The context C that shares and ciphertexts of a part are bound to. */
export function contextOf(manifest: Manifest, part: PartName, segment = BID): Bytes {
  const { suite, tender, policy, supplier, bid } = manifest;
  return refusing("manifest", () => byName(suite).context({ tender, policy, supplier, bid, segment, part }));
}

/** BidError unless the manifest is one for this notice by this supplier, in the form of a bid sealed under it. */
export function checkManifest(manifest: Manifest, notice: Notice, supplier: string): void {
  if (manifest.policy !== notice.policy.digest && manifest.tender === notice.tender) {
    throw new BidError("manifest-other-policy");
  }
  if (manifest.suite !== notice.policy.suite) throw new BidError("manifest-other-suite");
  if (manifest.tender !== notice.tender) throw new BidError("manifest-other-tender");
  if (manifest.notice !== notice.digest) throw new BidError("manifest-other-notice");
  if (manifest.supplier !== supplier) throw new BidError("manifest-other-supplier");
  checkSealing(manifest, notice.policy);
}

/** The form of a bid sealed under `policy`: parts, shares, sizes, and the bidder's lock where one is asked for. */
export function checkSealing(manifest: Manifest, policy: Policy): void {
  if ((manifest.lock !== null) !== policy.lock) {
    throw new BidError(policy.lock ? "manifest-lock-missing" : "manifest-lock-unasked");
  }
  const places = manifest.parts.map(({ segment, part }) => `${segment} ${part}`).sort();
  const wantedPlaces = policy.segmentNames.flatMap((segment) => PARTS.map((part) => `${segment} ${part}`)).sort();
  if (places.join() !== wantedPlaces.join()) throw new BidError("manifest-parts", { segments: policy.segmentNames.join(", ") });
  const suite = refusing("manifest", () => byName(policy.suite));
  const wanted = policy.custodians.length;
  for (const { part, objects, shareDigests, sealedShares } of manifest.parts) {
    if (part === "public" && objects.length !== 1) throw new BidError("manifest-public-objects");
    if (shareDigests.length !== wanted || sealedShares.length !== wanted) {
      throw new BidError("manifest-shares", { part, wanted });
    }
    if (sealedShares.some((sealed) => sealed.length !== suite.sealedShareSize)) {
      throw new BidError("manifest-share-size", { part, wanted: suite.sealedShareSize });
    }
    objects.forEach(({ size }, number) => {
      if (!possibleSize(suite.ciphertextLength, size, number === 0)) {
        throw new BidError("manifest-object-size", { part, object: number, size });
      }
    });
  }
}

/** Whether some content of allowed length gives `size` bytes of ciphertext. */
function possibleSize(lengthOf: (length: number, index: boolean) => number, size: number, index: boolean): boolean {
  const end = index ? MAX_INDEX + 1 : MAX_OBJECT_SIZE;
  let [low, high] = [0, end]; // the least length whose ciphertext has `size` bytes or more
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (lengthOf(middle, index) < size) low = middle + 1;
    else high = middle;
  }
  return low < end && lengthOf(low, index) === size;
}
