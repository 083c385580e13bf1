// Ranking opened bids: pure, exact, and with a working from which anybody ranks them again.
//
// Responsive bids come first, by lowest total; those that the agency rejected follow by total, ranks going on. Equal
// totals share a rank (1, 1, 3) until the pack's tie rule, or else the agency's signed order, parts them.
import type { JSONObject, JSONValue } from "../signing/canonical";
import { formatMoment } from "../signing/encoding";
import { byCodePoint, str } from "../signing/python";
import { BidError } from "./errors";
import { compare, formatAmount, type Decimal } from "./money";
import type { Notice } from "./notice";
import { correctionMembers, recompute, type Offer, type Recomputed } from "./offer";

const LOWEST_TOTAL = "lowest-total";
const EARLIER_RECEIPT = "earlier-receipt";
export const TIE_RULES: readonly unknown[] = [EARLIER_RECEIPT, "order"];

/** An opened bid as it goes into the ranking; `rejectedReason` is the agency's, undefined if responsive. */
export interface Ranked {
  readonly bid: string;
  readonly supplier: string;
  readonly offer: Offer;
  readonly receivedAt: bigint;
  readonly rejectedReason: string | undefined;
}

/** A bid's place: `total` is recomputed and exact; `reason` says why it is not responsive. */
export interface RankRow {
  readonly bid: string;
  readonly supplier: string;
  readonly total: Decimal;
  readonly rank: number;
  readonly responsive: boolean;
  readonly reason: string | undefined;
}

/** All rows in order; `winner` is null if no bid is responsive or the first place is still shared. */
export interface Ranking {
  readonly rows: readonly RankRow[];
  readonly winner: string | null;
  readonly working: JSONObject;
}

interface Entry extends Ranked {
  readonly recomputed: Recomputed;
}

/** Rank `bids` on `notice`'s bill of quantities; BidError "rule-unknown", "bid-twice", "order-…". */
export function rank(bids: readonly Ranked[], notice: Notice, rule: string, tie: unknown, order: readonly string[]): Ranking {
  if (rule !== LOWEST_TOTAL || !TIE_RULES.includes(tie)) throw new BidError("rule-unknown", { rule, tie: str(tie) });
  const known = new Set(bids.map((one) => one.bid));
  if (known.size !== bids.length) throw new BidError("bid-twice");
  if (new Set(order).size !== order.length || order.some((bid) => !known.has(bid))) throw new BidError("order-unknown-bid");
  const entries = bids.map((one) => ({ ...one, recomputed: recompute(one.offer, notice) }));
  const groups = grouped(entries, tie === EARLIER_RECEIPT, order);
  const rows: RankRow[] = [];
  for (const group of groups) {
    const place = rows.length + 1;
    for (const { bid, supplier, recomputed, rejectedReason: reason } of group) {
      rows.push({ bid, supplier, total: recomputed.total, rank: place, responsive: reason === undefined, reason });
    }
  }
  const [first] = groups;
  const alone = first?.length === 1 && first[0]?.rejectedReason === undefined;
  const working: Record<string, JSONValue> = { rule, tie: str(tie), currency: notice.currency };
  if (order.length > 0) working["order"] = [...order];
  working["bids"] = groups.flat().map((entry) => bidWorking(entry, notice));
  return { rows, winner: alone ? (rows[0] as RankRow).bid : null, working };
}

/** Groups of entries that share a rank, in order. */
function grouped(entries: readonly Entry[], byReceipt: boolean, order: readonly string[]): Entry[][] {
  const places = new Map(order.map((bid, place) => [bid, place]));
  const merit = (a: Entry, b: Entry): number =>
    Number(a.rejectedReason !== undefined) - Number(b.rejectedReason !== undefined) ||
    compare(a.recomputed.total, b.recomputed.total) ||
    (byReceipt ? Number(a.receivedAt > b.receivedAt) - Number(a.receivedAt < b.receivedAt) : 0);
  // Within a shared rank bids stand by id, so that the order in which they were given never shows.
  const sorted = [...entries].sort((a, b) => merit(a, b) || byCodePoint(a.bid, b.bid));
  const groups: Entry[][] = [];
  for (const entry of sorted) {
    const last = groups.at(-1);
    if (last !== undefined && merit(last[0] as Entry, entry) === 0) last.push(entry);
    else groups.push([entry]);
  }
  return groups.flatMap((group) => {
    const named = group.filter((entry) => places.has(entry.bid));
    if (group.length === 1 || named[0] === undefined) return [group];
    if (named.length < group.length) throw new BidError("order-incomplete", { bid: named[0].bid });
    const place = (entry: Entry): number => places.get(entry.bid) as number;
    return group.sort((a, b) => place(a) - place(b)).map((entry) => [entry]);
  });
}

function bidWorking({ bid, offer, receivedAt, recomputed }: Entry, notice: Notice): JSONObject {
  const { digits } = notice;
  const lines = notice.items.map((item, at) => ({
    number: item.number,
    quantity: item.quantity,
    unit_price: offer.items[at]?.unit_price ?? "",
    amount: formatAmount(recomputed.lines.get(item.number) as Decimal, digits),
  }));
  const corrections = correctionMembers(recomputed, digits);
  return {
    bid,
    received_at: formatMoment(receivedAt),
    lines,
    stated_total: offer.total,
    total: formatAmount(recomputed.total, digits),
    ...(corrections.length > 0 ? { corrections } : {}),
  };
}

/** The rows of a ranking as the award statement has them, totals as decimal strings. */
export function rankingRows(ranking: Ranking, notice: Notice): JSONObject[] {
  return ranking.rows.map(({ bid, supplier, total, rank: place, responsive, reason }) => ({
    bid, supplier, total: formatAmount(total, notice.digits), rank: place, responsive,
    ...(reason === undefined ? {} : { reason }),
  }));
}
