// What a custodian does by itself before it releases anything, and the release.
//
// It believes nobody: not the platform that hands it the closed tender, and no time in any statement but the one in the
// policy of the signed notice that it accepted.
import { dumps, type JSONObject, type JSONValue } from "../signing/canonical";
import { b64decode, b64encode, equal, parseTime, type Bytes } from "../signing/encoding";
import { SealingError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import * as merkle from "../signing/merkle";
import { parseCheckpoint, parseProof, type Checkpoint, type NoteVerifier } from "../signing/notes";
import { byName } from "../signing/suite";
import { checkChain } from "./amendments";
import type { Closing } from "./closing";
import { parseEntry, type Entry } from "./entries";
import { BidError, about, refusing, refusingLater } from "./errors";
import {
  Course, ENDING_ACTS, PUBLISHING_ACTS, checkManifestNotices, examineAcceptance, examineClosing, examineCurrent,
  examineLedger, examineNotice, examineWithdrawal, type Accepted, type LeafFiles,
} from "./examination";
import type { Leaf } from "./ledger";
import { partOf } from "./manifest";
import { placeOf, type Custodian, type Notice } from "./notice";
import { parseOpeningRecord, type OpeningRecord } from "./opening_record";
import { typeOf } from "./objects";
import { LEDGER, LOG_ENTRIES, bidName, noticeNames, recordNames } from "./package";
import { bidsOf, type CheckedClosing } from "./releases";
import { PARTS } from "./schemas";
import { checkStage, parseStage, type CheckedStage, type Stage } from "./stages";
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

/** An entry that a proof shows to be in the log; the checkpoint it is proved against. BidError that names `what`. */
export function examineEntry(entry: Bytes, proof: Bytes, trust: Trust, what: string): Promise<Checkpoint> {
  return refusingLater(what, async () => {
    const given = parseProof(proof);
    const shown = await parseCheckpoint(given.checkpoint, trust.log, trust.logOrigin);
    merkle.verifyInclusion(given.index, shown.size, merkle.leafHash(entry), given.hashes, shown.root);
    return shown;
  });
}

/** The log's entry of the closing, and that it is in the log; the checkpoint it is proved against. BidError. */
export async function examineClosingEntry(entry: Bytes, proof: Bytes, closing: Closing, trust: Trust): Promise<Checkpoint> {
  return about(LOG_ENTRIES, async () => {
    const checkpoint = await examineEntry(entry, proof, trust, "closing proof");
    const read = parseEntry(entry);
    if (read.act !== "tender.closed" || read.tender !== closing.tender || read.digests["closing"] !== closing.digest) {
      throw new BidError("closing-not-logged");
    }
    return checkpoint;
  });
}

/** What the log says of the tender: this notice is the last, it was closed once by this closing, nothing ended it. */
export async function checkEntries(entries: readonly Bytes[], notice: Notice, closing: string): Promise<void> {
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

/**
 * The stage statement on which `segment` opens, with those before it; null for the first segment.
 *
 * `entries` are the tender's log entries so far, `records` the files of the opening records of the segments before, in
 * their order. For each stage: the platform signed the record and the log has it; after it the log has the agency's
 * statement, the only one for its segment; and it holds by `checkStage`. Nothing ended the tender. Raises BidError.
 */
export async function checkStages(
  checked: CheckedClosing, segment: string, entries: readonly Bytes[], records: readonly Bytes[], trust: Trust,
): Promise<CheckedStage | null> {
  const { notice, policy, closing } = checked;
  const names = policy.segmentNames;
  const place = placeOf(policy, segment);
  if (place === 0) return null;
  const log = entries.map(parseEntry).filter((entry) => entry.tender === notice.tender);
  const placesOf = (act: string): number[] => log.flatMap((entry, at) => (entry.act === act ? [at] : []));
  const [opened, stated] = [placesOf("tender.opened"), placesOf("tender.admitted")];
  const stages = await about(LOG_ENTRIES, async () => {
    for (const { act } of log) {
      if ([...ENDING_ACTS, "tender.failed"].includes(act)) throw new BidError("tender-ended", { act });
    }
    if (Math.min(opened.length, stated.length, records.length) < place) throw new BidError("stage-missing", { segment });
    const found: Stage[] = [];
    for (const at of stated) found.push(await stageOf(log[at] as Entry, notice, trust));
    if (new Set(found.map((one) => one.segment)).size < found.length) throw new BidError("stage-second", { segment });
    return found;
  });
  let bids = checked.current;
  let found: CheckedStage | null = null;
  for (let at = 0; at < place; at += 1) {
    const [openedAt, statedAt] = [opened[at] as number, stated[at] as number];
    const record = await recordOf(log[openedAt] as Entry, records[at] as Bytes, names[at] as string, trust);
    const own = await about(LOG_ENTRIES, () => {
      if (statedAt < openedAt) throw new BidError("stage-record");
      return checkStage(stages[at] as Stage, names[at + 1] as string, record, bids, notice, closing.digest);
    });
    bids = own.bids;
    found = own;
  }
  return found;
}

/** The stage statement that an entry holds, signed by the notice's buyer. */
async function stageOf(entry: Entry, notice: Notice, trust: Trust): Promise<Stage> {
  if (entry.statementFile === null) throw new BidError("entry-statement", { act: entry.act });
  const [party, read] = await trust.verifyStatement("stage", entry.statementFile, "agency");
  if (party.id !== notice.buyer.id) throw new BidError("signer-not-buyer");
  return parseStage(read);
}

/** A segment's opening record, as the log's entry names it. */
async function recordOf(entry: Entry, file: Bytes, segment: string, trust: Trust): Promise<OpeningRecord> {
  return about(recordNames(segment)[0], async () => {
    const record = parseOpeningRecord(await trust.platformStatement("opening-record", file));
    if (entry.digests["opening_record"] !== record.digest) {
      throw new BidError("entry-digest", { act: entry.act, member: "opening_record" });
    }
    return record;
  });
}

/**
 * Check that the log of the note `checkpoint` begins with all of the one in the note `seen`; the new checkpoint. BidError
 * "note-invalid", "log-rewritten".
 */
export async function checkLogExtends(
  seen: Bytes | undefined, checkpoint: Bytes, consistency: (older: bigint, newer: bigint) => Promise<readonly Bytes[]>,
  log: NoteVerifier,
): Promise<Checkpoint> {
  const newer = await refusingLater("log checkpoint", () => parseCheckpoint(checkpoint, log, log.name));
  if (seen === undefined) return newer;
  const older = await refusingLater("log checkpoint", () => parseCheckpoint(seen, log, log.name));
  const rewritten = new BidError("log-rewritten", { old: String(older.size), new: String(newer.size) });
  if (older.size > newer.size) throw rewritten;
  const proof = older.size === newer.size || older.size === 0n ? [] : await consistency(older.size, newer.size);
  try {
    merkle.verifyConsistency(older.size, newer.size, older.root, newer.root, proof);
  } catch {
    throw rewritten;
  }
  return newer;
}

/** A release's members beside `at`, and by bid this custodian's shares of the `files` parts, for the people entitled. */
export interface BuiltRelease {
  readonly members: JSONObject;
  readonly files: ReadonlyMap<string, Bytes>;
}

/** Build a custodian's release of a segment, on its stage statement if it is not the first; a share that does not open, or is another than was committed to, is refused. BidError. */
export async function buildRelease(
  checked: CheckedClosing, custodianId: string, seed: Bytes, publicKey: Bytes, segment: string,
  stage: CheckedStage | null,
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
  for (const bid of bidsOf(checked, segment, stage)) {
    for (const name of PARTS) {
      const opened = await openShare(checked, bid, segment, name, custodian, seed);
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
  const members = { tender: policy.tender, segment, custodian: custodianId, closing: closing.digest, shares: rows };
  return { members, files };
}

async function openShare(
  { policy }: CheckedClosing, bid: Accepted, segment: string, name: (typeof PARTS)[number],
  custodian: Custodian, seed: Bytes,
): Promise<Bytes | string> {
  const suite = byName(policy.suite);
  const part = partOf(bid.manifest, name, segment);
  const place = { tender: policy.tender, policy: policy.digest, supplier: bid.supplier, bid: bid.bid, segment, part: name };
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
  envelopeKey: Bytes, tender: string, bid: string, segment: string, custodianId: string, share: Bytes, suite: string,
): Promise<string> {
  const context = filesContext(tender, bid, segment, custodianId);
  return b64encode(await refusingLater("files share", () => byName(suite).sealShare(envelopeKey, context, share.at(-1) ?? 0, share)));
}

/** The share that `sealFilesShare` sealed, with the envelope key's seed; BidError "sealing-failed" if it does not open. */
export async function openFilesShare(
  seed: Bytes, tender: string, bid: string, segment: string, custodian: Custodian, sealed: string, suite: string,
): Promise<Bytes> {
  const context = filesContext(tender, bid, segment, custodian.id);
  return refusingLater("files share", () => byName(suite).openShare(seed, context, custodian.position, b64decode(sealed)));
}

function filesContext(tender: string, bid: string, segment: string, custodian: string): Bytes {
  return refusing("files share", () => dumps({ type: typeOf("files-share"), tender, bid, segment, custodian }));
}
