// The verification of an evidence package, step by step: the same steps as bids/verification/verifier.py.
import type { Bytes } from "../../signing/encoding";
import { BidError } from "../errors";
import type { Notice } from "../notice";
import * as names from "../package";
import type { Package } from "../package";
import type { CheckedClosing } from "../releases";
import type { CheckedStage } from "../stages";
import type { Trust } from "../trust";
import type { Unlocking } from "../unlocking";
import { namesOutside, readTrust, type Anchors } from "./anchors";
import { checkAward, checkEvaluation, rankOpened } from "./awarded";
import { checkClosing } from "./closed";
import { checkDocuments } from "./documents";
import { checkEnrolled } from "./enrolled";
import { checkComplete, checkEvidence } from "./files";
import { Book, type Finding, type Report } from "./findings";
import {
  OPENING_COURSE, agencyStatement, checkCourse, checkLog, checkPublished, checkTimes, checkWholeLog, embedded,
  type Log,
} from "./log";
import { checkNotices } from "./notices";
import { checkOpening, type Opened } from "./opened";
import { checkReleases } from "./releases";
import { checkAdmission, type Stated } from "./stages";
import { checkTokens } from "./tokens";
import { checkUnlocking } from "./unlocked";
import { checkCosignatures, keyByPolicy } from "./witnesses";

const ALWAYS = [
  names.NOTICE, names.NOTICE_SIGNATURE, names.CLOSING, names.LEDGER, names.EVIDENCE, names.README, names.LOG_KEY,
  names.LOG_CHECKPOINT, names.LOG_ENTRIES, names.LOG_ENROLMENTS, names.ROOTS, names.CHAIN, names.CRLS, names.ENROLMENTS,
];
const OPENING_ACTS = ["custody.released", ...OPENING_COURSE];
const { LOG_ENTRIES } = names;

export const NO_ANCHORS: Anchors = {
  roots: null, logKey: null, logEntries: null, outsideRoots: null, tsaRoots: null, policy: null,
};

/** Check a whole evidence package; nothing that it holds makes this raise. `tell` hears of each finding as it is made. */
export async function verify(
  files: Package, anchors: Anchors = NO_ANCHORS, tell?: (finding: Finding) => void,
): Promise<Report> {
  const { roots, logEntries, tsaRoots, policy } = anchors;
  const logKey = anchors.logKey ?? (await keyByPolicy(files, policy));
  const book = new Book(tell);
  const anchored = roots !== null && logKey !== null;
  const trust = await readTrust(files, book, { ...anchors, logKey });
  if (trust !== null) {
    const evidence = await checkEvidence(files, book, trust);
    await checkDocuments(files, book);
    const tender = evidence === null ? null : String(evidence.statement["tender"]);
    await checkTender(files, book, trust, tender, { logEntries, tsaRoots, policy });
  }
  if (!anchored) await book.note("verify-unanchored");
  return { findings: book.findings, anchored };
}

async function checkTender(
  files: Package, book: Book, trust: Trust, tender: string | null,
  { logEntries, tsaRoots, policy }: Pick<Anchors, "logEntries" | "tsaRoots" | "policy">,
): Promise<void> {
  const log = await checkLog(files, book, trust);
  if (log === null) {
    await book.note("verify-skipped", [LOG_ENTRIES]);
    return;
  }
  await checkCosignatures(files, book, trust, policy);
  await checkPublished(files, book, log, tender);
  await checkWholeLog(book, log, logEntries);
  await checkEnrolled(files, book, trust, log);
  await checkCourse(book, log);
  await checkTimes(files, book, log);
  const notices = await checkNotices(files, book, trust, log, tender);
  if (notices === null) return;
  const checked = await checkClosing(files, book, trust, log, notices);
  if (checked === null) return;
  const wanted = new Set([...ALWAYS, ...namesOfNotices(notices), ...namesOfBids(checked), ...namesOfProofs(files)]);
  if (namesOutside(trust.enrolments)) wanted.add(names.OUTSIDE);
  for (const name of await checkTokens(files, book, trust, checked.leaves, tsaRoots)) wanted.add(name);
  if (!checked.minimumReached) {
    await checkUnopened(book, trust, log, checked, false);
  } else if (log.of("opening.frozen").length === 0 && ended(log)) {
    await checkUnopened(book, trust, log, checked, true);
  } else {
    for (const name of await checkOpened(files, book, trust, log, checked)) wanted.add(name);
  }
  await checkComplete(files, book, wanted);
}

/** The tender ended unopened: no act of opening is in the log, and the statement that ended it is. */
async function checkUnopened(
  book: Book, trust: Trust, log: Log, checked: CheckedClosing, enough: boolean,
): Promise<void> {
  const params = { suppliers: checked.suppliers, wanted: checked.policy.minimumBidders };
  await book.step(enough ? "verify-unopened" : "verify-unopened-minimum", [LOG_ENTRIES], params, (step) => {
    for (const { act } of log.of(...OPENING_ACTS)) {
      // Custodians may have released before the tender was ended for another reason than the minimum.
      if (!(enough && act === "custody.released")) step.fail(new BidError("entry-unopened", { act, file: LOG_ENTRIES }));
    }
    // The platform by itself ends a tender for too few bidders, and for nothing else.
    if (enough && log.of("tender.failed").length > 0) step.fail(new BidError("failure-unjustified", { file: LOG_ENTRIES }));
  });
  await checkEnding(book, trust, log, checked);
  await book.note("verify-erasures", [LOG_ENTRIES]);
}

function ended(log: Log): boolean {
  return log.of("tender.failed", "tender.cancelled").length > 0;
}

/** The one statement that ended the tender: the platform's failure or the agency's cancellation. */
async function checkEnding(book: Book, trust: Trust, log: Log, checked: CheckedClosing): Promise<void> {
  await book.step("verify-ending", [LOG_ENTRIES], {}, async (step) => {
    const ends = log.of("tender.failed", "tender.cancelled");
    const [end] = ends;
    if (ends.length !== 1 || end === undefined) {
      const code = ends.length > 0 ? "entry-twice" : "entry-missing";
      throw new BidError(code, { act: "tender.failed", file: LOG_ENTRIES });
    }
    const { statement } = end.act === "tender.cancelled"
      ? await agencyStatement(trust, "cancellation", end, checked.notice)
      : await trust.platformStatement("failure", embedded(end));
    if (statement["tender"] !== checked.notice.tender) {
      throw new BidError("entry-other-tender", { act: end.act, file: LOG_ENTRIES });
    }
    if ((statement["closing"] ?? checked.closing.digest) !== checked.closing.digest) {
      throw new BidError("ending-other-closing", { file: LOG_ENTRIES });
    }
    step.params["reason"] = String(statement["reason"]);
  });
}

/** Releases and opening of each segment in turn, then the award; the names of the files that they ask for. */
async function checkOpened(
  files: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing,
): Promise<ReadonlySet<string>> {
  const wanted = new Set<string>();
  let opened: Opened | null = null;
  let stage: Stated | null = null;
  let admitted: CheckedStage | null = null;
  let unlocking: Unlocking | null = null;
  for (const [place, segment] of checked.policy.segmentNames.entries()) {
    if (opened !== null) {
      if (ended(log) && log.of("tender.admitted").length < place) {
        await checkUnreached(book, trust, log, checked, place, opened, null);
        return wanted;
      }
      stage = await checkAdmission(book, trust, log, checked, place, opened, admitted);
      if (stage === null) return new Set([...wanted, ...files.names]);
      admitted = stage.checked;
      if (ended(log) && log.of("opening.frozen").length <= place) {
        await checkUnreached(book, trust, log, checked, place, opened, admitted);
        return wanted;
      }
    }
    for (const name of names.recordNames(segment)) wanted.add(name);
    const releases = await checkReleases(files, book, trust, log, checked, place, stage);
    if (releases === null) return new Set([...wanted, ...files.names]);
    for (const release of releases) wanted.add(names.shareName(segment, release.custodian));
    if (checked.policy.lock && opened === null) {
      // One secret opens all segments of a bid: the window to unlock comes with the first.
      wanted.add(names.UNLOCKING);
      unlocking = await checkUnlocking(files, book, trust, log, checked);
      if (unlocking === null) return new Set([...wanted, ...files.names]);
    }
    opened = await checkOpening(files, book, trust, log, checked, releases, unlocking, place, admitted);
    if (opened === null) return new Set([...wanted, ...files.names]);
    for (const outcome of opened.outcomes) {
      if (outcome.opened || outcome.reason !== "ciphertext-missing") wanted.add(names.sealedName(outcome.bid, segment));
      if (outcome.opened) wanted.add(names.offerName(outcome.bid, segment));
    }
  }
  if (opened === null) return wanted; // a policy has a segment
  if (ended(log)) {
    await checkNoAward(book, trust, log, checked, opened);
    return wanted;
  }
  await checkAward(files, book, trust, log, checked, opened);
  return new Set([...wanted, names.AWARD, names.AWARD_REPORT, names.AWARD_NOTICE]);
}

/**
 * A tender that ended before the segment at `place` was opened: nothing followed in the log, and where the platform
 * ended it, too few suppliers were opened before, or admitted by the stage statement.
 */
async function checkUnreached(
  book: Book, trust: Trust, log: Log, checked: CheckedClosing, place: number, opened: Opened, stage: CheckedStage | null,
): Promise<void> {
  await checkEnding(book, trust, log, checked);
  await book.step("verify-not-awarded", [LOG_ENTRIES], {}, (step) => {
    const beyond = ["opening.frozen", "tender.opened", "tender.admitted"].flatMap((act) => log.of(act).slice(place));
    for (const { act } of [...beyond, ...log.of("tender.evaluated", "tender.awarded")]) {
      step.fail(new BidError("entry-unopened", { act, file: LOG_ENTRIES }));
    }
  });
  if (log.of("tender.failed").length === 0) {
    await book.note("verify-not-evaluated", [LOG_ENTRIES]);
    return;
  }
  if (stage === null) {
    await checkFewOpened(book, checked, opened);
    return;
  }
  const suppliers = new Set(stage.bids.map((bid) => bid.supplier)).size;
  const wanted = checked.policy.minimumBidders;
  await book.step("verify-few-admitted", [LOG_ENTRIES], { suppliers, wanted, segment: stage.stage.segment }, (step) => {
    if (suppliers >= wanted) step.fail(new BidError("failure-unjustified", { file: LOG_ENTRIES }));
    // As after the opening: whether those who go on are counted again the rule pack says.
    else if (suppliers > 0) step.unknown();
  });
}

/** A tender that ended after an opening: no award, and where the platform ended it, no bid that could have won. */
async function checkNoAward(book: Book, trust: Trust, log: Log, checked: CheckedClosing, opened: Opened): Promise<void> {
  await checkEnding(book, trust, log, checked);
  await book.step("verify-not-awarded", [LOG_ENTRIES], {}, () => {
    if (log.of("tender.awarded").length > 0) throw new BidError("entry-unopened", { act: "tender.awarded", file: LOG_ENTRIES });
  });
  const failed = log.of("tender.failed").length > 0;
  if (log.of("tender.evaluated").length > 0) {
    const evaluation = await checkEvaluation(book, trust, log, checked, opened);
    if (evaluation === null) return;
    await book.step("verify-none-responsive", [LOG_ENTRIES], {}, (step) => {
      const ranking = rankOpened(checked, opened, evaluation, "order", "lowest-total");
      const responsive = ranking.rows.filter((row) => row.responsive).length;
      step.params["count"] = String(responsive);
      if (responsive > 0 && failed) step.fail(new BidError("failure-unjustified", { file: LOG_ENTRIES }));
    });
  } else if (failed) {
    await checkFewOpened(book, checked, opened);
  } else {
    await book.note("verify-not-evaluated", [LOG_ENTRIES]);
  }
}

async function checkFewOpened(book: Book, checked: CheckedClosing, opened: Opened): Promise<void> {
  const suppliers = new Set(opened.outcomes.filter((one) => one.opened).map((one) => one.supplier)).size;
  const wanted = checked.policy.minimumBidders;
  await book.step("verify-few-opened", [LOG_ENTRIES], { suppliers, wanted }, (step) => {
    if (suppliers >= wanted) step.fail(new BidError("failure-unjustified", { file: LOG_ENTRIES }));
    // Whether bidders are counted again after the opening the rule pack says, not the package.
    else if (suppliers > 0) step.unknown();
  });
}

function namesOfNotices(notices: readonly Notice[]): string[] {
  return notices.slice(1).flatMap((notice) => names.noticeNames(notice.digest));
}

function namesOfBids(checked: CheckedClosing): string[] {
  const behind = {
    acceptance: ["manifest.json", "manifest.p7s", "receipt.json"],
    withdrawal: ["withdrawal.json", "withdrawal.p7s", "withdrawal-receipt.json"],
  };
  return checked.leaves.flatMap((leaf) => behind[leaf.kind].map((name) => names.bidName(leaf.bid, name)));
}

/** That there is one proof for each entry, and no other, the log's own step has shown. */
function namesOfProofs(files: Package): string[] {
  return files.names.filter((name) => name.startsWith("log/proofs/"));
}
