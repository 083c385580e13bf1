// What the lists say of suppliers' certificates beyond the list that each receipt names.
import { formatMoment, parseTime } from "../../signing/encoding";
import type { VerifiedStatement } from "../../signing/statements";
import type { X509 } from "../../signing/x509";
import type { Accepted } from "../examination";
import { CRLS, LEDGER } from "../package";
import type { Trust } from "../trust";
import type { Book } from "./findings";

const SHOWN = 5; // bids spelled out in a finding's text

/**
 * Say which bids were signed with certificates that some list names. 1. Revoked after receipt: recorded, and the bids
 * stand. 2. Revoked before, by a list later than the one in the receipt: that list judges them, so they stand too.
 */
export async function noteRevoked(book: Book, accepted: Iterable<Accepted>): Promise<void> {
  const later: [string, bigint][] = [];
  const before: [string, bigint][] = [];
  for (const { bid, receivedAt, revokedAt } of accepted) {
    if (revokedAt !== null) (revokedAt > receivedAt ? later : before).push([bid, revokedAt]);
  }
  if (later.length > 0) {
    await book.step("verify-revoked-later", [LEDGER], {}, (step) => {
      Object.assign(step.params, { count: String(later.length), bids: named(later) });
    });
  }
  if (before.length > 0) {
    await book.note("verify-revoked-unlisted", [LEDGER], { count: before.length, bids: named(before) });
  }
}

function named(bids: ReadonlyArray<readonly [string, bigint]>): string {
  const shown = bids.slice(0, SHOWN).map(([bid, at]) => `${bid} (${formatMoment(at)})`).join(", ");
  return bids.length <= SHOWN ? shown : `${shown}, …`;
}

/** Say so unless the lists reach far enough to tell of the platform's own certificates at the evidence's time. */
export async function notePlatformLists(book: Book, trust: Trust, evidence: VerifiedStatement): Promise<void> {
  const authority = evidence.verified.intermediates[0] as X509;
  if (!(await trust.revocations.reach(authority, parseTime(String(evidence.statement["at"]))))) {
    await book.note("verify-no-platform-crls", [CRLS]);
  }
}
