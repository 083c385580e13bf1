// The closing and the ledger under it: every bid received, and which of them were current.
import type { Closing } from "../closing";
import { BidError } from "../errors";
import {
  Course, checkManifestNotices, examineAcceptance, examineClosing, examineCurrent, examineLedger, examineWithdrawal,
  type Accepted, type LeafFiles,
} from "../examination";
import type { Leaf } from "../ledger";
import type { Notice } from "../notice";
import { CLOSING, LEDGER, LOG_ENTRIES, bidName, splitLines, type Package } from "../package";
import type { CheckedClosing } from "../releases";
import type { Trust } from "../trust";
import type { Book, Step } from "./findings";
import { checkDigest, checkFileDigest, type Log } from "./log";
import { noteRevoked } from "./revoked";

/**
 * 1. The closing: signed by the platform, for the notice's tender, policy and deadline; in the log, once. 2. The
 * ledger: the root over its leaves is that of the closing's checkpoint. 3. Each leaf's receipt, signature, chain,
 * signer and time. 4. The current bids, computed from the ledger alone.
 */
export async function checkClosing(
  files: Package, book: Book, trust: Trust, log: Log, notices: readonly [Notice, ...Notice[]],
): Promise<CheckedClosing | null> {
  const [notice] = notices;
  const closings: Closing[] = [];
  await book.step("verify-closing-signed", [CLOSING], {}, async () => {
    closings.push(await examineClosing(await files.read(CLOSING), notice, trust));
  });
  const [closing] = closings;
  if (closing === undefined) {
    await book.note("verify-skipped", [CLOSING]);
    return null;
  }
  await book.step("verify-closing-logged", [CLOSING, LOG_ENTRIES], {}, () => {
    const entry = log.only("tender.closed");
    checkDigest(entry, "closing", closing.digest);
    checkFileDigest(entry, "closing_file", closing.raw);
  });
  const ledgers: (readonly Leaf[])[] = [];
  await book.step("verify-ledger-root", [LEDGER], {}, async (step) => {
    const found = await examineLedger(splitLines(await files.read(LEDGER), LEDGER), closing, trust);
    ledgers.push(found);
    step.params["count"] = String(found.length);
  });
  const [leaves] = ledgers;
  if (leaves === undefined) {
    await book.note("verify-skipped", [LEDGER]);
    return null;
  }
  let accepted: ReadonlyMap<string, Accepted> = new Map();
  const bids = await book.step("verify-bids", [LEDGER], { count: leaves.length }, async (step) => {
    accepted = await checkLeaves(files, trust, notice, closing, leaves, step);
    await checkManifestNotices(accepted.values(), notices);
  });
  const checked: CheckedClosing[] = [];
  if (bids.reasons.length === 0) {
    await book.step("verify-current", [LEDGER], {}, async (step) => {
      const current = await examineCurrent(leaves, accepted, notice);
      const suppliers = new Set(current.map((bid) => bid.supplier)).size;
      const minimumReached = suppliers >= notice.policy.minimumBidders;
      checked.push({ notice, policy: notice.policy, closing, current, suppliers, minimumReached, leaves });
      Object.assign(step.params, { count: String(current.length), suppliers: String(suppliers) });
    });
  }
  if (checked[0] === undefined) await book.note("verify-skipped", [LEDGER]);
  else await noteRevoked(book, accepted.values());
  return checked[0] ?? null;
}

async function checkLeaves(
  files: Package, trust: Trust, notice: Notice, closing: Closing, leaves: readonly Leaf[], step: Step,
): Promise<ReadonlyMap<string, Accepted>> {
  const accepted = new Map<string, Accepted>();
  const course = new Course(closing.at);
  for (const leaf of leaves) {
    await step.guard([], async () => {
      const before = accepted.get(leaf.bid);
      if (leaf.kind === "acceptance") {
        if (before !== undefined) throw new BidError("ledger-bid-twice", { bid: leaf.bid, file: LEDGER });
        const behind = await acceptanceFiles(files, leaf);
        accepted.set(leaf.bid, await examineAcceptance(leaf, behind, notice, trust, course));
      } else if (before !== undefined) {
        await acceptanceFiles(files, leaf);
        await examineWithdrawal(leaf, await withdrawalFiles(files, leaf), before, notice, trust, course);
      } else {
        throw new BidError("ledger-withdrawn-unknown", { bid: leaf.bid, file: LEDGER });
      }
    });
  }
  return accepted;
}

async function acceptanceFiles(files: Package, { bid }: Leaf): Promise<LeafFiles> {
  const document = await files.read(bidName(bid, "manifest.json"));
  const signature = await files.read(bidName(bid, "manifest.p7s"));
  return { document, signature, receipt: await files.read(bidName(bid, "receipt.json")) };
}

async function withdrawalFiles(files: Package, { bid }: Leaf): Promise<LeafFiles> {
  const document = await files.read(bidName(bid, "withdrawal.json"));
  const signature = await files.read(bidName(bid, "withdrawal.p7s"));
  return { document, signature, receipt: await files.read(bidName(bid, "withdrawal-receipt.json")) };
}
