// A tender as the public addresses show it to whoever checks it: notices, trust, the closed ledger.
import type { Api, Json } from "../api";
import type { ClosedTender, Signed } from "../bids/custody";
import type { LeafFiles } from "../bids/examination";
import { parseLeaf } from "../bids/ledger";
import { parseNotice } from "../bids/notice";
import { parseEnrolments, Trust } from "../bids/trust";
import { dumps, loads } from "../signing/canonical";
import { b64decode, utf8, type Bytes } from "../signing/encoding";
import { NoteVerifier } from "../signing/notes";
import { loadPem } from "../signing/profile";
import { Revocations } from "../signing/revocations";
import { readCrl, type Crl } from "../signing/x509";
import type { Anchors } from "./anchors";

const MOST_NOTICES = 1000;

function bytesIn(answer: Json, member: string): Bytes {
  return b64decode(String(answer[member]));
}

/** Revocation lists and enrolments as the platform gives them; roots and the log's key too, unless the reader has them. */
export async function fetchTrust(api: Api, tender: string, anchors?: Pick<Anchors, "roots" | "logKey">): Promise<Trust> {
  const answer = await api.get(`/tenders/${tender}/trust`);
  const roots = loadPem(anchors?.roots ?? utf8(String(answer["roots"])));
  const crls = new Map<string, Crl>();
  for (const text of answer["crls"] as readonly string[]) {
    const crl = readCrl(b64decode(text));
    crls.set(crl.fingerprint, crl);
  }
  const files = (answer["enrolments"] as readonly string[]).map((text) => loads(b64decode(text)));
  const log = await NoteVerifier.fromVkey(anchors?.logKey ?? (await api.text("/log/key")).trim());
  const revocations = new Revocations(Array.from(crls.values()));
  const pem = String(answer["outside"] ?? "");
  const outside = pem === "" ? [] : loadPem(utf8(pem));
  return new Trust(roots, crls, await parseEnrolments(dumps(files), roots, revocations), log, outside);
}

/** The notice in force, or the earlier one of that digest, with its signature; nothing is checked here. */
export async function fetchNotice(api: Api, tender: string, sha256?: string): Promise<Signed> {
  const at = sha256 === undefined ? `/tenders/${tender}` : `/tenders/${tender}/notices/${sha256}`;
  return { raw: await api.bytes(`${at}/notice.json`), signature: await api.bytes(`${at}/notice.p7s`) };
}

/** The closed tender as the platform hands it out; its entries in the log are for whoever follows that. */
export async function fetchClosed(api: Api, tender: string): Promise<ClosedTender> {
  const logged = await api.get(`/tenders/${tender}/closing`);
  const notice = await fetchNotice(api, tender);
  const earlier: Signed[] = [];
  for (let last = await parseNotice(notice.raw); last.replaces !== null && earlier.length < MOST_NOTICES; ) {
    const before = await fetchNotice(api, tender, last.replaces);
    earlier.push(before);
    last = await parseNotice(before.raw);
  }
  return {
    notice,
    earlier,
    closing: bytesIn(logged, "file"),
    closingEntry: bytesIn(logged, "entry"),
    closingProof: utf8(String(logged["proof"])),
    entries: null,
    ...(await fetchLedger(api, tender)),
  };
}

/** The tender's entries of the public log as the platform gives them, to the byte. */
export async function fetchEntries(api: Api, tender: string): Promise<Bytes[]> {
  const entries = (await api.get(`/log/entries?tender=${tender}`))["entries"] as readonly Json[];
  return entries.map((entry) => bytesIn(entry, "raw"));
}

async function fetchLedger(api: Api, tender: string): Promise<Pick<ClosedTender, "leaves" | "acceptances" | "withdrawals">> {
  const leaves: Bytes[] = [];
  const acceptances = new Map<string, LeafFiles>();
  const withdrawals = new Map<string, LeafFiles>();
  for (let start: number | null = 0; start !== null; ) {
    const page: Json = await api.get(`/tenders/${tender}/ledger?start=${start}`);
    for (const item of page["items"] as readonly Json[]) {
      const raw = bytesIn(item, "leaf");
      const leaf = parseLeaf(raw);
      const accepted = leaf.kind === "acceptance";
      (accepted ? acceptances : withdrawals).set(leaf.bid, {
        document: bytesIn(item, accepted ? "manifest" : "withdrawal"),
        signature: bytesIn(item, accepted ? "signature" : "withdrawal_signature"),
        receipt: bytesIn(item, "receipt"),
      });
      leaves.push(raw);
    }
    const after = page["next"] as number | null;
    if (after !== null && after <= start) throw new Error("the ledger goes in circles");
    start = after;
  }
  return { leaves, acceptances, withdrawals };
}
