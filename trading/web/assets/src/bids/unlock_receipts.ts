// Receipts for unlocking (Order 20 art. 30, 31): the platform's word that a bidder's secret came in time.
import { parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import type { Revocations } from "../signing/revocations";
import type { Statement } from "../signing/statements";
import type { X509 } from "../signing/x509";
import { examineEntry } from "./custody";
import { parseEntry } from "./entries";
import { BidError, about } from "./errors";
import { fileOf, readSigned, typeOf } from "./objects";
import { LOG_ENTRIES, UNLOCKING } from "./package";
import { verifyPlatform, type Trust } from "./trust";
import type { Unlocking } from "./unlocking";

/** What a receipt for unlocking must name; `lock` is the SHA-256 of the secret. */
export interface Locked {
  readonly tender: string;
  readonly policy: string;
  readonly bid: string;
  readonly lock: string | null;
}

/** The platform's receipt for the secret of one bid. */
export interface UnlockReceipt extends Locked {
  readonly raw: Bytes;
  readonly digest: string;
  readonly at: string;
  readonly receivedAt: string;
  readonly cms: Bytes; // the platform's own signature
  readonly token: Bytes | null; // the time-stamp over it; a receipt stands without
}

/** A receipt from its file's bytes, or as `signing` read it, the signature unchecked; BidError. */
export function parseUnlockReceipt(source: Bytes | Statement): UnlockReceipt {
  const read = readSigned(source, "unlock-receipt");
  const members = read.statement as never as Readonly<Record<string, string>>;
  const told = (name: string): string => members[name] ?? "";
  if (parseTime(told("at")) < parseTime(told("received_at"))) {
    throw new BidError("receipt-before-receiving", { bid: told("bid") });
  }
  return {
    raw: source instanceof Uint8Array ? source : fileOf(read),
    digest: read.digest,
    at: told("at"),
    tender: told("tender"),
    policy: told("policy"),
    bid: told("bid"),
    lock: told("lock"),
    receivedAt: told("received_at"),
    cms: read.signature,
    token: read.token,
  };
}

/** Whether the text of a file says that it is one; no other receipt has these words in it. */
export function isUnlockReceipt(text: string): boolean {
  return text.includes(`"${typeOf("unlock-receipt")}"`);
}

/** A receipt whose own signature is that of a receipt key under the platform's authority, as of its `at`; BidError. */
export async function verifyUnlockReceipt(
  raw: Bytes, roots: readonly X509[], revocations: Revocations | null = null,
): Promise<UnlockReceipt> {
  return parseUnlockReceipt(await verifyPlatform(raw, "unlock-receipt", "receipt", roots, revocations));
}

/** BidError unless the receipt is for this very bid's lock. */
export function matchUnlockReceipt(receipt: UnlockReceipt, locked: Locked): void {
  for (const member of ["tender", "policy", "bid", "lock"] as const) {
    if (receipt[member] !== locked[member]) throw new BidError("receipt-mismatch", { member, bid: locked.bid });
  }
}

/** A receipt that is signed, and for this very bid's lock; BidError. */
export async function checkUnlockReceipt(file: Bytes, locked: Locked, roots: readonly X509[]): Promise<UnlockReceipt> {
  const receipt = await verifyUnlockReceipt(file, roots);
  matchUnlockReceipt(receipt, locked);
  return receipt;
}

/** The statement is of the receipt's tender, and the receipt from within the window that it names; BidError. */
export function checkUnlockingOf(receipt: UnlockReceipt, unlocking: Unlocking): void {
  if (unlocking.tender !== receipt.tender) throw new BidError("unlocking-other-tender", { file: UNLOCKING });
  const at = parseTime(receipt.receivedAt);
  const until = unlocking.at < unlocking.until ? unlocking.at : unlocking.until;
  if (!(unlocking.openedAt <= at && at <= until)) {
    throw new BidError("unlock-receipt-outside", { bid: receipt.bid, file: UNLOCKING });
  }
}

/** The statement gives the secret that the receipt is for, as received when the receipt says; BidError. */
export function checkUnlocked(receipt: UnlockReceipt, unlocking: Unlocking): void {
  const { bid } = receipt;
  const row = unlocking.bids.find((one) => one.bid === bid);
  if (row === undefined) throw new BidError("unlock-promise-missing", { bid, file: UNLOCKING });
  if (row.secret === null || row.receivedAt === null) {
    throw new BidError("unlock-promise-silent", { bid, file: UNLOCKING });
  }
  const differs = (member: string): BidError => new BidError("unlock-promise-differs", { bid, member, file: UNLOCKING });
  if (hexdigest(row.secret) !== receipt.lock) throw differs("secret");
  if (row.receivedAt !== parseTime(receipt.receivedAt)) throw differs("received_at");
}

/** The log's entry of the unlocking statement, and that it is in the log; BidError "unlocking-not-logged". */
export function examineUnlockingEntry(entry: Bytes, proof: Bytes, unlocking: Unlocking, trust: Trust): Promise<void> {
  return about(LOG_ENTRIES, async () => {
    await examineEntry(entry, proof, trust, "unlocking proof");
    const { act, tender, digests } = parseEntry(entry);
    if (act !== "opening.unlocked" || tender !== unlocking.tender || digests["unlocking"] !== unlocking.digest) {
      throw new BidError("unlocking-not-logged");
    }
  });
}
