// Receipts and withdrawals: what a supplier holds in hand, and how it takes a bid back.
import { dumps, isObject, loads, type JSONObject } from "../signing/canonical";
import { b64decode, parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { BidError, refusing } from "./errors";
import { parseManifest } from "./manifest";
import { checkSize, readObject, schemaOf, typeOf, writeObject } from "./objects";
import { check } from "./schemas";

/** The canonical bytes of a withdrawal, to be signed by the supplier; BidError for a malformed member. */
export function buildWithdrawal(tender: string, policy: string, supplier: string, bid: string, reason: string): Bytes {
  return writeObject("withdrawal", { tender, policy, supplier, bid, reason });
}

/** The platform's receipt for a manifest or a withdrawal (`kind`, and `document`, its digest). */
export interface Receipt {
  readonly raw: Bytes;
  readonly statement: Bytes;
  readonly statementSignature: Bytes;
  readonly at: string;
  readonly tender: string;
  readonly policy: string;
  readonly bid: string;
  readonly kind: "manifest" | "withdrawal";
  readonly document: string;
  readonly signature: string;
  readonly crl: string;
  readonly receivedAt: string;
}

/** A receipt from its file's bytes, the signature unchecked; BidError. */
export function parseReceipt(raw: Bytes): Receipt {
  checkSize(raw, "receipt");
  const file = refusing("receipt", () => loads(raw));
  const statement = isObject(file) ? file["statement"] : undefined;
  const signature = isObject(file) ? file["signature"] : undefined;
  if (!isObject(file) || Object.keys(file).length !== 2 || !isObject(statement) || typeof signature !== "string") {
    throw new BidError("signature-invalid", { what: "receipt", reason: "not a signed statement" });
  }
  if (statement["type"] !== typeOf("receipt")) throw new BidError("wrong-type", { wanted: typeOf("receipt") });
  check(statement, schemaOf("receipt"));
  const members = statement as JSONObject as Readonly<Record<string, string>>;
  const kinds = (["manifest", "withdrawal"] as const).filter((kind) => kind in statement);
  const [kind] = kinds;
  if (kinds.length !== 1 || kind === undefined) throw new BidError("receipt-kind");
  const told = (name: string): string => members[name] ?? "";
  if (parseTime(told("at")) < parseTime(told("received_at"))) {
    throw new BidError("receipt-before-receiving", { bid: told("bid") });
  }
  return {
    raw,
    statement: dumps(statement),
    statementSignature: refusing("receipt", () => b64decode(signature)),
    at: told("at"),
    tender: told("tender"),
    policy: told("policy"),
    bid: told("bid"),
    kind,
    document: told(kind),
    signature: told("signature"),
    crl: told("crl"),
    receivedAt: told("received_at"),
  };
}

/** BidError unless the receipt is for this manifest (or withdrawal) under this signature. */
export function matchReceipt(receipt: Receipt, document: Bytes, signature: Bytes): void {
  const told: Readonly<Record<string, unknown>> =
    receipt.kind === "manifest"
      ? { ...parseManifest(document) }
      : { ...readObject(document, "withdrawal"), digest: hexdigest(document) };
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
