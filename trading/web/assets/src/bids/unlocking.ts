// A bidder's own lock (Order 20 art. 30, 31): who unlocked in the window, and what becomes of who did not.
import { b64decode, parseTime, type Bytes } from "../signing/encoding";
import type { Statement } from "../signing/statements";
import type { Closing } from "./closing";
import { parseEntry } from "./entries";
import { BidError } from "./errors";
import { isSecret } from "./manifest";
import type { Policy } from "./notice";
import { readSigned } from "./objects";
import type { CheckedClosing } from "./releases";
import type { Trust } from "./trust";

/** 撤销: the bidder's fault; 撤回: not the bidder's; not known until the agency decides. */
export type Verdict = "revoked" | "withdrawn" | "unknown";

/** A time in which the platform answered nobody, by its own record; microseconds since 1970. */
export interface Outage {
  readonly since: bigint;
  readonly until: bigint;
}

/** One current bid in the window: its `secret` and when it came, or why there is none. */
export interface Unlock {
  readonly bid: string;
  readonly secret: Bytes | null;
  readonly receivedAt: bigint | null;
  readonly fetched: boolean;
  readonly attempts: number;
  readonly verdict: Verdict | null;
}

/**
 * What the record shows of a bidder who did not unlock.
 *
 * The platform was down for half of the window or more: withdrawn. It was never down, and the bidder neither came nor
 * tried: revoked. Everything else the agency has to decide.
 */
export function verdictOf(
  fetched: boolean, attempts: number, outages: readonly Outage[], since: bigint, until: bigint,
): Verdict {
  const down = outages.reduce((sum, one) => sum + one.until - one.since, 0n);
  if (down * 2n >= until - since) return "withdrawn";
  return fetched || attempts > 0 || outages.length > 0 ? "unknown" : "revoked";
}

/** The statement that ends the window; `digest` is that of the statement. */
export interface Unlocking {
  readonly digest: string;
  readonly at: bigint;
  readonly tender: string;
  readonly closing: string;
  readonly openedAt: bigint;
  readonly until: bigint;
  readonly outages: readonly Outage[];
  readonly bids: readonly Unlock[];
}

interface Row {
  readonly bid: string;
  readonly secret?: string;
  readonly received_at?: string;
  readonly fetched?: boolean;
  readonly attempts?: number;
  readonly verdict?: Verdict;
}

interface Members {
  readonly at: string;
  readonly tender: string;
  readonly closing: string;
  readonly opened_at: string;
  readonly until: string;
  readonly outages: ReadonlyArray<{ readonly since: string; readonly until: string }>;
  readonly bids: readonly Row[];
}

const UNLOCKED = "bid,received_at,secret";
const SILENT = "attempts,bid,fetched,verdict";

/** From its file or statement, the signature unchecked; BidError, "unlocking-row". */
export function parseUnlocking(source: Bytes | Statement): Unlocking {
  const read = readSigned(source, "unlocking");
  const members = read.statement as never as Members;
  return {
    digest: read.digest,
    at: parseTime(members.at),
    tender: members.tender,
    closing: members.closing,
    openedAt: parseTime(members.opened_at),
    until: parseTime(members.until),
    outages: members.outages.map(({ since, until }) => ({ since: parseTime(since), until: parseTime(until) })),
    bids: members.bids.map(readRow),
  };
}

function readRow(row: Row): Unlock {
  const { bid } = row;
  if (![UNLOCKED, SILENT].includes(Object.keys(row).sort().join())) throw new BidError("unlocking-row", { bid });
  return {
    bid,
    secret: row.secret === undefined ? null : b64decode(row.secret),
    receivedAt: row.received_at === undefined ? null : parseTime(row.received_at),
    fetched: row.fetched ?? false,
    attempts: row.attempts ?? 0,
    verdict: row.verdict ?? null,
  };
}

/** The bids of which the agency has to decide, sorted. */
export function undecided(unlocking: Unlocking): string[] {
  return unlocking.bids.filter((row) => row.verdict === "unknown").map((row) => row.bid).sort();
}

/**
 * Whatever does not hold in the statement, beside its signature.
 *
 * 1. It is of this tender and closing, and lists exactly the current bids in the ledger's order. 2. The window began
 * after the closing, and ended at its end or when all had unlocked. 3. Outages lie in the window, in order. 4. Each
 * secret is the one whose digest its bidder signed, received in the window. 5. What it says of who did not unlock
 * follows from what it says happened.
 */
export function unlockingProblems(unlocking: Unlocking, checked: CheckedClosing): BidError[] {
  const { openedAt, until, at, outages, bids } = unlocking;
  if (unlocking.tender !== checked.notice.tender || unlocking.closing !== checked.closing.digest) {
    return [new BidError("unlocking-other-closing")];
  }
  if (bids.map((row) => row.bid).join() !== checked.current.map((bid) => bid.bid).join()) {
    return [new BidError("unlocking-other-bids")];
  }
  const found: BidError[] = [];
  if (!(checked.closing.at <= openedAt && openedAt < until)) found.push(new BidError("unlocking-window"));
  if (at < until && bids.some((row) => row.secret === null)) found.push(new BidError("unlocking-early"));
  const edges = [openedAt, ...outages.flatMap((one) => [one.since, one.until]), until];
  if (edges.some((edge, place) => place > 0 && edge < (edges[place - 1] ?? edge))) {
    found.push(new BidError("unlocking-outages"));
  }
  for (const [place, row] of bids.entries()) {
    const { bid, secret, receivedAt, verdict } = row;
    if (secret === null || receivedAt === null) {
      const wanted = verdictOf(row.fetched, row.attempts, outages, openedAt, until);
      if (verdict !== wanted) found.push(new BidError("unlocking-verdict", { bid, said: String(verdict), wanted }));
      continue;
    }
    const manifest = checked.current[place]?.manifest;
    if (manifest === undefined || !isSecret(manifest, secret)) found.push(new BidError("unlocking-secret", { bid }));
    if (!(openedAt <= receivedAt && receivedAt <= (at < until ? at : until))) {
      found.push(new BidError("unlocking-time", { bid }));
    }
  }
  return found;
}

/**
 * That it is time to unlock: the tender's log entries have a release set that the platform froze for this closing, of
 * at least the threshold. A bidder's client asks before it lets the secret go. BidError "unlock-not-frozen".
 */
export async function checkFrozen(
  entries: readonly Bytes[], closing: Closing, policy: Policy, trust: Trust,
): Promise<void> {
  const frozen = entries.map(parseEntry).find(({ act, tender }) => act === "opening.frozen" && tender === closing.tender);
  const file = frozen?.statementFile ?? null;
  if (file === null) throw new BidError("unlock-not-frozen");
  const read = readSigned(await trust.platformStatement("release-set", file), "release-set");
  const members = read.statement as never as {
    readonly tender: string;
    readonly closing: string;
    readonly releases: ReadonlyArray<{ readonly custodian: string }>;
  };
  const custodians = new Set(members.releases.map((row) => row.custodian)).size;
  if (members.tender !== closing.tender || members.closing !== closing.digest || custodians < policy.threshold) {
    throw new BidError("unlock-not-frozen");
  }
}

/** What the agency decides of a bid that the record left open, and why. */
export interface Decision {
  readonly bid: string;
  readonly verdict: Exclude<Verdict, "unknown">;
  readonly reason: string;
}

/** Verdicts by bid of a decision; `decided` are bids decided before. BidError "unlock-decision-other". */
export function readUnlockDecision(
  read: Statement, unlocking: Unlocking, decided: ReadonlyMap<string, Verdict>,
): ReadonlyMap<string, Verdict> {
  const members = readSigned(read, "unlock-decision").statement as never as {
    readonly tender: string;
    readonly unlocking: string;
    readonly decisions: readonly Decision[];
  };
  const rows = new Map<string, Verdict>(members.decisions.map(({ bid, verdict }) => [bid, verdict]));
  const open = undecided(unlocking).filter((bid) => !decided.has(bid));
  const known = members.tender === unlocking.tender && members.unlocking === unlocking.digest;
  if (!known || rows.size !== members.decisions.length || Array.from(rows.keys()).some((bid) => !open.includes(bid))) {
    throw new BidError("unlock-decision-other");
  }
  return rows;
}
