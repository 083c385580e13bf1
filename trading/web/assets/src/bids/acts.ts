// What parties sign, built here and nowhere else: nobody signs bytes that somebody else made up.
import type { JSONValue } from "../signing/canonical";
import { sign, type Signer } from "../signing/cms";
import { b64encode, formatTime, type Bytes } from "../signing/encoding";
import * as ecdsa from "../signing/ecdsa";
import { signStatement } from "../signing/statements";
import { refusingLater } from "./errors";
import { parseNotice, sealingKeyStatement } from "./notice";
import { buildStatement, writeObject } from "./objects";

type Members = Readonly<Record<string, JSONValue>>;

/** An object that is signed beside itself: its bytes, and the signature over them. */
export interface SignedDocument {
  readonly document: Bytes;
  readonly signature: Bytes;
}

/** As the API takes it. */
export function body({ document, signature }: SignedDocument): { document: string; signature: string } {
  return { document: b64encode(document), signature: b64encode(signature) };
}

/** A signed statement's file: "evaluation", "award-decision", "cancellation", "release", "erasure", "envelope-key". */
export async function signedStatement(name: string, members: Members, signer: Signer, at: Date): Promise<Bytes> {
  const statement = buildStatement(name, { at: formatTime(at), ...members });
  return refusingLater(name, () => signStatement(statement, signer, at));
}

/** An object signed beside itself: "withdrawal", or a manifest's bytes as they are. */
export async function signedDocument(name: string, members: Members, signer: Signer, at: Date): Promise<SignedDocument> {
  return signedBytes(name, writeObject(name, members), signer, at);
}

export async function signedBytes(what: string, document: Bytes, signer: Signer, at: Date): Promise<SignedDocument> {
  return { document, signature: await refusingLater(what, () => sign(document, signer, at)) };
}

/** A tender notice; BidError for whatever a reader of it would refuse, custodians' key signatures included. */
export async function signedNotice(members: Members, signer: Signer, at: Date): Promise<SignedDocument> {
  const document = writeObject("notice", { at: formatTime(at), ...members });
  await parseNotice(document);
  return signedBytes("notice", document, signer, at);
}

/** A custodian's bare ECDSA signature over its fresh sealing key for one tender. */
export async function signedSealingKey(
  key: CryptoKey, tender: string, custodian: string, sealingKey: Uint8Array,
): Promise<Bytes> {
  return ecdsa.sign(key, sealingKeyStatement(tender, custodian, sealingKey));
}
