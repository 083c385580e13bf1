// The members of every object of the protocol, in one place, as bids/schemas.py has them.
import type { JSONValue } from "../signing/canonical";
import {
  amount, bytes, choice, digest, flag, id, list, map, members, nullable, number, object, pattern, text, time,
  whole, type Form, type Table,
} from "./forms";

export const MAX_ITEMS = 10_000;
export const MAX_OBJECTS = 200; // of a bid, all parts together
export const MAX_CUSTODIANS = 16;
const MAX_BIDS = 100_000;
export const MAX_OBJECT_SIZE = 2 ** 44; // bytes of ciphertext
const MAX_KEY = 256 * 1024; // base64 of a public key or signature of any suite, bytes

export const PARTS = ["public", "files"] as const;
const ROLES = ["agency", "supplier", "custodian"];
const VERDICTS = ["revoked", "withdrawn", "unknown"]; // of a bid whose bidder did not unlock
const FAULTS = ["bidder", "platform", "custodian", "unknown"];
const RULES = ["lowest-total"];

const SEGMENT = pattern(/^[a-z]{1,16}$/, "bid");
const WORD = pattern(/^[a-z][a-z0-9-]{0,63}$/, "word-with-hyphens");
const NAME = pattern(/^[a-z][a-z0-9_]{0,63}$/, "name_with_underscores");
const ACT = pattern(/^[a-z][a-z-]{0,31}\.[a-z][a-z-]{0,31}$/, "tender.published");
const ORGANISATION = pattern(/^[A-Z][A-Z0-9-]{1,31}:[\x21-\x7e]{1,128}$/, "CN-USCC:91110000MA01EXAMPLE");
const CURRENCY = pattern(/^[A-Z]{3}$/, "CNY");
const MEDIA_TYPE = pattern(
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/, "application/pdf",
);
const ATTRIBUTE = pattern(
  /^(?:subject|extension):(?:[01]\.[1-3]?[0-9]|2\.(?:0|[1-9][0-9]{0,8}))(?:\.(?:0|[1-9][0-9]{0,8})){1,8}$/, "subject:2.5.4.97",
);
const DAY = pattern(/^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/, "2026-06-01");
const ENTRY_NAME = pattern(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/, "bids/…/manifest.json");

const HASH = bytes(32, 32);
const LOGGED = { entry: bytes(1, 2 ** 17), index: whole(0), hashes: list(HASH, 0, 64) }; // of the log
const ITEM_NUMBER = text(64);
const REASON = text(2000, { lines: true });
const KEY = bytes(16, MAX_KEY);

export const ITEM = members({
  number: ITEM_NUMBER,
  code: text(64, { least: 0 }),
  description: text(2000, { lines: true }),
  unit: text(64, { least: 0 }),
  quantity: number(),
});

const CUSTODIAN = members({
  id, role: WORD, name: text(), signing_key: KEY, sealing_key: KEY, sealing_key_signature: KEY,
});

export const POLICY = members({
  suite: WORD,
  tender: id,
  threshold: whole(1, MAX_CUSTODIANS),
  custodians: list(CUSTODIAN, 1, MAX_CUSTODIANS),
  segments: list(members({ name: SEGMENT }, { opens_at: time, after: SEGMENT }), 1, 8),
  minimum_bidders: whole(1, 1000),
  grace_seconds: whole(0, 3600),
  lock: flag,
  independent: flag,
});

const PART = members({
  segment: SEGMENT,
  part: choice(...PARTS),
  objects: list(members({ sha256: digest, size: whole(1, MAX_OBJECT_SIZE) }), 1, MAX_OBJECTS),
  share_digests: list(digest, 1, MAX_CUSTODIANS),
  sealed_shares: list(bytes(1, 8192), 1, MAX_CUSTODIANS),
});

// What a public part says beside its prices, and an opening record repeats.
const ANNOUNCED: Table = {
  total_in_words: text(400), delivery_days: whole(0, 36_500), quality: text(2000, { lines: true }),
};

const CORRECTION = members(
  { field: choice("amount", "total"), stated: amount, corrected: amount }, { item: ITEM_NUMBER },
);

const WHO = members({ person: text(), organisation: text(), role: WORD });

/** An object of its own, with a `type` whose value the reader has compared already. */
const own = (required: Table, optional: Table = {}): Form => members({ type: text(), ...required }, optional);

/** A statement: judged as of its `at`. */
const statement = (required: Table, optional: Table = {}): Form => own({ at: time, ...required }, optional);

export const SCHEMAS: Readonly<Record<string, Form>> = {
  // Signed by the agency, beside a .p7s
  notice: statement(
    {
      tender: id,
      project: members({ id, number: text(100), title: text(500) }),
      sandbox: flag,
      title: text(500),
      category: WORD,
      buyer: members({ id, organisation: ORGANISATION, name: text() }),
      items: list(ITEM, 1, MAX_ITEMS),
      currency: CURRENCY,
      deadline: time,
      rules: members({ pack: WORD, version: text(64) }),
      documents: list(members({ name: text(), sha256: digest, size: whole(0, MAX_OBJECT_SIZE) }), 0, 1000),
      policy: POLICY,
    },
    { estimate: amount, ceiling: amount, replaces: digest },
  ),
  // Signed by a custodian's key itself, over these canonical bytes
  "sealing-key": own({ tender: id, custodian: id, sealing_key: KEY }),
  // Signed by the supplier, beside a .p7s
  manifest: own(
    {
      suite: WORD, tender: id, notice: digest, policy: digest, supplier: id, bid: id, replaces: nullable(id),
      parts: list(PART, 1, 16),
    },
    { lock: digest },
  ),
  withdrawal: own({ tender: id, policy: digest, supplier: id, bid: id, reason: REASON }),
  // Sealed: the index of a public part, and that of a files part
  offer: own(
    { currency: CURRENCY },
    {
      items: list(members({ number: ITEM_NUMBER, unit_price: number(), amount }), 1, MAX_ITEMS),
      total: amount,
      ...ANNOUNCED,
    },
  ),
  contents: own({
    files: list(
      members({ object: whole(1, MAX_OBJECTS - 1), name: text(), media_type: MEDIA_TYPE, sha256: digest }),
      0, MAX_OBJECTS - 1,
    ),
  }),
  // Leaves of a tender's ledger
  acceptance: own({ bid: id, supplier: id, manifest: digest, signature: digest, receipt: digest }),
  "withdrawal-leaf": own({ bid: id, supplier: id, withdrawal: digest, signature: digest, receipt: digest }),
  // Signed statements of the platform
  receipt: statement(
    { tender: id, policy: digest, bid: id, signature: digest, crl: digest, received_at: time },
    { manifest: digest, withdrawal: digest }, // exactly one of the two
  ),
  enrolment: statement(
    { certificate: digest, party: id, organisation: ORGANISATION, role: choice(...ROLES) },
    // Of a certificate by an authority outside the platform: its anchor (DER), where it names the organisation, and how.
    { outside: members({ authority: digest, attribute: ATTRIBUTE, value: text(200) }) },
  ),
  closing: statement({
    tender: id, policy: digest, deadline: time, checkpoint: text(2000, { lines: true }), log: text(),
  }),
  "release-set": statement({
    tender: id,
    closing: digest,
    segment: SEGMENT,
    releases: list(members({ custodian: id, sha256: digest }), 1, MAX_CUSTODIANS),
  }),
  // With a bidder's own lock: who unlocked, and the receipt for it
  unlocking: statement({
    tender: id, closing: digest, opened_at: time, until: time,
    outages: list(members({ since: time, until: time }), 0, 1000),
    bids: list(
      members(
        { bid: id }, // and of who unlocked, or of who did not
        {
          secret: bytes(32, 32), received_at: time,
          fetched: flag, attempts: whole(0), verdict: choice(...VERDICTS),
        },
      ),
      0, MAX_BIDS,
    ),
  }),
  "unlock-receipt": statement({ tender: id, policy: digest, bid: id, lock: digest, received_at: time }),
  "opening-record": statement({
    tender: id,
    closing: digest,
    bids: list(
      members(
        { bid: id, supplier: id, segment: SEGMENT, opened: flag },
        {
          total: amount,
          announced: members({}, { ...ANNOUNCED, corrections: list(CORRECTION, 1, MAX_ITEMS + 1) }),
          fault: choice(...FAULTS),
          reason: text(500),
        },
      ),
      0, MAX_BIDS,
    ),
  }),
  award: statement({
    tender: id,
    rule: choice(...RULES),
    working: object, // defined by `ranking`
    ranking: list(
      members(
        { bid: id, supplier: id, total: amount, rank: whole(1), responsive: flag }, { reason: REASON },
      ),
      1, MAX_BIDS,
    ),
    winner: id,
  }),
  failure: statement({ tender: id, reason: REASON }, { closing: digest }),
  evidence: statement({ tender: id, files: map(ENTRY_NAME, digest, MAX_BIDS * 8) }),
  // Signed statements of parties: a custodian's
  release: statement({
    tender: id,
    segment: SEGMENT,
    custodian: id,
    closing: digest,
    shares: list(
      members(
        { bid: id, part: choice(...PARTS) }, // and exactly one of
        { share: bytes(1, 256), refusal: text(200), share_sha256: digest },
      ),
      0, MAX_BIDS * 2,
    ),
  }),
  erasure: statement({ tender: id, custodian: id, sealing_key: digest }),
  // … and an agency's
  "envelope-key": statement({ party: id, key: KEY }),
  // Signed by a person who signs in with their certificate: for one platform's address, good once
  "sign-in": statement({ origin: text(300), nonce: text(100, { least: 16 }) }),
  "certificate-proof": statement({ origin: text(300), party: id, role: choice(...ROLES) }),
  renewal: statement({ origin: text(300), request: digest }),
  evaluation: statement(
    {
      tender: id, opening: digest, rejections: list(members({ bid: id, reason: REASON }), 0, MAX_BIDS),
    },
    { order: list(id, 1, MAX_BIDS) },
  ),
  // The agency's judgement of a segment: which bids go on to the segment that opens next
  stage: statement({
    tender: id,
    closing: digest,
    segment: SEGMENT,
    opening: digest,
    admitted: list(id, 0, MAX_BIDS),
    rejections: list(members({ bid: id, reason: REASON }), 0, MAX_BIDS),
  }),
  "award-decision": statement({ tender: id, opening: digest, winner: id }),
  "unlock-decision": statement({
    tender: id,
    unlocking: digest,
    decisions: list(members({ bid: id, verdict: choice(...VERDICTS.slice(0, 2)), reason: REASON }), 1, MAX_BIDS),
  }),
  cancellation: statement({ tender: id, notice: digest, reason: REASON }),
  // A leaf under the daily root of suppliers' enrolments, by the SHA-256 of their files
  enrolled: own({ day: DAY, party: id, enrolments: list(digest, 0, 10_000), salt: digest }),
  // In an evidence package: agencies' and custodians' enrolments by their entries in the log, suppliers' by their
  // parties' places under a day's root
  "logged-enrolments": own(
    { issued: list(members(LOGGED), 0, MAX_BIDS) },
    {
      day: members({
        ...LOGGED,
        openings: list(
          members({ party: id, leaf: bytes(1, 2 ** 20), hashes: list(HASH, 64, 64) }), 0, MAX_BIDS,
        ),
      }),
    },
  ),
  // A leaf of the public log
  entry: statement(
    { act: ACT },
    {
      tender: id,
      who: WHO,
      address: digest,
      digests: map(NAME, digest, 64),
      statement: members({ statement: object, signature: bytes(1, 64 * 1024) }),
    },
  ),
};

/** BidError, naming the place, unless `value` has the members and forms of `schema`. */
export function check(value: JSONValue, schema: Form): void {
  schema.check(value, "");
}
