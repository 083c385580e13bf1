// Opening: from frozen releases and one ciphertext to an offer, or to a recorded reason and whose fault.
import type { JSONObject, JSONValue } from "../signing/canonical";
import { digest, type Bytes } from "../signing/encoding";
import { CiphertextError, DealingError, PaddingError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import { byName } from "../signing/suite";
import { BidError } from "./errors";
import type { Accepted } from "./examination";
import { isSecret, partOf, type Part } from "./manifest";
import { formatAmount } from "./money";
import type { Notice, Policy } from "./notice";
import { correctionMembers, parseAnnouncement, parseOffer, recompute, type Announcement, type Offer, type Recomputed } from "./offer";
import type { Release } from "./releases";
import { BID, isPriced } from "./segments";
import type { Unlock, Verdict } from "./unlocking";

const FAULTS: Readonly<Record<Verdict, string>> = { revoked: "bidder", withdrawn: "platform", unknown: "unknown" };

/**
 * What became of one bid. If it opened: its offer's bytes, and the offer with its amounts `recomputed`, or from a segment
 * without prices what was announced. If not: whose fault it
 * appears to be, and the reason's code.
 */
export type Outcome =
  | { readonly bid: string; readonly supplier: string; readonly opened: true; readonly offerRaw: Bytes; readonly told: Told }
  | { readonly bid: string; readonly supplier: string; readonly opened: false; readonly fault: string; readonly reason: string };

/** What an opened offer says; `recomputed` is null where its segment has no prices. */
export type Told =
  | { readonly offer: Offer; readonly recomputed: Recomputed }
  | { readonly offer: Announcement; readonly recomputed: null };

/**
 * Open one bid's public part in a segment from checked, frozen `releases` and the ciphertext of its index; `unlock` is
 * what the unlocking statement says of the bid, where the policy has a lock.
 *
 * 1. The ciphertext is there with the size and SHA-256 of the manifest: if not, the platform's fault. 2. At least k
 *    released shares match the bidder's commitments: if not, a custodian's fault where one released another share,
 *    else nobody can tell rubbish sealed by the bidder from a lying refusal. 3. The key recovered deals to all n
 *    commitments: if not, the bidder's fault. 4. With a lock, the bidder unlocked: if not, the fault is as the unlocking
 *    statement has it. 5. The key decrypts the ciphertext, which gives a valid offer: if not, the bidder's fault.
 */
export async function openBid(
  { bid, supplier, manifest }: Accepted, policy: Policy, notice: Notice, releases: readonly Release[],
  ciphertext: Bytes | null, unlock?: Unlock, segment = BID,
): Promise<Outcome> {
  const failed = (fault: string, reason: string): Outcome => ({ bid, supplier, opened: false, fault, reason });
  const part = partOf(manifest, "public", segment);
  const suite = byName(policy.suite);
  const failure = await ciphertextFailure(part, ciphertext);
  if (failure !== null || ciphertext === null) return failed("platform", failure ?? "");
  const shares = releases.flatMap((release) => release.shares.get(bid) ?? []);
  const matching = new Map(shares.filter((share) => matches(share, part)).map((share) => [share.at(-1), share]));
  if (matching.size < policy.threshold) {
    return shares.some((share) => !matches(share, part)) ? failed("custodian", "share-mismatch") : failed("unknown", "shares-refused");
  }
  const { tender, policy: sealedUnder } = manifest;
  const context = suite.context({ tender, policy: sealedUnder, supplier, bid, segment, part: "public" });
  try {
    const dealt = Array.from(matching.values());
    let key = suite.recover(dealt, policy.threshold, policy.custodians.length, context, part.shareDigests);
    if (policy.lock) {
      const secret = unlock?.secret ?? null;
      if (secret === null || !isSecret(manifest, secret)) {
        const verdict = unlock?.verdict ?? "unknown";
        return failed(FAULTS[verdict], `unlock-${verdict}`);
      }
      key = suite.bindLock(key, secret, context);
    }
    const offerRaw = await suite.decrypt(ciphertext, key, context, 0, true);
    return { bid, supplier, opened: true, offerRaw, told: readOffer(offerRaw, notice, segment) };
  } catch (error) {
    if (error instanceof DealingError) return failed("bidder", "dealing-dishonest");
    if (error instanceof CiphertextError || error instanceof PaddingError) return failed("bidder", "ciphertext-undecryptable");
    if (error instanceof BidError) return failed("bidder", `offer-invalid:${error.code}`);
    throw error;
  }
}

function readOffer(raw: Bytes, notice: Notice, segment: string): Told {
  if (!isPriced(segment)) return { offer: parseAnnouncement(raw, notice), recomputed: null };
  const offer = parseOffer(raw, notice);
  return { offer, recomputed: recompute(offer, notice) };
}

async function ciphertextFailure(part: Part, ciphertext: Bytes | null): Promise<string | null> {
  if (ciphertext === null) return "ciphertext-missing";
  const wanted = part.objects[0];
  return ciphertext.length === wanted?.size && (await digest(ciphertext)) === wanted.sha256 ? null : "ciphertext-altered";
}

function matches(share: Bytes, part: Part): boolean {
  return hexdigest(share) === part.shareDigests[(share.at(-1) ?? 0) - 1];
}

/** The rows of a segment's opening record, as its `bids` has them. */
export function openingRows(outcomes: readonly Outcome[], notice: Notice, segment = BID): JSONObject[] {
  return outcomes.map((outcome) => {
    const { bid, supplier, opened } = outcome;
    const row = { bid, supplier, segment, opened };
    if (!outcome.opened) return { ...row, fault: outcome.fault, reason: outcome.reason };
    const announced: Record<string, JSONValue> = {};
    for (const name of ["total_in_words", "delivery_days", "quality"] as const) {
      const value = outcome.told.offer[name];
      if (value !== undefined) announced[name] = value;
    }
    const { recomputed } = outcome.told;
    if (recomputed === null) return { ...row, announced };
    const corrections = correctionMembers(recomputed, notice.digits);
    if (corrections.length > 0) announced["corrections"] = corrections;
    return { ...row, total: formatAmount(recomputed.total, notice.digits), announced };
  });
}
