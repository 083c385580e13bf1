// The offer: the index of a bid's public part, what is announced when the bid opens.
import type { JSONValue } from "../signing/canonical";
import type { Bytes } from "../signing/encoding";
import { BidError, startOf } from "./errors";
import { add, compare, formatAmount, lineAmount, parseAmount, parseDecimal, zero, type Decimal } from "./money";
import { quantityOf, type Item, type Notice } from "./notice";
import { readObject, writeObject } from "./objects";

/** What a public part says beside its prices. */
export interface Announced {
  readonly total_in_words?: string;
  readonly delivery_days?: number;
  readonly quality?: string;
}

/** A line as the bidder stated it. */
export interface Line {
  readonly number: string;
  readonly unit_price: string;
  readonly amount: string;
}

/** An offer as stated, its members as they stand in the object. */
export interface Offer extends Announced {
  readonly currency: string;
  readonly items: readonly Line[];
  readonly total: string;
}

/** An offer for `notice`: its items, in its order, all once, in its currency; BidError. */
export function parseOffer(raw: Bytes, notice: Notice): Offer {
  const members = readObject(raw, "offer");
  checkCurrency(members["currency"], notice);
  for (const path of ["items", "total"]) if (!(path in members)) throw new BidError("member-missing", { path });
  const offer = members as never as Offer;
  checkItems(offer.items.map((line) => line.number), notice);
  offer.items.forEach((line, at) => parseAmount(line.amount, notice.digits, `items[${at}].amount`));
  parseAmount(offer.total, notice.digits, "total");
  return offer;
}

/** The offer of a segment without prices: what of delivery days and quality the bidder gave. */
export interface Announcement extends Announced {
  readonly currency: string;
}

/** An announcement for `notice`; BidError "offer-priced" if it says anything of a price. */
export function parseAnnouncement(raw: Bytes, notice: Notice): Announcement {
  const members = readObject(raw, "offer");
  checkCurrency(members["currency"], notice);
  for (const path of ["items", "total", "total_in_words"]) if (path in members) throw new BidError("offer-priced", { path });
  return members as never as Announcement;
}

/** The canonical bytes of the offer of a segment without prices; BidError for what `parseAnnouncement` would refuse. */
export function buildAnnouncement(notice: Notice, announced: Announced = {}): Bytes {
  const raw = writeObject("offer", { currency: notice.currency, ...announced });
  parseAnnouncement(raw, notice);
  return raw;
}

function checkCurrency(currency: unknown, notice: Notice): void {
  if (currency !== notice.currency) throw new BidError("currency-differs", { wanted: notice.currency, currency: String(currency) });
}

/** Say precisely how the offer's items differ from the notice's. */
function checkItems(numbers: readonly string[], notice: Notice): void {
  const wanted = notice.items.map((item) => item.number);
  if (numbers.length === wanted.length && numbers.every((number, at) => number === wanted[at])) return;
  const known = new Set(wanted);
  const seen = new Set<string>();
  for (const item of numbers) {
    if (!known.has(item)) throw new BidError("offer-item-unknown", { item });
    if (seen.has(item)) throw new BidError("offer-item-duplicate", { item });
    seen.add(item);
  }
  for (const item of wanted) if (!seen.has(item)) throw new BidError("price-missing", { item });
  throw new BidError("offer-item-order");
}

/** The line's amount at that unit price (a decimal string, which may be written ".95"); BidError. */
export function amountOf(item: Item, unitPrice: string, digits: number): Decimal {
  return lineAmount(parseDecimal(normal(unitPrice, item.number)), quantityOf(item), digits);
}

/** The sum of all lines that have a price which can be read, and how many have none. */
export function totalSoFar(notice: Notice, unitPrices: ReadonlyMap<string, string>): { total: Decimal; missing: number } {
  let total = zero(notice.digits);
  let missing = 0;
  for (const item of notice.items) {
    try {
      total = add(total, amountOf(item, unitPrices.get(item.number) ?? "", notice.digits));
    } catch (error) {
      if (!(error instanceof BidError)) throw error;
      missing += 1;
    }
  }
  return { total, missing };
}

/**
 * The canonical bytes of an offer with these unit prices (decimal strings by item number).
 *
 * BidError for whatever `parseOffer` would refuse, "price-missing" and "offer-item-unknown".
 */
export function buildOffer(notice: Notice, unitPrices: ReadonlyMap<string, string>, announced: Announced = {}): Bytes {
  const { digits, currency } = notice;
  const known = new Set(notice.items.map((item) => item.number));
  for (const item of unitPrices.keys()) if (!known.has(item)) throw new BidError("offer-item-unknown", { item });
  let total = zero(digits);
  const items = notice.items.map((item) => {
    const given = unitPrices.get(item.number);
    if (given === undefined) throw new BidError("price-missing", { item: item.number });
    const amount = amountOf(item, given, digits);
    total = add(total, amount);
    return { number: item.number, unit_price: normal(given, item.number), amount: formatAmount(amount, digits) };
  });
  const members: Record<string, JSONValue> = { currency, items, total: formatAmount(total, digits) };
  return writeObject("offer", { ...members, ...announced });
}

function normal(text: string, number: string): string {
  const trimmed = text.trim();
  const price = trimmed.startsWith(".") ? `0${trimmed}` : trimmed;
  try {
    parseDecimal(price);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    throw new BidError(error.code, { path: `unit price of item ${number}`, value: startOf(text) });
  }
  return price;
}

/** A stated amount that is not what unit price × quantity, or the sum of the lines, gives; `item` is null for the total. */
export interface Correction {
  readonly item: string | null;
  readonly field: "amount" | "total";
  readonly stated: Decimal;
  readonly corrected: Decimal;
}

/** Line amounts by item number and their sum, computed again from unit prices and quantities. */
export interface Recomputed {
  readonly lines: ReadonlyMap<string, Decimal>;
  readonly total: Decimal;
  readonly corrections: readonly Correction[];
}

/** Compute an offer's amounts again: unit price × quantity, each line rounded half up, and their sum. */
export function recompute(offer: Offer, notice: Notice): Recomputed {
  const { digits } = notice;
  const lines = new Map<string, Decimal>();
  const corrections: Correction[] = [];
  let total = zero(digits);
  for (const [at, item] of notice.items.entries()) {
    const line = offer.items[at] as Line;
    const amount = lineAmount(parseDecimal(line.unit_price), quantityOf(item), digits);
    const stated = parseAmount(line.amount, digits);
    lines.set(item.number, amount);
    total = add(total, amount);
    if (compare(amount, stated) !== 0) corrections.push({ item: item.number, field: "amount", stated, corrected: amount });
  }
  const stated = parseAmount(offer.total, digits);
  if (compare(total, stated) !== 0) corrections.push({ item: null, field: "total", stated, corrected: total });
  return { lines, total, corrections };
}

/** How a corrected offer stands on record: what the bidder stated beside what the prices give. */
export function correctionMembers(recomputed: Recomputed, digits: number): JSONValue[] {
  return recomputed.corrections.map(({ item, field, stated, corrected }) => ({
    field,
    stated: formatAmount(stated, digits),
    corrected: formatAmount(corrected, digits),
    ...(item === null ? {} : { item }),
  }));
}
