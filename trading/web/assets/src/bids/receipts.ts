// Receipts and withdrawals: what a supplier holds in hand, and how it takes a bid back.
import { parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import type { Revocations } from "../signing/revocations";
import type { Statement } from "../signing/statements";
import type { X509 } from "../signing/x509";
import { BidError } from "./errors";
import { parseManifest } from "./manifest";
import { fileOf, readObject, readSigned, writeObject } from "./objects";
import { verifyPlatform } from "./trust";

/** The canonical bytes of a withdrawal, to be signed by the supplier; BidError for a malformed member. */
export function buildWithdrawal(tender: string, policy: string, supplier: string, bid: string, reason: string): Bytes {
  return writeObject("withdrawal", { tender, policy, supplier, bid, reason });
}

/** A supplier's withdrawal of one bid, signed beside itself; `policy` is the digest of the current one. */
export interface Withdrawal {
  readonly digest: string;
  readonly tender: string;
  readonly policy: string;
  readonly supplier: string;
  readonly bid: string;
  readonly reason: string;
}

/** A withdrawal from its file; BidError. */
export function parseWithdrawal(raw: Bytes): Withdrawal {
  const members = readObject(raw, "withdrawal") as never as Omit<Withdrawal, "digest">;
  return { ...members, digest: hexdigest(raw) };
}

/** The platform's receipt for a manifest or a withdrawal (`kind`, and `document`, its digest). */
export interface Receipt {
  readonly raw: Bytes;
  readonly digest: string;
  readonly at: string;
  readonly tender: string;
  readonly policy: string;
  readonly bid: string;
  readonly kind: "manifest" | "withdrawal";
  readonly document: string;
  readonly signature: string;
  readonly crl: string;
  readonly receivedAt: string;
  readonly cms: Bytes; // the platform's own signature
  readonly token: Bytes | null; // the time-stamp over it; a receipt stands without
}

/** A receipt from its file's bytes, or as `signing` read it, the signature unchecked; BidError. */
export function parseReceipt(source: Bytes | Statement): Receipt {
  const read = readSigned(source, "receipt");
  const members = read.statement as never as Readonly<Record<string, string>>;
  const kinds = (["manifest", "withdrawal"] as const).filter((kind) => kind in read.statement);
  const [kind] = kinds;
  if (kinds.length !== 1 || kind === undefined) throw new BidError("receipt-kind");
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
    kind,
    document: told(kind),
    signature: told("signature"),
    crl: told("crl"),
    receivedAt: told("received_at"),
    cms: read.signature,
    token: read.token,
  };
}

/** A receipt whose own signature is that of a receipt key under the platform's authority, as of its `at`; BidError. */
export async function verifyReceipt(
  raw: Bytes, roots: readonly X509[], revocations: Revocations | null = null,
): Promise<Receipt> {
  return parseReceipt(await verifyPlatform(raw, "receipt", "receipt", roots, revocations));
}

/** BidError unless the receipt is for this manifest (or withdrawal) under this signature. */
export function matchReceipt(receipt: Receipt, document: Bytes, signature: Bytes): void {
  const told: Readonly<Record<string, unknown>> =
    receipt.kind === "manifest"
      ? { ...parseManifest(document) }
      : { ...parseWithdrawal(document) };
  const pairs: ReadonlyArray<readonly [string, unknown, unknown]> = [
    ["tender", receipt.tender, told["tender"]],
    ["policy", receipt.policy, told["policy"]],
    ["bid", receipt.bid, told["bid"]],
    [receipt.kind, receipt.document, told["digest"]],
    ["signature", receipt.signature, hexdigest(signature)],
  ];
  for (const [member, stated, found] of pairs) {
    if (stated !== found) throw new BidError("receipt-mismatch", { member, bid: receipt.bid });
  }
}
