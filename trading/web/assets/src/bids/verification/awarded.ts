// Evaluation and award: the ranking computed again from the offers that were opened again.
import type { JSONObject } from "../../signing/canonical";
import type { Bytes } from "../../signing/encoding";
import { str } from "../../signing/python";
import { parseAward, type Award } from "../awards";
import { BidError } from "../errors";
import { compare, formatAmount } from "../money";
import type { Notice } from "../notice";
import { AWARD, LOG_ENTRIES, type Package } from "../package";
import { TIE_RULES, rank, rankingRows, type Ranking } from "../ranking";
import type { CheckedClosing } from "../releases";
import type { Trust } from "../trust";
import type { Book, Step } from "./findings";
import { agencyStatement, checkDigest, checkFileDigest, type Log } from "./log";
import { differing, same, type Opened } from "./opened";

/** The agency's evaluation: rejected bids with the reason, and the order in which it parts ties. */
export interface Evaluation {
  readonly digest: string;
  readonly rejections: ReadonlyMap<string, string>;
  readonly order: readonly string[];
}

/**
 * 1. The agency signed and logged an evaluation of this opening record. 2. The award statement is the platform's and
 * logged. 3. Ranking, working and winner follow from the offers, the notice, the evaluation and the rule. 4. The
 * agency signed and logged the decision for that winner.
 */
export async function checkAward(
  files: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing, opened: Opened,
): Promise<void> {
  const evaluation = await checkEvaluation(book, trust, log, checked, opened);
  const found: { data: Bytes; award: Award }[] = [];
  await book.step("verify-award-signed", [AWARD], {}, async () => {
    const data = await files.read(AWARD);
    const award = parseAward(await trust.platformStatement("award", data));
    found.push({ data, award });
    if (award.tender !== checked.notice.tender) throw new BidError("award-other-tender", { file: AWARD });
  });
  const [read] = found;
  if (read === undefined || evaluation === null) {
    await book.note("verify-skipped", [AWARD]);
    return;
  }
  const { data, award } = read;
  await book.step("verify-award-logged", [AWARD, LOG_ENTRIES], {}, () => {
    const entry = log.only("tender.awarded");
    checkDigest(entry, "award", award.digest);
    checkFileDigest(entry, "award_file", data);
  });
  const rankings: Ranking[] = [];
  const ranked = await book.step("verify-award-ranking", [AWARD], { count: award.ranking.length }, (step) => {
    const ranking = rankAgain(checked, opened, evaluation, award);
    rankings.push(ranking);
    compareAward(step, ranking, checked.notice, award);
    compareWorking(step, ranking, opened, evaluation, award);
  });
  await book.step("verify-decision", [LOG_ENTRIES], {}, async () => {
    const read = await agencyStatement(trust, "award-decision", log.only("tender.awarded"), checked.notice);
    const { opening, winner } = read.statement;
    if (opening !== opened.record.digest || winner !== award.winner) {
      throw new BidError("decision-differs", { file: LOG_ENTRIES });
    }
  });
  const [ranking] = rankings;
  if (ranking !== undefined && ranked.reasons.length === 0) await remark(book, award, ranking, checked.notice);
}

/** The agency's last logged evaluation, signed by the notice's buyer, of this opening record. */
export async function checkEvaluation(
  book: Book, trust: Trust, log: Log, checked: CheckedClosing, opened: Opened,
): Promise<Evaluation | null> {
  const found: Evaluation[] = [];
  const entries = log.of("tender.evaluated");
  await book.step("verify-evaluation", [LOG_ENTRIES], {}, async (step) => {
    const last = entries.at(-1);
    if (last === undefined) throw new BidError("entry-missing", { act: "tender.evaluated", file: LOG_ENTRIES });
    const read = await agencyStatement(trust, "evaluation", last, checked.notice);
    const members = read.statement as never as {
      readonly opening: string;
      readonly rejections: ReadonlyArray<{ readonly bid: string; readonly reason: string }>;
      readonly order?: readonly string[];
    };
    if (members.opening !== opened.record.digest) throw new BidError("evaluation-other-opening", { file: LOG_ENTRIES });
    const rejections = new Map(members.rejections.map(({ bid, reason }) => [bid, reason]));
    const known = new Set(opened.outcomes.filter((outcome) => outcome.opened).map((outcome) => outcome.bid));
    if (rejections.size !== members.rejections.length || Array.from(rejections.keys()).some((bid) => !known.has(bid))) {
      throw new BidError("evaluation-unknown-bid", { file: LOG_ENTRIES });
    }
    found.push({ digest: read.digest, rejections, order: members.order ?? [] });
    step.params["count"] = String(rejections.size);
  });
  if (found.length > 0 && entries.length > 1) {
    await book.note("verify-evaluated-before", [LOG_ENTRIES], { count: entries.length - 1 });
  }
  return found[0] ?? null;
}

/** The ranking of the bids that opened, rejections applied. */
export function rankOpened(
  checked: CheckedClosing, opened: Opened, evaluation: Evaluation, tie: unknown, rule: string,
): Ranking {
  const received = new Map(checked.current.map((bid) => [bid.bid, bid.receivedAt]));
  const ranked = opened.outcomes.flatMap((outcome) => {
    if (!outcome.opened || outcome.told.recomputed === null) return [];
    const { bid, supplier, told: { offer } } = outcome;
    return [{ bid, supplier, offer, receivedAt: received.get(bid) ?? 0n, rejectedReason: evaluation.rejections.get(bid) }];
  });
  return rank(ranked, checked.notice, rule, tie, evaluation.order);
}

function rankAgain(checked: CheckedClosing, opened: Opened, evaluation: Evaluation, award: Award): Ranking {
  const tie = award.working["tie"];
  if (!TIE_RULES.includes(tie)) throw new BidError("rule-unknown", { rule: award.rule, tie: str(tie), file: AWARD });
  return rankOpened(checked, opened, evaluation, tie, award.rule);
}

function compareAward(step: Step, ranking: Ranking, notice: Notice, award: Award): void {
  const stated = new Map(award.ranking.map((row) => [String(row["bid"]), row]));
  const rows = rankingRows(ranking, notice);
  for (const row of rows) {
    const bid = String(row["bid"]);
    const said = stated.get(bid);
    stated.delete(bid);
    if (said === undefined) {
      step.fail(new BidError("award-bid-missing", { bid, file: AWARD }));
      continue;
    }
    for (const member of differing(row, said)) step.fail(new BidError("award-differs", { bid, member, file: AWARD }));
  }
  for (const bid of stated.keys()) step.fail(new BidError("award-bid-unknown", { bid, file: AWARD }));
  if (step.reasons.length === 0 && !same(rows, award.ranking)) step.fail(new BidError("award-order", { file: AWARD }));
  if (award.winner !== ranking.winner) {
    step.fail(new BidError("award-other-winner", { winner: ranking.winner ?? "–", file: AWARD }));
  }
}

function compareWorking(step: Step, ranking: Ranking, opened: Opened, evaluation: Evaluation, award: Award): void {
  const wanted: JSONObject = { ...ranking.working, opening: opened.record.digest, evaluation: evaluation.digest };
  for (const member of differing(wanted, award.working)) step.fail(new BidError("award-working", { member, file: AWARD }));
}

/** What the package alone cannot decide, said plainly. */
async function remark(book: Book, award: Award, ranking: Ranking, notice: Notice): Promise<void> {
  const totals = ranking.rows.filter((row) => row.responsive).map((row) => formatAmount(row.total, notice.digits));
  if (new Set(totals).size < totals.length) {
    await book.note("verify-tie-rule", [AWARD], { tie: str(award.working["tie"]), pack: notice.rules.pack });
  }
  const winner = ranking.rows.find((row) => row.bid === award.winner);
  if (notice.ceiling !== null && winner !== undefined && compare(winner.total, notice.ceiling) > 0) {
    await book.note("verify-above-ceiling", [AWARD], { bid: winner.bid });
  }
}
