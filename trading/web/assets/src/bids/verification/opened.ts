// The opening record, by opening every bid again from the released shares and the sealed offers.
import { text, type JSONObject, type JSONValue } from "../../signing/canonical";
import { equal, type Bytes } from "../../signing/encoding";
import { byCodePoint } from "../../signing/python";
import { BidError } from "../errors";
import type { Accepted } from "../examination";
import { openBid, openingRows, type Outcome } from "../opening";
import { parseOpeningRecord, type OpeningRecord } from "../opening_record";
import { LOG_ENTRIES, offerName, recordNames, sealedName, type Package } from "../package";
import { bidsOf, type CheckedClosing, type Release } from "../releases";
import type { CheckedStage } from "../stages";
import type { Trust } from "../trust";
import type { Unlock, Unlocking } from "../unlocking";
import type { Book, Step } from "./findings";
import { checkDigest, checkFileDigest, type Log } from "./log";

// By then the platform holds the shares: a bid it could not read it may just as well have read.
const LOST: readonly unknown[] = ["ciphertext-altered", "ciphertext-missing"];

/** A segment's record as signed, and what opening each of its bids again gave. */
export interface Opened {
  readonly segment: string;
  readonly record: OpeningRecord;
  readonly outcomes: readonly Outcome[];
}

/**
 * The opening of the segment at `place`, of the bids that `stage` admits, or of all current ones.
 *
 * 1. The record is signed by the platform for this closing, and logged after the releases were frozen, and with a
 * bidder's own lock after the window to unlock had ended. 2. Each of these bids is opened again and its offer compared
 * to the byte. 3. The ciphertext of each is there, for which the
 * platform gave a receipt. 4. The record says of each just what came out.
 */
export async function checkOpening(
  files: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing, releases: readonly Release[],
  unlocking: Unlocking | null,
  place: number, stage: CheckedStage | null,
): Promise<Opened | null> {
  const segment = checked.policy.segmentNames[place] ?? "";
  const [name] = recordNames(segment);
  const bids = bidsOf(checked, segment, stage);
  const found: { data: Bytes; record: OpeningRecord }[] = [];
  await book.step("verify-record-signed", [name], {}, async () => {
    const data = await files.read(name);
    const record = parseOpeningRecord(await trust.platformStatement("opening-record", data));
    found.push({ data, record });
    if (record.tender !== checked.notice.tender || record.closing !== checked.closing.digest) {
      throw new BidError("record-other-closing", { file: name });
    }
  });
  const [read] = found;
  if (read === undefined) {
    await book.note("verify-skipped", [name]);
    return null;
  }
  const { data, record } = read;
  await book.step("verify-record-logged", [name, LOG_ENTRIES], {}, () => {
    const entry = log.nth("tender.opened", place, checked.policy.segments.length);
    checkDigest(entry, "opening_record", record.digest);
    checkFileDigest(entry, "opening_record_file", data);
    const locked = unlocking !== null && log.before(entry, "opening.unlocked").length === 0;
    if (locked || log.before(entry, "opening.frozen").length <= place) {
      throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
    }
  });
  const outcomes: Outcome[] = [];
  const opened = (): string => String(outcomes.filter((outcome) => outcome.opened).length);
  await book.step("verify-opened-again", [], { count: bids.length }, async (step) => {
    const unlocks = new Map(unlocking?.bids.map((row) => [row.bid, row]));
    for (const bid of bids) {
      outcomes.push(await openAgain(files, step, checked, releases, bid, unlocks.get(bid.bid), segment));
    }
    step.params["opened"] = opened();
  });
  await book.step("verify-ciphertexts", [], { count: outcomes.length }, (step) => {
    for (const outcome of outcomes) {
      if (outcome.opened || !LOST.includes(outcome.reason)) continue;
      const { bid, supplier } = outcome;
      step.fail(new BidError("ciphertext-lost", { bid, supplier, file: sealedName(bid, segment) }));
    }
  });
  await book.step("verify-record-rows", [name], {}, (step) => {
    compareRows(step, segment, openingRows(outcomes, checked.notice, segment), record.bids);
    step.params["opened"] = opened();
    step.params["count"] = String(outcomes.length);
  });
  return { segment, record, outcomes };
}

async function openAgain(
  files: Package, step: Step, checked: CheckedClosing, releases: readonly Release[], bid: Accepted,
  unlock: Unlock | undefined,
  segment: string,
): Promise<Outcome> {
  const [sealed, offer] = [sealedName(bid.bid, segment), offerName(bid.bid, segment)];
  let ciphertext: Bytes | null = null;
  await step.guard([sealed], async () => {
    ciphertext = files.has(sealed) ? await files.read(sealed) : null;
  });
  const outcome = await openBid(bid, checked.policy, checked.notice, releases, ciphertext, unlock, segment);
  await step.guard([offer], async () => {
    if (outcome.opened && !equal(await files.read(offer), outcome.offerRaw)) {
      throw new BidError("offer-differs", { bid: bid.bid, file: offer });
    }
    if (!outcome.opened && files.has(offer)) throw new BidError("offer-not-opened", { bid: bid.bid, file: offer });
  });
  return outcome;
}

/** Whether two members of canonical JSON, or their absence, are the same. */
export function same(one: JSONValue | undefined, other: JSONValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return text(one) === text(other);
}

/** The members of two objects, by code point, whose values differ. */
export function differing(one: JSONObject, other: JSONObject): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Array.from(names).sort(byCodePoint).filter((name) => !same(one[name], other[name]));
}

/** Blame the record for each row that is missing, too many, or says something else. */
function compareRows(step: Step, segment: string, wanted: readonly JSONObject[], found: readonly JSONObject[]): void {
  const [file] = recordNames(segment);
  const stated = new Map(found.map((row) => [String(row["bid"]), row]));
  for (const row of wanted) {
    const bid = String(row["bid"]);
    const said = stated.get(bid);
    stated.delete(bid);
    if (said === undefined) {
      step.fail(new BidError("record-bid-missing", { bid, file }));
      continue;
    }
    // Record and ciphertext contradict each other: which of them was changed, nobody can tell from here.
    const files = LOST.includes(row["reason"]) ? [file, sealedName(bid, segment)] : [file];
    for (const member of differing(row, said)) step.fail(new BidError("record-differs", { bid, member }), ...files);
  }
  for (const bid of stated.keys()) step.fail(new BidError("record-bid-unknown", { bid, file }));
  if (step.reasons.length === 0 && !same(wanted, found)) step.fail(new BidError("record-order", { file }));
}
