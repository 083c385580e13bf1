// Opening: from frozen releases and one ciphertext to an offer, or to a recorded reason and whose fault.
import type { JSONObject, JSONValue } from "../signing/canonical";
import { digest, parseTime, type Bytes } from "../signing/encoding";
import { CiphertextError, DealingError, PaddingError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import type { Statement } from "../signing/statements";
import { byName } from "../signing/suite";
import { BidError } from "./errors";
import type { Accepted } from "./examination";
import { isSecret, partOf, type Part } from "./manifest";
import { formatAmount } from "./money";
import { BID_SEGMENT, type Notice, type Policy } from "./notice";
import { readSigned } from "./objects";
import { correctionMembers, parseOffer, recompute, type Offer, type Recomputed } from "./offer";
import type { Release } from "./releases";
import type { Unlock, Verdict } from "./unlocking";

const FAULTS: Readonly<Record<Verdict, string>> = { revoked: "bidder", withdrawn: "platform", unknown: "unknown" };

/**
 * What became of one bid. If it opened: `offer`, its bytes, and its amounts `recomputed`. If not: whose fault it
 * appears to be, and the reason's code.
 */
export type Outcome =
  | { readonly bid: string; readonly supplier: string; readonly opened: true; readonly offer: Offer; readonly offerRaw: Bytes; readonly recomputed: Recomputed }
  | { readonly bid: string; readonly supplier: string; readonly opened: false; readonly fault: string; readonly reason: string };

/**
 * Open one bid's public part from checked, frozen `releases` and the ciphertext of its index; `unlock` is what the
 * unlocking statement says of the bid, where the policy has a lock.
 *
 * 1. The ciphertext is there with the size and SHA-256 of the manifest: if not, the platform's fault. 2. At least k
 *    released shares match the bidder's commitments: if not, a custodian's fault where one released another share,
 *    else nobody can tell rubbish sealed by the bidder from a lying refusal. 3. The key recovered deals to all n
 *    commitments: if not, the bidder's fault. 4. With a lock, the bidder unlocked: if not, the fault is as the unlocking
 *    statement has it. 5. The key decrypts the ciphertext, which gives a valid offer: if not, the bidder's fault.
 */
export async function openBid(
  { bid, supplier, manifest }: Accepted, policy: Policy, notice: Notice, releases: readonly Release[], ciphertext: Bytes | null,
  unlock?: Unlock,
): Promise<Outcome> {
  const failed = (fault: string, reason: string): Outcome => ({ bid, supplier, opened: false, fault, reason });
  const part = partOf(manifest, "public");
  const suite = byName(policy.suite);
  const failure = await ciphertextFailure(part, ciphertext);
  if (failure !== null || ciphertext === null) return failed("platform", failure ?? "");
  const shares = releases.flatMap((release) => release.shares.get(bid) ?? []);
  const matching = new Map(shares.filter((share) => matches(share, part)).map((share) => [share.at(-1), share]));
  if (matching.size < policy.threshold) {
    return shares.some((share) => !matches(share, part)) ? failed("custodian", "share-mismatch") : failed("unknown", "shares-refused");
  }
  const { tender, policy: sealedUnder } = manifest;
  const context = suite.context({ tender, policy: sealedUnder, supplier, bid, segment: BID_SEGMENT, part: "public" });
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
    const offer = parseOffer(offerRaw, notice);
    return { bid, supplier, opened: true, offer, offerRaw, recomputed: recompute(offer, notice) };
  } catch (error) {
    if (error instanceof DealingError) return failed("bidder", "dealing-dishonest");
    if (error instanceof CiphertextError || error instanceof PaddingError) return failed("bidder", "ciphertext-undecryptable");
    if (error instanceof BidError) return failed("bidder", `offer-invalid:${error.code}`);
    throw error;
  }
}

async function ciphertextFailure(part: Part, ciphertext: Bytes | null): Promise<string | null> {
  if (ciphertext === null) return "ciphertext-missing";
  const wanted = part.objects[0];
  return ciphertext.length === wanted?.size && (await digest(ciphertext)) === wanted.sha256 ? null : "ciphertext-altered";
}

function matches(share: Bytes, part: Part): boolean {
  return hexdigest(share) === part.shareDigests[(share.at(-1) ?? 0) - 1];
}

/** The rows of an opening record, as its `bids` has them. */
export function openingRows(outcomes: readonly Outcome[], notice: Notice): JSONObject[] {
  return outcomes.map((outcome) => {
    const { bid, supplier, opened } = outcome;
    const row = { bid, supplier, segment: BID_SEGMENT, opened };
    if (!outcome.opened) return { ...row, fault: outcome.fault, reason: outcome.reason };
    const announced: Record<string, JSONValue> = {};
    for (const name of ["total_in_words", "delivery_days", "quality"] as const) {
      const value = outcome.offer[name];
      if (value !== undefined) announced[name] = value;
    }
    const corrections = correctionMembers(outcome.recomputed, notice.digits);
    if (corrections.length > 0) announced["corrections"] = corrections;
    return { ...row, total: formatAmount(outcome.recomputed.total, notice.digits), announced };
  });
}

/** An opening record as read; `digest` is the SHA-256 of its canonical statement bytes. */
export interface OpeningRecord {
  readonly digest: string;
  readonly tender: string;
  readonly at: bigint;
  readonly closing: string;
  readonly bids: readonly JSONObject[];
}

/** A record from its statement; BidError "opening-row" if a row says too much or too little, "bid-twice". */
export function parseOpeningRecord(source: Statement): OpeningRecord {
  const read = readSigned(source, "opening-record");
  const members = read.statement as never as Omit<OpeningRecord, "at" | "digest"> & { readonly at: string };
  for (const row of members.bids) {
    const wanted = row["opened"] === true ? "announced,total" : "fault,reason";
    const told = Object.keys(row).filter((name) => !["bid", "supplier", "segment", "opened"].includes(name));
    if (told.sort().join() !== wanted) throw new BidError("opening-row", { bid: String(row["bid"]) });
  }
  const places = new Set(members.bids.map((row) => `${String(row["bid"])} ${String(row["segment"])}`));
  if (places.size !== members.bids.length) throw new BidError("bid-twice");
  const { tender, closing, bids } = members;
  return { digest: read.digest, tender, at: parseTime(members.at), closing, bids };
}
