// Examining a closed tender object by object: what custodian, opener and verifier all do alike.
//
// Every refusal names the file it is about, as the evidence package calls it.
import type { Party } from "../signing/certificates";
import { spkiOf } from "../signing/chains";
import type { Verified } from "../signing/cms_reading";
import { equal, parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import * as merkle from "../signing/merkle";
import { parseCheckpoint } from "../signing/notes";
import { later } from "../signing/python";
import type { VerifiedStatement } from "../signing/statements";
import type { X509 } from "../signing/x509";
import { parseClosing, type Closing } from "./closing";
import { BidError, about, refusingLater } from "./errors";
import { currentBids, parseLeaf, type Leaf } from "./ledger";
import { checkSealing, parseManifest, type Manifest } from "./manifest";
import { parseNotice, type Notice, type VerifiedNotice } from "./notice";
import { CLOSING, LEDGER, NOTICE, bidName } from "./package";
import { parseWithdrawal, verifyReceipt, type Receipt } from "./receipts";
import { SKEW, type Trust } from "./trust";

export const PUBLISHING_ACTS = ["tender.published", "tender.amended"] as const;
export const ENDING_ACTS = ["tender.cancelled", "tender.suspended"] as const;

/** What stands behind a bid's leaf: manifest or withdrawal, its signature and its receipt. */
export interface LeafFiles {
  readonly document: Bytes;
  readonly signature: Bytes;
  readonly receipt: Bytes;
}

/** A bid of the ledger that was examined: received at `receivedAt` by its receipt; `revokedAt`: when its signer's
 * certificate was revoked, by any list there is. */
export interface Accepted {
  readonly bid: string;
  readonly supplier: string;
  readonly manifest: Manifest;
  readonly receivedAt: bigint;
  readonly certificate: X509;
  readonly revokedAt: bigint | null;
}

/** What is followed along a ledger, leaf by leaf: times of receipt, and who each supplier is. */
export class Course {
  private last: bigint | null = null;
  private readonly suppliers = new Map<string, string>();

  constructor(private readonly closing: bigint) {}

  /** Take the next leaf's receipt: times never go back, and none is after the closing. */
  follow(receipt: Receipt): void {
    const { bid } = receipt;
    if (parseTime(receipt.at) > this.closing) throw new BidError("receipt-after-closing", { bid });
    const receivedAt = parseTime(receipt.receivedAt);
    if (this.last !== null && receivedAt < this.last) throw new BidError("receipt-order", { bid });
    this.last = receivedAt;
  }

  /** One organisation is one supplier, or it could make up the minimum by itself. */
  meet({ organisation, id }: Party): void {
    const before = this.suppliers.get(organisation);
    if (before === undefined) this.suppliers.set(organisation, id);
    else if (before !== id) throw new BidError("organisation-twice", { organisation });
  }
}

/** The notice: signature and chain as of its own time, signer = buyer, enrolled as an agency; BidError. */
export function examineNotice(raw: Bytes, signature: Bytes, trust: Trust, file = NOTICE): Promise<VerifiedNotice> {
  return about(file, async () => {
    const notice = await parseNotice(raw);
    const at = parseTime(notice.at);
    const [party, { certificate }] = await trust.verifySignature("notice", raw, signature, at);
    if (party.role !== "agency") throw new BidError("signer-role", { what: "notice", wanted: "agency", role: party.role });
    const { buyer } = notice;
    if (party.id !== buyer.id || party.organisation !== buyer.organisation) throw new BidError("signer-not-buyer");
    trust.resolve(certificate, at);
    return { notice, certificate, party };
  });
}

/** The closing: signed by the platform, for this notice's tender, policy, deadline and the log that is trusted. */
export function examineClosing(data: Bytes, notice: Notice, trust: Trust): Promise<Closing> {
  return about(CLOSING, async () => {
    const closing = parseClosing(await trust.platformStatement("closing", data));
    const pairs: ReadonlyArray<readonly [string, unknown, unknown]> = [
      ["tender", closing.tender, notice.tender],
      ["policy", closing.policy, notice.policy.digest],
      ["deadline", closing.deadline, parseTime(notice.deadline)],
      ["log", closing.log, trust.logOrigin],
    ];
    for (const [name, stated, wanted] of pairs) if (stated !== wanted) throw new BidError(`closing-other-${name}`);
    return closing;
  });
}

/** The leaves, if they are exactly those under the closing's checkpoint; BidError "ledger-size", "ledger-root", …. */
export async function examineLedger(rawLeaves: readonly Bytes[], closing: Closing, trust: Trust): Promise<readonly Leaf[]> {
  const checkpoint = await about(CLOSING, () =>
    refusingLater("ledger checkpoint", async () => {
      const verifier = await trust.log.renamed(closing.ledgerOrigin);
      return parseCheckpoint(closing.checkpoint, verifier, closing.ledgerOrigin);
    }),
  );
  return about(LEDGER, () => {
    if (checkpoint.size !== BigInt(rawLeaves.length)) {
      throw new BidError("ledger-size", { wanted: String(checkpoint.size), found: rawLeaves.length });
    }
    if (!equal(merkle.root(rawLeaves.map(merkle.leafHash)), checkpoint.root)) throw new BidError("ledger-root");
    return rawLeaves.map(parseLeaf);
  });
}

/** A bid as accepted: receipt, manifest, and the supplier's signature as of the time of receipt; BidError. */
export async function examineAcceptance(
  leaf: Leaf, files: LeafFiles, notice: Notice, trust: Trust, course: Course,
): Promise<Accepted> {
  const { bid } = leaf;
  const receipt = await examineReceipt(leaf, files.receipt, bidName(bid, "receipt.json"), notice, trust, course);
  const manifest = await about(bidName(bid, "manifest.json"), () => {
    const parsed = parseManifest(files.document);
    if (parsed.digest !== leaf.document) throw new BidError("leaf-mismatch", { bid, member: "manifest" });
    const pairs: ReadonlyArray<readonly [string, string, string]> = [
      ["tender", parsed.tender, notice.tender],
      ["suite", parsed.suite, notice.policy.suite],
      ["supplier", parsed.supplier, leaf.supplier],
      ["bid", parsed.bid, bid],
    ];
    for (const [name, stated, wanted] of pairs) if (stated !== wanted) throw new BidError(`manifest-other-${name}`);
    if (receipt.policy !== parsed.policy) throw new BidError("receipt-mismatch", { member: "policy", bid });
    if (parsed.policy === notice.policy.digest) checkSealing(parsed, notice.policy);
    return parsed;
  });
  const name = bidName(bid, "manifest.p7s");
  const [party, signer] = await signerOf(leaf, "manifest", files, receipt, name, trust);
  await about(name, () => course.meet(party));
  const { certificate } = signer;
  const revokedAt = await trust.revokedAt(signer);
  return { bid, supplier: leaf.supplier, manifest, receivedAt: parseTime(receipt.receivedAt), certificate, revokedAt };
}

/** A withdrawal: as an acceptance is examined, and signed under the key of the bid that it takes back; BidError. */
export async function examineWithdrawal(
  leaf: Leaf, files: LeafFiles, accepted: Accepted, notice: Notice, trust: Trust, course: Course,
): Promise<void> {
  const { bid } = leaf;
  const receipt = await examineReceipt(leaf, files.receipt, bidName(bid, "withdrawal-receipt.json"), notice, trust, course);
  await about(bidName(bid, "withdrawal.json"), () => {
    const withdrawal = parseWithdrawal(files.document);
    if (withdrawal.digest !== leaf.document) throw new BidError("leaf-mismatch", { bid, member: "withdrawal" });
    const { tender, supplier, policy } = withdrawal;
    if (tender !== notice.tender || supplier !== leaf.supplier || withdrawal.bid !== bid || policy !== receipt.policy) {
      throw new BidError("withdrawal-other", { bid });
    }
  });
  const name = bidName(bid, "withdrawal.p7s");
  const [, signer] = await signerOf(leaf, "withdrawal", files, receipt, name, trust);
  await about(name, () => checkSameKey(signer.certificate, accepted));
}

function examineReceipt(
  leaf: Leaf, data: Bytes, file: string, notice: Notice, trust: Trust, course: Course,
): Promise<Receipt> {
  return about(file, async () => {
    const receipt = await verifyReceipt(data, trust.roots, trust.revocations);
    const { bid } = leaf;
    if (receipt.digest !== leaf.receipt) throw new BidError("leaf-mismatch", { bid, member: "receipt" });
    const kind = leaf.kind === "acceptance" ? "manifest" : "withdrawal";
    const pairs: ReadonlyArray<readonly [string, string, string]> = [
      ["tender", receipt.tender, notice.tender],
      ["bid", receipt.bid, bid],
      ["kind", receipt.kind, kind],
      [kind, receipt.document, leaf.document],
      ["signature", receipt.signature, leaf.signature],
    ];
    for (const [member, stated, wanted] of pairs) {
      if (stated !== wanted) throw new BidError("receipt-mismatch", { member, bid });
    }
    if (parseTime(receipt.receivedAt) > parseTime(notice.deadline)) throw new BidError("receipt-late", { bid });
    course.follow(receipt);
    return receipt;
  });
}

function signerOf(
  leaf: Leaf, what: string, files: LeafFiles, receipt: Receipt, file: string, trust: Trust,
): Promise<readonly [Party, Verified]> {
  return about(file, async () => {
    if (hexdigest(files.signature) !== leaf.signature) {
      throw new BidError("leaf-mismatch", { bid: leaf.bid, member: "signature" });
    }
    const at = parseTime(receipt.receivedAt);
    const [party, verified] = await trust.verify(what, files.document, files.signature, at, "supplier", receipt.crl);
    if (party.id !== leaf.supplier) throw new BidError("signer-not-supplier", { bid: leaf.bid });
    return [party, verified] as const;
  });
}

/** BidError "other-key" unless both certificates are for one key: only who made a bid takes it back. */
async function checkSameKey(certificate: X509, accepted: Accepted): Promise<void> {
  if (certificate.fingerprint === accepted.certificate.fingerprint) return;
  const [one, other] = await refusingLater("certificate", async () => [
    await spkiOf(certificate), await spkiOf(accepted.certificate),
  ]);
  if (!equal(one as Bytes, other as Bytes)) throw new BidError("other-key", { bid: accepted.bid });
}

/** The current bids, computed from the whole ledger, in its order; replacements are by the same key. BidError. */
export async function examineCurrent(
  leaves: readonly Leaf[], accepted: ReadonlyMap<string, Accepted>, notice: Notice,
): Promise<readonly Accepted[]> {
  const links = new Map(Array.from(accepted, ([bid, one]) => [bid, one.manifest]));
  const current = await about(LEDGER, () => currentBids(leaves, links, notice.policy.digest));
  for (const one of accepted.values()) {
    const { replaces } = one.manifest;
    if (replaces !== null) {
      await about(bidName(one.bid, "manifest.p7s"), () => checkSameKey(one.certificate, accepted.get(replaces) as Accepted));
    }
  }
  return current.map((leaf) => accepted.get(leaf.bid) as Accepted);
}

/** Each manifest is for a notice of the tender, under that notice's policy, and was received after it; BidError. */
export async function checkManifestNotices(
  accepted: Iterable<Accepted>, notices: readonly Notice[],
): Promise<void> {
  const known = new Map(notices.map((one) => [one.digest, one]));
  for (const one of accepted) {
    await about(bidName(one.bid, "manifest.json"), () => {
      const named = known.get(one.manifest.notice);
      if (named?.policy.digest !== one.manifest.policy) throw new BidError("manifest-other-notice");
      if (one.receivedAt < later(parseTime(named.at), -SKEW)) throw new BidError("receipt-before-notice", { bid: one.bid });
    });
  }
}

/** A release's signature and chain as of its own time, its signer enrolled as a custodian; that party, its key. */
export async function verifyReleaseStatement(
  data: Bytes, trust: Trust,
): Promise<readonly [Party, VerifiedStatement, Bytes]> {
  const [party, read] = await trust.verifyStatement("release", data, "custodian");
  return [party, read, await refusingLater("release", () => spkiOf(read.verified.certificate))];
}
