// The segments of a bid: which there may be, what opens each, and which one holds the prices.
import { BidError } from "./errors";

export const BID = "bid";
export const PRICE = "price";

/** A part of the bid that opens on its own: the first at `opensAt`, each later one after the segment `after`. */
export interface Segment {
  readonly name: string;
  readonly opensAt: string | null;
  readonly after: string | null;
}

/** Whether a segment of this name holds items and total: the only one, or the last of several. */
export function isPriced(segment: string): boolean {
  return segment === BID || segment === PRICE;
}

/** The segments of a policy, their forms checked; BidError "segments-course", "segments-names". */
export function readSegments(members: ReadonlyArray<Readonly<Record<string, string>>>): readonly Segment[] {
  const found: Segment[] = [];
  for (const one of members) {
    const segment = { name: one["name"] as string, opensAt: one["opens_at"] ?? null, after: one["after"] ?? null };
    const before = found.at(-1)?.name ?? null;
    if (segment.after !== before || (segment.opensAt === null) !== found.length > 0) {
      throw new BidError("segments-course", { segment: segment.name });
    }
    if (found.some((other) => other.name === segment.name)) throw new BidError("segments-course", { segment: segment.name });
    found.push(segment);
  }
  const priced = found.map((segment) => segment.name).filter(isPriced);
  const last = found.at(-1)?.name ?? "";
  if (priced.join() !== (found.length === 1 ? BID : PRICE) || !isPriced(last)) throw new BidError("segments-names");
  return found;
}
