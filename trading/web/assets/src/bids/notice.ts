// The tender notice and the sealing policy inside it: what everything else of a tender is bound to.
import { dumps, type JSONObject } from "../signing/canonical";
import type { Party } from "../signing/certificates";
import { verifyWithChain } from "../signing/cms_reading";
import { b64decode, b64encode, parseTime, type Bytes } from "../signing/encoding";
import * as ecdsa from "../signing/ecdsa";
import { hexdigest } from "../signing/hashing";
import { partyNamed } from "../signing/profile";
import { byName } from "../signing/suite";
import type { Crl, X509 } from "../signing/x509";
import { BidError, refusing, refusingLater } from "./errors";
import { minorDigits, parseAmount, parseDecimal, type Decimal } from "./money";
import { isSafe, sameKey } from "./names";
import { readObject, writeObject } from "./objects";
import { POLICY, check } from "./schemas";
import { readSegments, type Segment } from "./segments";

/** A line of the bill of quantities; `number` is a string of the agency's own ("1", "2.3"). */
export interface Item {
  readonly number: string;
  readonly code: string;
  readonly description: string;
  readonly unit: string;
  readonly quantity: string;
}

/** A custodian of this tender; `position` counts from 1 and is the x of its shares. */
export interface Custodian {
  readonly position: number;
  readonly id: string;
  readonly role: string;
  readonly name: string;
  readonly signingKey: Bytes;
  readonly sealingKey: Bytes;
  readonly sealingKeySignature: Bytes;
  /** SHA-256 of the public sealing key: its fingerprint for people. */
  readonly fingerprint: string;
}

/** The sealing policy; `digest` is that of the canonical bytes of the notice's `policy`. */
export interface Policy {
  readonly raw: Bytes;
  readonly digest: string;
  readonly suite: string;
  readonly tender: string;
  readonly threshold: number;
  readonly custodians: readonly Custodian[];
  readonly segments: readonly Segment[];
  /** The segments in the order of their opening; the last one holds the prices. */
  readonly segmentNames: readonly string[];
  /** When the first segment opens: the tender's deadline. */
  readonly opensAt: string;
  readonly minimumBidders: number;
  readonly graceSeconds: number;
  /** Each bid also wants its bidder's own secret. */
  readonly lock: boolean;
  readonly independent: boolean;
}

/** A tender notice; `digest` is the SHA-256 of the file `raw`. Amounts in `currency`, `digits` its minor digits. */
export interface Notice {
  readonly raw: Bytes;
  readonly digest: string;
  readonly tender: string;
  readonly project: { readonly id: string; readonly number: string; readonly title: string };
  readonly at: string;
  readonly sandbox: boolean;
  readonly title: string;
  readonly category: string;
  readonly buyer: { readonly id: string; readonly organisation: string; readonly name: string };
  readonly items: readonly Item[];
  readonly currency: string;
  readonly digits: number;
  readonly estimate: Decimal | null;
  readonly ceiling: Decimal | null;
  readonly deadline: string;
  readonly rules: { readonly pack: string; readonly version: string };
  readonly documents: ReadonlyArray<{ readonly name: string; readonly sha256: string; readonly size: number }>;
  readonly policy: Policy;
  readonly replaces: string | null;
}

/** A notice from its file, its signature unchecked; BidError for anything that the protocol does not allow in one. */
export async function parseNotice(raw: Bytes): Promise<Notice> {
  // The schema has seen to every form; what ties members together is checked here.
  const members = readObject(raw, "notice") as never as Members;
  const digits = minorDigits(members.currency);
  const policy = await parsePolicy(members.policy);
  if (policy.tender !== members.tender) throw new BidError("policy-tender");
  if (policy.opensAt !== members.deadline) throw new BidError("segments-deadline");
  if (policy.threshold === 1 && !members.sandbox) throw new BidError("threshold-rehearsal");
  if (parseTime(members.deadline) <= parseTime(members.at)) throw new BidError("deadline-before-notice");
  unique(members.items.map((item) => item.number), "items");
  unique(members.documents.map((document) => sameKey(document.name)), "documents");
  for (const { name } of members.documents) if (!isSafe(name)) throw new BidError("name-unsafe", { name });
  return {
    ...members,
    raw,
    digest: hexdigest(raw),
    digits,
    estimate: members.estimate === undefined ? null : parseAmount(members.estimate, digits),
    ceiling: members.ceiling === undefined ? null : parseAmount(members.ceiling, digits),
    policy,
    replaces: members.replaces ?? null,
  };
}

type Members = Omit<Notice, "raw" | "digest" | "digits" | "estimate" | "ceiling" | "policy" | "replaces"> & {
  readonly policy: JSONObject;
  readonly estimate?: string;
  readonly ceiling?: string;
  readonly replaces?: string;
};

interface PolicyMembers {
  readonly suite: string;
  readonly tender: string;
  readonly threshold: number;
  readonly custodians: ReadonlyArray<Readonly<Record<string, string>>>;
  readonly segments: ReadonlyArray<Readonly<Record<string, string>>>;
  readonly minimum_bidders: number;
  readonly grace_seconds: number;
  readonly lock: boolean;
  readonly independent: boolean;
}

/** A policy from the notice's member, every rule of the protocol checked, keys' signatures too. */
export async function parsePolicy(given: JSONObject): Promise<Policy> {
  check(given, POLICY);
  const members = given as never as PolicyMembers;
  const raw = refusing("policy", () => dumps(given));
  const suite = refusing("policy", () => byName(members.suite));
  const segments = readSegments(members.segments);
  const { threshold, tender } = members;
  const count = members.custodians.length;
  if (!(count < 2 * threshold && threshold <= count)) throw new BidError("threshold", { threshold, count });
  if (members.independent && threshold === 1) throw new BidError("independent-alone");
  const custodians: Custodian[] = [];
  for (const member of members.custodians) {
    custodians.push(await readCustodian(custodians.length + 1, tender, member, suite.publicKeySize));
  }
  for (const member of ["id", "signing_key", "sealing_key"]) {
    if (new Set(members.custodians.map((one) => one[member])).size !== count) {
      throw new BidError("custodian-duplicate", { member });
    }
  }
  return {
    raw,
    digest: hexdigest(raw),
    suite: members.suite,
    tender,
    threshold,
    custodians,
    segments,
    segmentNames: segments.map((segment) => segment.name),
    opensAt: segments[0]?.opensAt as string,
    minimumBidders: members.minimum_bidders,
    graceSeconds: members.grace_seconds,
    lock: members.lock,
    independent: members.independent,
  };
}

async function readCustodian(
  position: number, tender: string, members: Readonly<Record<string, string>>, keySize: number,
): Promise<Custodian> {
  const { id = "", role = "", name = "" } = members;
  const sealingKey = b64decode(members["sealing_key"] ?? "");
  const custodian = {
    position, id, role, name, sealingKey,
    signingKey: b64decode(members["signing_key"] ?? ""),
    sealingKeySignature: b64decode(members["sealing_key_signature"] ?? ""),
    fingerprint: hexdigest(sealingKey),
  };
  if (sealingKey.length !== keySize) throw new BidError("sealing-key-size", { custodian: id, wanted: keySize });
  await verifySealingKey(custodian.signingKey, tender, id, sealingKey, custodian.sealingKeySignature);
  return custodian;
}

/** The segment's place in the order of opening, from 0; BidError "segment-unknown". */
export function placeOf(policy: Policy, segment: string): number {
  const place = policy.segmentNames.indexOf(segment);
  if (place < 0) throw new BidError("segment-unknown", { segment });
  return place;
}

/** The canonical bytes that a custodian signs over its sealing key for one tender. */
export function sealingKeyStatement(tender: string, custodian: string, sealingKey: Uint8Array): Bytes {
  return writeObject("sealing-key", { tender, custodian, sealing_key: b64encode(sealingKey) });
}

/** BidError "sealing-key-signature" unless the key `signingKey` (SPKI DER) signed exactly this. */
export async function verifySealingKey(
  signingKey: Bytes, tender: string, custodian: string, sealingKey: Bytes, signature: Bytes,
): Promise<void> {
  const key = await refusingLater("policy", () => ecdsa.loadSpki(signingKey));
  const statement = sealingKeyStatement(tender, custodian, sealingKey);
  if (!(await ecdsa.verify(key, statement, signature))) throw new BidError("sealing-key-signature", { custodian });
}

/** The quantity of an item, exact. */
export function quantityOf(item: Item): Decimal {
  return parseDecimal(item.quantity);
}

function unique(values: readonly string[], path: string): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw new BidError("duplicate", { path, value });
    seen.add(value);
  }
}

/** A notice whose signature and chain hold, its signer's certificate, and the party that names. */
export interface VerifiedNotice {
  readonly notice: Notice;
  readonly certificate: X509;
  readonly party: Party;
}

/**
 * Check a notice and its signature: CMS, chain under `parties` as of the notice's own `at`, revocation if `crls` are
 * given, signer = buyer, in the role agency; BidError.
 */
export async function verifyNotice(
  raw: Bytes, signature: Bytes, roots: readonly X509[], crls: readonly Crl[] = [],
): Promise<VerifiedNotice> {
  const notice = await parseNotice(raw);
  const [certificate, party] = await refusingLater("notice", async () => {
    const verified = await verifyWithChain(raw, signature, roots, parseTime(notice.at), "parties", "party", crls);
    return [verified.certificate, partyNamed(verified.certificate)] as const;
  });
  if (party.role !== "agency") throw new BidError("signer-role", { what: "notice", wanted: "agency", role: party.role });
  if (party.id !== notice.buyer.id || party.organisation !== notice.buyer.organisation) throw new BidError("signer-not-buyer");
  return { notice, certificate, party };
}
