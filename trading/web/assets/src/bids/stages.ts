// Stage statements: the agency's signed judgement of an opened segment, on which alone the next one opens.
import { parseTime, type Bytes } from "../signing/encoding";
import type { Statement } from "../signing/statements";
import { BidError } from "./errors";
import type { Accepted } from "./examination";
import { placeOf, type Notice } from "./notice";
import { readSigned } from "./objects";
import type { OpeningRecord } from "./opening_record";

/** A stage statement: `segment` may open now, `opening` is the digest of the opening record of the one before. */
export interface Stage {
  readonly digest: string;
  readonly at: bigint;
  readonly tender: string;
  readonly closing: string;
  readonly segment: string;
  readonly opening: string;
  readonly admitted: readonly string[];
  readonly rejections: ReadonlyMap<string, string>;
}

/** A stage statement in which everything holds; `bids` are those it admits, in the ledger's order. */
export interface CheckedStage {
  readonly stage: Stage;
  readonly bids: readonly Accepted[];
}

/** A stage statement as read, not yet verified; BidError "stage-bid-twice". */
export function parseStage(source: Bytes | Statement): Stage {
  const read = readSigned(source, "stage");
  const members = read.statement as never as Readonly<Record<"at" | "tender" | "closing" | "segment" | "opening", string>> & {
    readonly admitted: readonly string[];
    readonly rejections: ReadonlyArray<{ readonly bid: string; readonly reason: string }>;
  };
  const seen = new Set<string>();
  for (const bid of [...members.admitted, ...members.rejections.map((row) => row.bid)]) {
    if (seen.has(bid)) throw new BidError("stage-bid-twice", { bid });
    seen.add(bid);
  }
  const { tender, closing, segment, opening, admitted } = members;
  const rejections = new Map(members.rejections.map(({ bid, reason }) => [bid, reason]));
  return { digest: read.digest, at: parseTime(members.at), tender, closing, segment, opening, admitted, rejections };
}

/**
 * Check what a stage statement for `segment` says against the opening record of the segment before it, where the bids
 * `before` were released. 1. It is for this tender, closing and segment, and about this very record. 2. The record is
 * of that segment and of these bids. 3. It admits or rejects every bid that was opened there, once, and no other.
 * Raises BidError "stage-…".
 */
export function checkStage(
  stage: Stage, segment: string, record: OpeningRecord, before: readonly Accepted[], notice: Notice, closing: string,
): CheckedStage {
  if (stage.tender !== notice.tender || stage.closing !== closing) throw new BidError("stage-other-closing");
  if (stage.segment !== segment) throw new BidError("stage-other-segment", { segment: stage.segment, wanted: segment });
  if (stage.opening !== record.digest) throw new BidError("stage-other-opening");
  const { policy } = notice;
  const place = policy.segmentNames[placeOf(policy, segment) - 1] ?? "";
  const wanted = before.map(({ bid, supplier }) => `${bid} ${supplier} ${place}`).join();
  const told = record.bids.map((row) => `${String(row["bid"])} ${String(row["supplier"])} ${String(row["segment"])}`).join();
  if (record.tender !== notice.tender || record.closing !== closing || told !== wanted) throw new BidError("stage-record");
  const opened = record.bids.filter((row) => row["opened"] === true).map((row) => String(row["bid"]));
  const [admitted, known] = [new Set(stage.admitted), new Set(opened)];
  for (const bid of [...stage.admitted, ...stage.rejections.keys()]) {
    if (!known.has(bid)) throw new BidError("stage-bid-unknown", { bid });
  }
  for (const bid of opened) {
    if (!admitted.has(bid) && !stage.rejections.has(bid)) throw new BidError("stage-bid-missing", { bid });
  }
  return { stage, bids: before.filter((one) => admitted.has(one.bid)) };
}
