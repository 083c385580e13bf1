// A bidder's own lock: who unlocked in the window, and what was decided of who did not.
import { parseTime, type Bytes } from "../../signing/encoding";
import { BidError } from "../errors";
import { readSigned } from "../objects";
import { LOG_ENTRIES, UNLOCKING, type Package } from "../package";
import type { CheckedClosing } from "../releases";
import type { Trust } from "../trust";
import { parseUnlocking, readUnlockDecision, undecided, unlockingProblems, type Unlocking, type Verdict } from "../unlocking";
import type { Book } from "./findings";
import { agencyStatement, checkDigest, checkFileDigest, embedded, type Log } from "./log";

/**
 * 1. The platform signed, once, who unlocked; it is logged after the releases were frozen, when the window began.
 * 2. Each secret is its bid's; the window had ended for all; whoever stayed silent is called what follows from the
 * record. 3. What the record leaves open the agency decided, signed and logged.
 */
export async function checkUnlocking(
  files: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing,
): Promise<Unlocking | null> {
  const found: Unlocking[] = [];
  await book.step("verify-unlocking-signed", [UNLOCKING, LOG_ENTRIES], {}, async () => {
    const data: Bytes = await files.read(UNLOCKING);
    const read = parseUnlocking(await trust.platformStatement("unlocking", data));
    found.push(read);
    const entry = log.only("opening.unlocked");
    checkDigest(entry, "unlocking", read.digest);
    checkFileDigest(entry, "unlocking_file", data);
    const [frozen] = log.before(entry, "opening.frozen");
    if (frozen === undefined) throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
    const began = String(readSigned(embedded(frozen), "release-set").statement["at"]);
    if (parseTime(began) !== read.openedAt) throw new BidError("unlocking-window", { file: UNLOCKING });
  });
  const [unlocking] = found;
  if (unlocking === undefined) {
    await book.note("verify-skipped", [UNLOCKING]);
    return null;
  }
  const unlocked = unlocking.bids.filter((row) => row.secret !== null).length;
  const count = unlocking.bids.length;
  await book.step("verify-unlocked", [UNLOCKING], { unlocked, count }, (step) => {
    for (const problem of unlockingProblems(unlocking, checked)) step.fail(problem, UNLOCKING);
  });
  const span = unlocking.until - unlocking.openedAt;
  const minutes = String(span > 0n ? span / 60_000_000n : 0n);
  await book.note("verify-unlock-window", [UNLOCKING], { minutes, pack: checked.notice.rules.pack });
  const decided = await checkDecisions(book, trust, log, checked, unlocking);
  // Whether somebody came, and when the platform was down, are the platform's own records.
  if (decided + unlocked < count) await book.note("verify-unlock-record", [UNLOCKING]);
  return unlocking;
}

async function checkDecisions(
  book: Book, trust: Trust, log: Log, checked: CheckedClosing, unlocking: Unlocking,
): Promise<number> {
  const entries = log.of("opening.unlock-decided");
  const decided = new Map<string, Verdict>();
  const open = undecided(unlocking);
  if (entries.length === 0 && open.length === 0) return 0;
  await book.step("verify-unlock-decisions", [LOG_ENTRIES], {}, async (step) => {
    for (const entry of entries) {
      await step.guard([LOG_ENTRIES], async () => {
        if (log.before(entry, "tender.awarded").length > 0) {
          throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
        }
        const read = await agencyStatement(trust, "unlock-decision", entry, checked.notice);
        for (const [bid, verdict] of readUnlockDecision(read, unlocking, decided)) decided.set(bid, verdict);
      });
    }
    step.params["count"] = String(decided.size);
    step.params["revoked"] = String(Array.from(decided.values()).filter((verdict) => verdict === "revoked").length);
    const left = open.filter((bid) => !decided.has(bid));
    if (log.of("tender.awarded").length > 0) {
      for (const bid of left) step.fail(new BidError("unlock-undecided", { bid, file: LOG_ENTRIES }));
    } else if (left.length > 0) step.unknown();
  });
  return decided.size;
}
