// What a supplier keeps of a bid, as one ZIP: receipt, manifest, signature and, after the closing, the two proofs; or, as
// proof against the platform, the whole ledger in place of the leaf's.
import type { Content } from "../signing/contents";
import type { Bytes } from "../signing/encoding";
import { BidError } from "./errors";
import { CLOSING, CRLS, LEDGER, LOG_KEY, README, ROOTS, TIMESTAMP, UNLOCKING, readPackage, splitLines } from "./package";
import { readDirectory } from "./zip";

export const RECEIPT = "receipt.json";
export const TOKEN = "receipt.tsr";
export const MANIFEST = "manifest.json";
const MANIFEST_SIGNATURE = "manifest.p7s";
const WITHDRAWAL_RECEIPT = "withdrawal-receipt.json";
export const LEAF = "leaf.json";
export const LOG_ENTRY = "log/closing.json";
const LOG_PROOF = "log/closing.tlog-proof";
export const UNLOCK_RECEIPT = "unlock-receipt.json";
export const UNLOCK_TOKEN = "unlock-receipt.tsr";
export const UNLOCK_ENTRY = "log/unlocking.json";
const UNLOCK_PROOF = "log/unlocking.tlog-proof";

const LEDGERED = [
  [RECEIPT, MANIFEST, MANIFEST_SIGNATURE, LEAF, "leaf.tlog-proof"],
  [WITHDRAWAL_RECEIPT, "withdrawal.json", "withdrawal.p7s", "withdrawal-leaf.json", "withdrawal-leaf.tlog-proof"],
] as const;

const NAMES: ReadonlySet<string> = new Set([
  ...LEDGERED.flat(), TOKEN, "withdrawal-receipt.tsr", CLOSING, LEDGER, LOG_ENTRY, LOG_PROOF, LOG_KEY, README, ROOTS, CRLS,
  TIMESTAMP, UNLOCK_RECEIPT, UNLOCK_TOKEN, UNLOCKING, UNLOCK_ENTRY, UNLOCK_PROOF,
]);

/** A receipt and what it is for, and what its holder has of the published ledger; null is not at hand. */
export interface Kept {
  readonly receipt: Bytes;
  readonly document: Bytes | null;
  readonly signature: Bytes | null;
  readonly closing: Bytes | null;
  readonly leaf: Bytes | null;
  readonly leafProof: Bytes | null;
  readonly ledger: readonly Bytes[] | null;
  readonly unlocking: Bytes | null;
  readonly entry: Bytes | null;
  readonly entryProof: Bytes | null;
  readonly logKey: Bytes | null;
  readonly roots: Bytes | null;
  readonly crls: Bytes | null;
  readonly tsa: Bytes | null;
}

/** Whether a ZIP is such a bundle: it holds a receipt where evidence packages have none. */
export async function isBundle(content: Content): Promise<boolean> {
  const directory = await readDirectory(content);
  const receipts: readonly string[] = [RECEIPT, WITHDRAWAL_RECEIPT, UNLOCK_RECEIPT];
  return directory?.entries.some(({ name }) => receipts.includes(name)) ?? false;
}

/**
 * The receipts of a bundle: of the bid, of its withdrawal, of its unlocking; nothing in it was checked.
 *
 * Refuses with BidError: "package-…" for a file that is no such ZIP, "receipt-bundle-empty" without a receipt.
 */
export async function readBundle(content: Content): Promise<Kept[]> {
  const files = await readPackage(content, (name) => NAMES.has(name));
  const read = async (name: string): Promise<Bytes | null> => (files.has(name) ? files.read(name) : null);
  const shared = {
    closing: null, leaf: null, leafProof: null, ledger: null, unlocking: null,
    logKey: await read(LOG_KEY), roots: await read(ROOTS), crls: await read(CRLS), tsa: await read(TIMESTAMP),
  };
  const found: Kept[] = [];
  for (const [name, document, signature, leaf, proof] of LEDGERED) {
    const receipt = await read(name);
    if (receipt === null) continue;
    const ledger = await read(LEDGER);
    found.push({
      ...shared, receipt, document: await read(document), signature: await read(signature), closing: await read(CLOSING),
      leaf: await read(leaf), leafProof: await read(proof), ledger: ledger === null ? null : splitLines(ledger, LEDGER),
      entry: await read(LOG_ENTRY), entryProof: await read(LOG_PROOF),
    });
  }
  const unlocked = await read(UNLOCK_RECEIPT);
  if (unlocked !== null) {
    found.push({
      ...shared, receipt: unlocked, document: await read(MANIFEST), signature: await read(MANIFEST_SIGNATURE),
      unlocking: await read(UNLOCKING), entry: await read(UNLOCK_ENTRY), entryProof: await read(UNLOCK_PROOF),
    });
  }
  if (found.length === 0) throw new BidError("receipt-bundle-empty");
  return found;
}
