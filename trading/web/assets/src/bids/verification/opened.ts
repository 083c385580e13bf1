// The opening record, by opening every bid again from the released shares and the sealed offers.
import { text, type JSONObject, type JSONValue } from "../../signing/canonical";
import { equal, type Bytes } from "../../signing/encoding";
import { byCodePoint } from "../../signing/python";
import { BidError } from "../errors";
import type { Accepted } from "../examination";
import { BID_SEGMENT } from "../notice";
import { openBid, openingRows, parseOpeningRecord, type OpeningRecord, type Outcome } from "../opening";
import { LOG_ENTRIES, OPENING_RECORD, offerName, sealedName, type Package } from "../package";
import type { CheckedClosing, Release } from "../releases";
import type { Trust } from "../trust";
import type { Unlock, Unlocking } from "../unlocking";
import type { Book, Step } from "./findings";
import { checkDigest, checkFileDigest, type Log } from "./log";

// By then the platform holds the shares: a bid it could not read it may just as well have read.
const LOST: readonly unknown[] = ["ciphertext-altered", "ciphertext-missing"];

/** The record as signed, and what opening each current bid again gave. */
export interface Opened {
  readonly record: OpeningRecord;
  readonly outcomes: readonly Outcome[];
}

/**
 * 1. The record is signed by the platform for this closing, and logged after the releases were frozen, and with a
 * bidder's own lock after the window to unlock had ended. 2. Every
 * current bid is opened again and its offer compared to the byte. 3. The ciphertext of each is there, for which the
 * platform gave a receipt. 4. The record says of each just what came out.
 */
export async function checkOpening(
  files: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing, releases: readonly Release[],
  unlocking: Unlocking | null,
): Promise<Opened | null> {
  const found: { data: Bytes; record: OpeningRecord }[] = [];
  await book.step("verify-record-signed", [OPENING_RECORD], {}, async () => {
    const data = await files.read(OPENING_RECORD);
    const record = parseOpeningRecord(await trust.platformStatement("opening-record", data));
    found.push({ data, record });
    if (record.tender !== checked.notice.tender || record.closing !== checked.closing.digest) {
      throw new BidError("record-other-closing", { file: OPENING_RECORD });
    }
  });
  const [read] = found;
  if (read === undefined) {
    await book.note("verify-skipped", [OPENING_RECORD]);
    return null;
  }
  const { data, record } = read;
  await book.step("verify-record-logged", [OPENING_RECORD, LOG_ENTRIES], {}, () => {
    const entry = log.only("tender.opened");
    checkDigest(entry, "opening_record", record.digest);
    checkFileDigest(entry, "opening_record_file", data);
    const before = unlocking === null ? ["opening.frozen"] : ["opening.frozen", "opening.unlocked"];
    if (before.some((act) => log.before(entry, act).length === 0)) {
      throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
    }
  });
  const outcomes: Outcome[] = [];
  const opened = (): string => String(outcomes.filter((outcome) => outcome.opened).length);
  await book.step("verify-opened-again", [], { count: checked.current.length }, async (step) => {
    const unlocks = new Map(unlocking?.bids.map((row) => [row.bid, row]));
    for (const bid of checked.current) {
      outcomes.push(await openAgain(files, step, checked, releases, bid, unlocks.get(bid.bid)));
    }
    step.params["opened"] = opened();
  });
  await book.step("verify-ciphertexts", [], { count: outcomes.length }, (step) => {
    for (const outcome of outcomes) {
      if (outcome.opened || !LOST.includes(outcome.reason)) continue;
      const { bid, supplier } = outcome;
      step.fail(new BidError("ciphertext-lost", { bid, supplier, file: sealedName(bid, BID_SEGMENT) }));
    }
  });
  await book.step("verify-record-rows", [OPENING_RECORD], {}, (step) => {
    compareRows(step, openingRows(outcomes, checked.notice), record.bids);
    step.params["opened"] = opened();
    step.params["count"] = String(outcomes.length);
  });
  return { record, outcomes };
}

async function openAgain(
  files: Package, step: Step, checked: CheckedClosing, releases: readonly Release[], bid: Accepted,
  unlock: Unlock | undefined,
): Promise<Outcome> {
  const [sealed, offer] = [sealedName(bid.bid, BID_SEGMENT), offerName(bid.bid, BID_SEGMENT)];
  let ciphertext: Bytes | null = null;
  await step.guard([sealed], async () => {
    ciphertext = files.has(sealed) ? await files.read(sealed) : null;
  });
  const outcome = await openBid(bid, checked.policy, checked.notice, releases, ciphertext, unlock);
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
function compareRows(step: Step, wanted: readonly JSONObject[], found: readonly JSONObject[]): void {
  const stated = new Map(found.map((row) => [String(row["bid"]), row]));
  for (const row of wanted) {
    const bid = String(row["bid"]);
    const said = stated.get(bid);
    stated.delete(bid);
    if (said === undefined) {
      step.fail(new BidError("record-bid-missing", { bid, file: OPENING_RECORD }));
      continue;
    }
    // Record and ciphertext contradict each other: which of them was changed, nobody can tell from here.
    const files = LOST.includes(row["reason"]) ? [OPENING_RECORD, sealedName(bid, BID_SEGMENT)] : [OPENING_RECORD];
    for (const member of differing(row, said)) step.fail(new BidError("record-differs", { bid, member }), ...files);
  }
  for (const bid of stated.keys()) step.fail(new BidError("record-bid-unknown", { bid, file: OPENING_RECORD }));
  if (step.reasons.length === 0 && !same(wanted, found)) step.fail(new BidError("record-order", { file: OPENING_RECORD }));
}
