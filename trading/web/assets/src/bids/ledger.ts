// A tender's ledger: its leaves, and which bids are current.
import { isObject, loads } from "../signing/canonical";
import { isId, type Bytes } from "../signing/encoding";
import { BidError, refusing } from "./errors";
import { checkSize, schemaOf, typeOf } from "./objects";
import { check } from "./schemas";

/** A leaf; `document` is the digest of manifest or withdrawal, `receipt` that of the receipt statement. */
export interface Leaf {
  readonly raw: Bytes;
  readonly kind: "acceptance" | "withdrawal";
  readonly bid: string;
  readonly supplier: string;
  readonly document: string;
  readonly signature: string;
  readonly receipt: string;
}

/** What of a manifest says where its bid stands. */
export interface Link {
  readonly supplier: string;
  readonly policy: string;
  readonly replaces: string | null;
}

const KINDS = ["acceptance", "withdrawal-leaf"];

/** The origin, and checkpoint key name, of a tender's ledger: <log>/tender/<id>. */
export function ledgerOrigin(logOrigin: string, tender: string): string {
  if (!isId(tender)) throw new BidError("form-id", { path: "tender" });
  return `${logOrigin}/tender/${tender}`;
}

/** A leaf from its exact bytes; BidError. */
export function parseLeaf(raw: Bytes): Leaf {
  checkSize(raw, "leaf");
  const value = refusing("leaf", () => loads(raw));
  const kind = isObject(value) ? KINDS.find((one) => value["type"] === typeOf(one)) : undefined;
  if (kind === undefined) throw new BidError("wrong-type", { wanted: KINDS.map(typeOf).join(" / ") });
  check(value, schemaOf(kind));
  const { bid = "", supplier = "", signature = "", receipt = "", ...rest } = value as never as Readonly<Record<string, string>>;
  const accepted = kind === "acceptance";
  const document = rest[accepted ? "manifest" : "withdrawal"] ?? "";
  return { raw, kind: accepted ? "acceptance" : "withdrawal", bid, supplier, document, signature, receipt };
}

/**
 * The acceptances of the current bids under `policy` (its digest), in the ledger's order.
 *
 * `links` holds the manifest of every accepted bid, by bid id. Current is the end of a supplier's chain of `replaces`
 * if it was not withdrawn; the order of leaves decides nothing. A bid under another policy is void: it may have been
 * replaced, but it is never current. Raises BidError "ledger-…".
 */
export function currentBids(leaves: readonly Leaf[], links: ReadonlyMap<string, Link>, policy: string): Leaf[] {
  const { accepted, withdrawn } = sortedOut(leaves, links);
  const replaced = replacedBids(accepted, links);
  for (const bid of withdrawn.keys()) if (replaced.has(bid)) throw new BidError("ledger-withdrawn-replaced", { bid });
  refuseCycles(accepted, links);
  const ends = new Set<string>();
  const current: Leaf[] = [];
  for (const [bid, leaf] of accepted) {
    if (replaced.has(bid) || withdrawn.has(bid)) continue;
    const own = linkOf(links, bid).policy;
    const place = `${leaf.supplier} ${own}`;
    if (ends.has(place)) throw new BidError("ledger-two-current", { supplier: leaf.supplier });
    ends.add(place);
    if (own === policy) current.push(leaf);
  }
  return current;
}

function linkOf(links: ReadonlyMap<string, Link>, bid: string): Link {
  const link = links.get(bid);
  if (link === undefined) throw new BidError("ledger-manifest-missing", { bid });
  return link;
}

function sortedOut(
  leaves: readonly Leaf[], links: ReadonlyMap<string, Link>,
): { accepted: ReadonlyMap<string, Leaf>; withdrawn: ReadonlyMap<string, Leaf> } {
  const accepted = new Map<string, Leaf>();
  const withdrawn = new Map<string, Leaf>();
  for (const leaf of leaves) {
    const into = leaf.kind === "acceptance" ? accepted : withdrawn;
    if (into.has(leaf.bid)) throw new BidError("ledger-bid-twice", { bid: leaf.bid });
    into.set(leaf.bid, leaf);
  }
  for (const [bid, leaf] of accepted) {
    if (linkOf(links, bid).supplier !== leaf.supplier) throw new BidError("ledger-supplier", { bid });
  }
  for (const [bid, leaf] of withdrawn) {
    if (accepted.get(bid)?.supplier !== leaf.supplier) throw new BidError("ledger-withdrawn-unknown", { bid });
  }
  return { accepted, withdrawn };
}

function replacedBids(accepted: ReadonlyMap<string, Leaf>, links: ReadonlyMap<string, Link>): Set<string> {
  const replaced = new Set<string>();
  for (const [bid, leaf] of accepted) {
    const { replaces } = linkOf(links, bid);
    if (replaces === null) continue;
    if (accepted.get(replaces)?.supplier !== leaf.supplier) throw new BidError("ledger-replaces-unknown", { bid, replaces });
    if (replaced.has(replaces)) throw new BidError("ledger-replaced-twice", { bid: replaces });
    replaced.add(replaces);
  }
  return replaced;
}

/** Each bid replaces one and is replaced by one at most, so what no beginning leads to is a circle. */
function refuseCycles(accepted: ReadonlyMap<string, Leaf>, links: ReadonlyMap<string, Link>): void {
  const following = new Map<string, string>();
  const beginnings: string[] = [];
  for (const bid of accepted.keys()) {
    const { replaces } = linkOf(links, bid);
    if (replaces === null) beginnings.push(bid);
    else following.set(replaces, bid);
  }
  let reached = 0;
  for (const bid of beginnings) {
    for (let step: string | undefined = bid; step !== undefined; step = following.get(step)) reached += 1;
  }
  if (reached !== accepted.size) throw new BidError("ledger-cycle");
}
