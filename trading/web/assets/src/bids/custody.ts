// What a custodian does by itself before it releases anything, and the release.
//
// It believes nobody: not the platform that hands it the closed tender, and no time in any statement but the one in the
// policy of the signed notice that it accepted.
import { dumps, type JSONObject, type JSONValue } from "../signing/canonical";
import { b64decode, b64encode, equal, parseTime, type Bytes } from "../signing/encoding";
import { SealingError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import * as merkle from "../signing/merkle";
import { parseCheckpoint, parseProof, type Checkpoint } from "../signing/notes";
import { byName } from "../signing/suite";
import { checkChain } from "./amendments";
import type { Closing } from "./closing";
import { parseEntry } from "./entries";
import { BidError, about, refusing, refusingLater } from "./errors";
import {
  Course, ENDING_ACTS, PUBLISHING_ACTS, checkManifestNotices, examineAcceptance, examineClosing, examineCurrent,
  examineLedger, examineNotice, examineWithdrawal, type Accepted, type LeafFiles,
} from "./examination";
import type { Leaf } from "./ledger";
import { partOf } from "./manifest";
import { BID_SEGMENT, type Custodian, type Notice } from "./notice";
import { typeOf } from "./objects";
import { LEDGER, LOG_ENTRIES, bidName, noticeNames } from "./package";
import type { CheckedClosing } from "./releases";
import { PARTS } from "./schemas";
import type { Trust } from "./trust";

/** A file and the signature beside it. */
export interface Signed {
  readonly raw: Bytes;
  readonly signature: Bytes;
}

/** A closed tender as the platform hands it out, to the byte; `earlier` are the notices before the present one. */
export interface ClosedTender {
  readonly notice: Signed;
  readonly earlier: readonly Signed[];
  readonly closing: Bytes;
  readonly closingEntry: Bytes;
  readonly closingProof: Bytes;
  readonly leaves: readonly Bytes[];
  readonly acceptances: ReadonlyMap<string, LeafFiles>;
  readonly withdrawals: ReadonlyMap<string, LeafFiles>;
  /** The tender's entries of the public log so far; null where what they show is not checked. */
  readonly entries: readonly Bytes[] | null;
}

/**
 * Every check of the protocol's "Opening" that needs no memory; `policy` is the digest that was accepted at publication,
 * `now` the custodian's own clock in microseconds; whoever opens what is open already gives null for either.
 *
 * 1. The notice: signature, chain, signer = buyer, enrolled; its policy is the accepted one. 2. The clock is past the
 * policy's opening time. 3. The closing: signed, for this tender, policy, deadline and log. 4. The log holds this
 * closing and no other, no later notice, and nothing that ended the tender. 5. The ledger's root. 6. Each leaf's
 * receipt, signature, chain, signer and time. 7. The current bids, from the ledger alone. Raises BidError.
 */
export async function checkClosed(
  closed: ClosedTender, trust: Trust, policy: string | null, now: bigint | null,
): Promise<CheckedClosing> {
  const { notice } = await examineNotice(closed.notice.raw, closed.notice.signature, trust);
  if (policy !== null && notice.policy.digest !== policy) throw new BidError("policy-not-accepted");
  if (now !== null && now < parseTime(notice.policy.opensAt)) throw new BidError("opening-early", { opens_at: notice.policy.opensAt });
  const closing = await examineClosing(closed.closing, notice, trust);
  if (closed.entries !== null) await checkEntries(closed.entries, notice, closing.digest);
  await examineClosingEntry(closed.closingEntry, closed.closingProof, closing, trust);
  const leaves = await examineLedger(closed.leaves, closing, trust);
  const accepted = await examineBids(leaves, closed, notice, trust, closing);
  const chain = [notice];
  for (const { raw, signature } of closed.earlier) {
    chain.push((await examineNotice(raw, signature, trust, noticeNames(hexdigest(raw))[0])).notice);
  }
  await checkChain(chain);
  await checkManifestNotices(accepted.values(), chain);
  const current = await examineCurrent(leaves, accepted, notice);
  const suppliers = new Set(current.map((bid) => bid.supplier)).size;
  const minimumReached = suppliers >= notice.policy.minimumBidders;
  return { notice, policy: notice.policy, closing, current, suppliers, minimumReached, leaves };
}

async function examineBids(
  leaves: readonly Leaf[], closed: ClosedTender, notice: Notice, trust: Trust, closing: Closing,
): Promise<ReadonlyMap<string, Accepted>> {
  const accepted = new Map<string, Accepted>();
  const course = new Course(closing.at);
  for (const leaf of leaves) {
    const { bid } = leaf;
    const before = accepted.get(bid);
    const files = (leaf.kind === "acceptance" ? closed.acceptances : closed.withdrawals).get(bid);
    if (files === undefined) throw new BidError("file-missing", { file: bidName(bid, "manifest.json") });
    if (leaf.kind === "acceptance") {
      if (before !== undefined) throw new BidError("ledger-bid-twice", { bid, file: LEDGER });
      accepted.set(bid, await examineAcceptance(leaf, files, notice, trust, course));
    } else if (before !== undefined) {
      await examineWithdrawal(leaf, files, before, notice, trust, course);
    } else {
      throw new BidError("ledger-withdrawn-unknown", { bid, file: LEDGER });
    }
  }
  for (const bid of closed.acceptances.keys()) {
    if (!accepted.has(bid)) throw new BidError("bid-not-in-ledger", { bid, file: bidName(bid, "manifest.json") });
  }
  return accepted;
}

/** The log's entry of the closing, and that it is in the log; the checkpoint it is proved against. BidError. */
async function examineClosingEntry(entry: Bytes, proof: Bytes, closing: Closing, trust: Trust): Promise<Checkpoint> {
  return about(LOG_ENTRIES, async () => {
    const checkpoint = await refusingLater("closing proof", async () => {
      const given = parseProof(proof);
      const shown = await parseCheckpoint(given.checkpoint, trust.log, trust.logOrigin);
      merkle.verifyInclusion(given.index, shown.size, merkle.leafHash(entry), given.hashes, shown.root);
      return shown;
    });
    const read = parseEntry(entry);
    if (read.act !== "tender.closed" || read.tender !== closing.tender || read.digests["closing"] !== closing.digest) {
      throw new BidError("closing-not-logged");
    }
    return checkpoint;
  });
}

/** What the log says of the tender: this notice is the last, it was closed once by this closing, nothing ended it. */
async function checkEntries(entries: readonly Bytes[], notice: Notice, closing: string): Promise<void> {
  await about(LOG_ENTRIES, () => {
    let last: string | undefined;
    const closings: (string | undefined)[] = [];
    for (const entry of entries.map(parseEntry)) {
      if (entry.tender !== notice.tender) continue;
      if ((ENDING_ACTS as readonly string[]).includes(entry.act)) throw new BidError("tender-ended", { act: entry.act });
      if ((PUBLISHING_ACTS as readonly string[]).includes(entry.act)) last = entry.digests["notice"];
      if (entry.act === "tender.closed") closings.push(entry.digests["closing"]);
    }
    if (last === undefined) throw new BidError("notice-not-logged");
    if (last !== notice.digest) throw new BidError("notice-not-last");
    if (closings.length === 0) throw new BidError("closing-not-logged");
    if (closings.length > 1 || closings[0] !== closing) throw new BidError("closing-second");
  });
}

/** Check that the log of the note `checkpoint` begins with all of the one in the note `seen`; BidError "log-rewritten". */
export async function checkLogExtends(
  seen: Bytes | undefined, checkpoint: Bytes, consistency: (older: bigint, newer: bigint) => Promise<readonly Bytes[]>, trust: Trust,
): Promise<void> {
  const newer = await refusingLater("log checkpoint", () => parseCheckpoint(checkpoint, trust.log, trust.logOrigin));
  if (seen === undefined) return;
  const older = await refusingLater("log checkpoint", () => parseCheckpoint(seen, trust.log, trust.logOrigin));
  const rewritten = new BidError("log-rewritten", { old: String(older.size), new: String(newer.size) });
  if (older.size > newer.size) throw rewritten;
  const proof = older.size === newer.size ? [] : await consistency(older.size, newer.size);
  try {
    merkle.verifyConsistency(older.size, newer.size, older.root, newer.root, proof);
  } catch {
    throw rewritten;
  }
}

/** A release's members beside `at`, and by bid this custodian's shares of the `files` parts, for the people entitled. */
export interface BuiltRelease {
  readonly members: JSONObject;
  readonly files: ReadonlyMap<string, Bytes>;
}

/** Build a custodian's release; a share that does not open, or is another than was committed to, is refused. BidError. */
export async function buildRelease(
  checked: CheckedClosing, custodianId: string, seed: Bytes, publicKey: Bytes,
): Promise<BuiltRelease> {
  const { policy, closing } = checked;
  const custodian = policy.custodians.find((one) => one.id === custodianId);
  if (custodian === undefined) throw new BidError("custodian-unknown", { custodian: custodianId });
  if (!checked.minimumReached) {
    throw new BidError("minimum-not-reached", { found: checked.suppliers, wanted: policy.minimumBidders });
  }
  if (!equal(publicKey, custodian.sealingKey)) throw new BidError("sealing-key-differs", { custodian: custodianId });
  const rows: JSONValue[] = [];
  const files = new Map<string, Bytes>();
  for (const bid of checked.current) {
    for (const name of PARTS) {
      const opened = await openShare(checked, bid, name, custodian, seed);
      const row: Record<string, JSONValue> = { bid: bid.bid, part: name };
      if (typeof opened === "string") row["refusal"] = opened;
      else if (name === "public") row["share"] = b64encode(opened);
      else {
        row["share_sha256"] = hexdigest(opened);
        files.set(bid.bid, opened);
      }
      rows.push(row);
    }
  }
  const members = { tender: policy.tender, segment: BID_SEGMENT, custodian: custodianId, closing: closing.digest, shares: rows };
  return { members, files };
}

async function openShare(
  { policy }: CheckedClosing, bid: Accepted, name: (typeof PARTS)[number], custodian: Custodian, seed: Bytes,
): Promise<Bytes | string> {
  const suite = byName(policy.suite);
  const part = partOf(bid.manifest, name, BID_SEGMENT);
  const place = { tender: policy.tender, policy: policy.digest, supplier: bid.supplier, bid: bid.bid, segment: BID_SEGMENT, part: name };
  const at = custodian.position - 1;
  try {
    const share = await suite.openShare(seed, suite.context(place), custodian.position, part.sealedShares[at] as Bytes);
    return hexdigest(share) === part.shareDigests[at] ? share : "commitment-differs";
  } catch (error) {
    if (error instanceof SealingError) return "does-not-open";
    throw error;
  }
}

/** A share of a `files` part sealed to the agency's envelope key, as base64. */
export async function sealFilesShare(
  envelopeKey: Bytes, tender: string, bid: string, custodianId: string, share: Bytes, suite: string,
): Promise<string> {
  const context = filesContext(tender, bid, custodianId);
  return b64encode(await refusingLater("files share", () => byName(suite).sealShare(envelopeKey, context, share.at(-1) ?? 0, share)));
}

/** The share that `sealFilesShare` sealed, with the envelope key's seed; BidError "sealing-failed" if it does not open. */
export async function openFilesShare(
  seed: Bytes, tender: string, bid: string, custodian: Custodian, sealed: string, suite: string,
): Promise<Bytes> {
  const context = filesContext(tender, bid, custodian.id);
  return refusingLater("files share", () => byName(suite).openShare(seed, context, custodian.position, b64decode(sealed)));
}

function filesContext(tender: string, bid: string, custodian: string): Bytes {
  return refusing("files share", () => dumps({ type: typeOf("files-share"), tender, bid, segment: BID_SEGMENT, custodian }));
}
