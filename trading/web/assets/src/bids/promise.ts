// Whether the platform kept the promise of a receipt: that the bid stands in the ledger that was published, or the
// bidder's secret in the statement that ended the window to unlock. By the steps of bids/promise.py.
import { equal, formatMoment, parseTime, type Bytes } from "../signing/encoding";
import * as merkle from "../signing/merkle";
import { parseCheckpoint, parseProof } from "../signing/notes";
import type { X509 } from "../signing/x509";
import { parseClosing, type Closing } from "./closing";
import { examineClosingEntry } from "./custody";
import { BidError } from "./errors";
import { examineLedger } from "./examination";
import { parseLeaf, type Leaf } from "./ledger";
import { parseManifest } from "./manifest";
import { CLOSING, CRLS, LEDGER, UNLOCKING } from "./package";
import { LEAF, LOG_ENTRY, MANIFEST, RECEIPT, TOKEN, UNLOCK_ENTRY, UNLOCK_RECEIPT, UNLOCK_TOKEN, type Kept } from "./receipt_bundle";
import { matchReceipt, parseReceipt, type Receipt } from "./receipts";
import { examineToken, type Stamped } from "./tokens";
import { verifyPlatform, type Trust } from "./trust";
import {
  checkUnlocked, checkUnlockingOf, examineUnlockingEntry, isUnlockReceipt, matchUnlockReceipt, parseUnlockReceipt,
  type UnlockReceipt,
} from "./unlock_receipts";
import { parseUnlocking, type Unlocking } from "./unlocking";
import { Book, type Finding } from "./verification/findings";

/** "kept", "broken" (two of the platform's signatures contradict each other), "nothing" is proved, or "open" yet. */
export type PromiseVerdict = "kept" | "broken" | "nothing" | "open";

type Found = { readonly of: "bid"; readonly receipt: Receipt } | { readonly of: "unlocking"; readonly receipt: UnlockReceipt };

/** What a receipt came to, with the findings in order. */
export interface Judgement {
  readonly verdict: PromiseVerdict;
  readonly findings: readonly Finding[];
  readonly of: Found["of"];
}

const DOUBTED = ["promise-closing", "promise-logged", "unlock-promise-statement", "unlock-promise-logged"];

/** Judge a receipt by what its holder has; nothing that it holds makes this throw. */
export async function judge(kept: Kept, trust: Trust, outside: readonly X509[]): Promise<Judgement> {
  const book = new Book();
  const of = isUnlockReceipt(new TextDecoder().decode(kept.receipt)) ? "unlocking" : "bid";
  const found = await checkReceipt(book, kept, trust, of);
  if (found === null) return { verdict: "nothing", findings: book.findings, of };
  await checkToken(book, found, trust, outside);
  const verdict = found.of === "unlocking"
    ? await judgeUnlocking(book, kept, found.receipt, trust)
    : await judgeBid(book, kept, found.receipt, trust);
  const doubted = book.findings.some((one) => one.ok === false && DOUBTED.includes(one.code));
  return { verdict: doubted && verdict === "kept" ? "open" : verdict, findings: book.findings, of };
}

async function checkReceipt(book: Book, kept: Kept, trust: Trust, of: Found["of"]): Promise<Found | null> {
  const { document, signature } = kept;
  const unlocking = of === "unlocking";
  // A receipt for unlocking names the manifest's lock, and no signature.
  const whole = document !== null && (unlocking || signature !== null);
  let found: Found | null = null;
  let listed = false;
  const [code, file] = unlocking ? ["unlock-promise-receipt", UNLOCK_RECEIPT] : ["promise-receipt", RECEIPT];
  await book.step(code, [file], {}, async (step) => {
    const read = await verifyPlatform(
      kept.receipt, unlocking ? "unlock-receipt" : "receipt", "receipt", trust.roots, trust.revocations);
    const told: Found = unlocking ? { of, receipt: parseUnlockReceipt(read) } : { of: "bid", receipt: parseReceipt(read) };
    const { bid, tender, at, receivedAt } = told.receipt;
    listed = await trust.revocations.reach(read.verified.intermediates[0] as X509, parseTime(at));
    Object.assign(step.params, { bid, tender, at: receivedAt });
    if (whole && told.of === "unlocking") matchUnlockReceipt(told.receipt, parseManifest(document));
    if (whole && told.of === "bid") matchReceipt(told.receipt, document, signature as Bytes);
    found = told;
  });
  if (found !== null && !listed) await book.note("promise-no-lists", [CRLS]);
  if (found !== null && !whole) await book.note("promise-no-document", [MANIFEST]);
  return found;
}

async function checkToken(book: Book, { of, receipt }: Found, trust: Trust, outside: readonly X509[]): Promise<void> {
  const [file, token] = of === "unlocking" ? [UNLOCK_RECEIPT, UNLOCK_TOKEN] : [RECEIPT, TOKEN];
  if (receipt.token === null) return book.note("promise-no-token", [file]);
  const stamps: Stamped[] = [];
  await book.step("promise-token", [token], {}, async (step) => {
    const found = (await examineToken(receipt, trust.roots, outside, trust.revocations)) as Stamped;
    step.params["time"] = formatMoment(found.stamp.time);
    stamps.push(found);
  });
  const [stamped] = stamps;
  if (stamped === undefined) return;
  const { authority, late } = stamped;
  // No page is given an outside authority's revocation lists.
  const left = { own: "promise-token-own", outside: "promise-token-unlisted", unrooted: "promise-token-unrooted" };
  await book.note(left[authority], [token]);
  if (late > 0n) await book.note("promise-token-late", [token], { minutes: String(late / 60_000_000n) });
}

async function judgeUnlocking(book: Book, kept: Kept, receipt: UnlockReceipt, trust: Trust): Promise<PromiseVerdict> {
  const data = kept.unlocking;
  if (data === null) {
    await book.note("unlock-promise-not-ended", [UNLOCKING]);
    return "open";
  }
  const unlocking = await unlockingOf(book, data, receipt, trust);
  if (unlocking === null) return "nothing";
  const { entry, entryProof } = kept;
  if (entry === null || entryProof === null) await book.note("unlock-promise-not-logged", [UNLOCK_ENTRY]);
  else {
    await book.step("unlock-promise-logged", [UNLOCK_ENTRY], {}, async () => {
      await examineUnlockingEntry(entry, entryProof, unlocking, trust);
    });
  }
  const stands = await book.step("unlock-promise-stands", [UNLOCKING], { bid: receipt.bid }, () =>
    checkUnlocked(receipt, unlocking));
  return stands.reasons.length > 0 ? "broken" : "kept";
}

async function unlockingOf(book: Book, data: Bytes, receipt: UnlockReceipt, trust: Trust): Promise<Unlocking | null> {
  let unlocking: Unlocking | null = null;
  await book.step("unlock-promise-statement", [UNLOCKING], {}, async (step) => {
    const found = parseUnlocking(await trust.platformStatement("unlocking", data));
    step.params["at"] = formatMoment(found.at);
    if (found.tender === receipt.tender) unlocking = found;
    checkUnlockingOf(receipt, found);
  });
  return unlocking;
}

async function judgeBid(book: Book, kept: Kept, receipt: Receipt, trust: Trust): Promise<PromiseVerdict> {
  if (kept.closing === null) {
    await book.note("promise-not-closed");
    return "open";
  }
  const closing = await closingOf(book, kept.closing, receipt, trust);
  if (closing === null) return "nothing";
  const { entry, entryProof } = kept;
  if (entry === null || entryProof === null) await book.note("promise-not-logged", [LOG_ENTRY]);
  else {
    await book.step("promise-logged", [LOG_ENTRY], {}, async () => {
      await examineClosingEntry(entry, entryProof, closing, trust);
    });
  }
  return checkLeaf(book, kept, closing, receipt, trust);
}

async function closingOf(book: Book, data: Bytes, receipt: Receipt, trust: Trust): Promise<Closing | null> {
  let closing: Closing | null = null;
  await book.step("promise-closing", [CLOSING], {}, async (step) => {
    const found = parseClosing(await trust.platformStatement("closing", data));
    step.params["at"] = formatMoment(found.at);
    if (found.tender !== receipt.tender) throw new BidError("closing-other-tender", { file: CLOSING });
    if (found.log !== trust.logOrigin) throw new BidError("closing-other-log", { file: CLOSING });
    closing = found;
    // No excuse: the platform gives none after its deadline, so the closing may name a false one.
    if (parseTime(receipt.receivedAt) > found.deadline) throw new BidError("receipt-late", { bid: receipt.bid });
  });
  return closing;
}

async function checkLeaf(
  book: Book, { ledger, leaf, leafProof }: Kept, closing: Closing, receipt: Receipt, trust: Trust,
): Promise<PromiseVerdict> {
  let leaves: readonly Leaf[] | null = null;
  if (ledger !== null) {
    await book.step("promise-ledger", [LEDGER], {}, async (step) => {
      leaves = await examineLedger(ledger, closing, trust);
      step.params["count"] = String(leaves.length);
    });
  } else if (leaf !== null && leafProof !== null) {
    await book.step("promise-leaf-proof", [LEAF], {}, async () => {
      leaves = [await provedLeaf(leaf, leafProof, closing, trust)];
    });
  } else {
    await book.note("promise-no-ledger", [LEDGER]);
    return "open";
  }
  if (leaves === null) return "nothing";
  const all: readonly Leaf[] = leaves;
  const stands = await book.step("promise-stands", [LEDGER], { bid: receipt.bid }, () => checkStands(all, receipt));
  if (stands.reasons.length === 0) return "kept";
  // One leaf alone does not show what the others are.
  return ledger !== null ? "broken" : "open";
}

async function provedLeaf(leaf: Bytes, data: Bytes, closing: Closing, trust: Trust): Promise<Leaf> {
  const verifier = await trust.log.renamed(closing.ledgerOrigin);
  const proof = parseProof(data);
  const shown = await parseCheckpoint(proof.checkpoint, verifier, closing.ledgerOrigin);
  merkle.verifyInclusion(proof.index, shown.size, merkle.leafHash(leaf), proof.hashes, shown.root);
  const frozen = await parseCheckpoint(closing.checkpoint, verifier, closing.ledgerOrigin);
  if (shown.size !== frozen.size || !equal(shown.root, frozen.root)) throw new BidError("ledger-root", { file: CLOSING });
  return parseLeaf(leaf);
}

/** BidError "promise-missing", or "promise-differs" naming the member. */
function checkStands(leaves: readonly Leaf[], receipt: Receipt): void {
  const { bid } = receipt;
  const kind = receipt.kind === "manifest" ? "acceptance" : "withdrawal";
  const found = leaves.find((leaf) => leaf.bid === bid && leaf.kind === kind);
  if (found === undefined) throw new BidError("promise-missing", { bid, file: LEDGER });
  const pairs = [
    [receipt.kind, receipt.document, found.document], ["signature", receipt.signature, found.signature],
    ["receipt", receipt.digest, found.receipt],
  ] as const;
  for (const [member, stated, there] of pairs) {
    if (stated !== there) throw new BidError("promise-differs", { bid, member, file: LEDGER });
  }
}
