// The public log: its checkpoint, the tender's entries in it, and the proof of each.
import { isObject, loads } from "../../signing/canonical";
import { equal, parseTime, type Bytes } from "../../signing/encoding";
import { SigningError } from "../../signing/errors";
import { hexdigest } from "../../signing/hashing";
import * as merkle from "../../signing/merkle";
import { parseCheckpoint, parseProof, type Checkpoint, type Proof } from "../../signing/notes";
import { Unforeseen, later, str } from "../../signing/python";
import { parseEntry, type Entry } from "../entries";
import { BidError, refusingLater } from "../errors";
import { ENDING_ACTS } from "../examination";
import type { Notice } from "../notice";
import { readSigned } from "../objects";
import {
  AWARD, CLOSING, EVIDENCE, LOG_CHECKPOINT, LOG_ENTRIES, LOG_KEY, OPENING_RECORD, UNLOCKING, evidenceDigests, proofName,
  splitLines, type Package,
} from "../package";
import type { Statement } from "../../signing/statements";
import { SKEW, type Trust } from "../trust";
import type { Book, Step } from "./findings";

const PROOFS = "log/proofs/";
const STAGES = "stages/";
const FILES: Readonly<Record<string, string>> = {
  "tender.closed": CLOSING,
  "opening.unlocked": UNLOCKING,
  "tender.opened": OPENING_RECORD,
  "tender.awarded": AWARD,
  "evidence.published": EVIDENCE,
};
// Signed by the agency or a custodian, or made long before it is logged because much is rendered meanwhile.
const SIGNED_BEFORE = [
  "opening.unlock-decided", "tender.admitted", "tender.evaluated", "tender.awarded", "tender.cancelled",
  "evidence.published",
];
// What a statement rests on, by its file, or by its act where the entry holds it.
const MADE_AFTER: Readonly<Record<string, readonly string[]>> = {
  [UNLOCKING]: ["opening.frozen"],
  "opening.unlock-decided": ["opening.unlocked"],
  "tender.admitted": ["tender.opened"],
  "tender.evaluated": ["tender.opened"],
  "tender.awarded": ["tender.opened"],
  [AWARD]: ["tender.evaluated"],
  [EVIDENCE]: ["tender.awarded", ...ENDING_ACTS],
};
export const OPENING_COURSE = [
  "opening.frozen", "opening.unlocked", "tender.opened", "tender.admitted", "tender.evaluated", "tender.awarded",
];
const COURSE = ["tender.closed", ...OPENING_COURSE];
const ENDS: readonly string[] = [...ENDING_ACTS, "tender.failed"];

/**
 * The tender's entries as they stand in the log, in its order, and the checkpoint that proves them; `last` is the
 * place of the last of them in the whole log.
 */
export class Log {
  constructor(readonly checkpoint: Checkpoint, readonly entries: readonly Entry[], readonly last: bigint) {}

  /** The entries of these acts. */
  of(...acts: readonly string[]): readonly Entry[] {
    return this.entries.filter((entry) => acts.includes(entry.act));
  }

  /** The one entry of an act; BidError "entry-missing" or "entry-twice". */
  only(act: string): Entry {
    const found = this.of(act);
    const [entry] = found;
    if (found.length !== 1 || entry === undefined) {
      throw new BidError(found.length > 0 ? "entry-twice" : "entry-missing", { act, file: LOG_ENTRIES });
    }
    return entry;
  }

  /** The entry of an act at that place among them, of which there are `most`; BidError "entry-missing", "entry-twice". */
  nth(act: string, place: number, most: number): Entry {
    const found = this.of(act);
    const entry = found[place];
    if (entry === undefined || found.length > most) {
      throw new BidError(found.length > most ? "entry-twice" : "entry-missing", { act, file: LOG_ENTRIES });
    }
    return entry;
  }

  get first(): Entry {
    const [first] = this.entries;
    if (first === undefined) throw new Unforeseen("IndexError");
    return first;
  }

  /** Where an entry stands among the tender's; of the same bytes twice, the first place. */
  position(entry: Entry): number {
    return this.entries.findIndex((one) => one.digest === entry.digest);
  }

  /** The entries of these acts before `entry`. */
  before(entry: Entry, ...acts: readonly string[]): readonly Entry[] {
    return this.entries.slice(0, this.position(entry)).filter((one) => acts.includes(one.act));
  }
}

/**
 * 1. The log's key signed the checkpoint; others may have signed it too. 2. Every entry is in the log at the place its proof names, by a proof
 * against that very checkpoint; a proof for each entry and an entry for each proof.
 */
export async function checkLog(files: Package, book: Book, trust: Trust): Promise<Log | null> {
  const found: { note: Bytes; checkpoint: Checkpoint }[] = [];
  await book.step("verify-log-checkpoint", [LOG_CHECKPOINT, LOG_KEY], {}, async (step) => {
    const note = await files.read(LOG_CHECKPOINT);
    const checkpoint = await refusingLater("log checkpoint", () => parseCheckpoint(note, trust.log, trust.logOrigin, false));
    found.push({ note, checkpoint });
    step.params["size"] = String(checkpoint.size);
  });
  const [read] = found;
  if (read === undefined) {
    await book.step("verify-log-entries", [], {}, (step) => {
      for (const file of files.names) {
        if (file === LOG_ENTRIES || file.startsWith(PROOFS)) step.fail(new BidError("checkpoint-unreadable", { file }));
      }
    });
    return null;
  }
  const { note, checkpoint } = read;
  const entries: Entry[] = [];
  let last = -1n;
  const step = await book.step("verify-log-entries", [LOG_ENTRIES], {}, async (open) => {
    const proofs = await readProofs(files, open, note);
    const leaves = splitLines(await files.read(LOG_ENTRIES), LOG_ENTRIES);
    open.params["count"] = String(leaves.length);
    if (proofs.length !== leaves.length) {
      throw new BidError("proofs-count", { file: LOG_ENTRIES, proofs: proofs.length, entries: leaves.length });
    }
    last = proofs.at(-1)?.index ?? -1n;
    for (const [at, leaf] of leaves.entries()) {
      const proof = proofs[at] as Proof;
      await open.guard([LOG_ENTRIES, proofName(proof.index)], () => {
        merkle.verifyInclusion(proof.index, checkpoint.size, merkle.leafHash(leaf), proof.hashes, checkpoint.root);
        entries.push(parseEntry(leaf));
      });
    }
  });
  return step.reasons.length > 0 ? null : new Log(checkpoint, entries, last);
}

/** The proofs against this very checkpoint, by the index that name and proof agree on. */
async function readProofs(files: Package, step: Step, note: Bytes): Promise<Proof[]> {
  const found: Proof[] = [];
  for (const file of files.names.filter((name) => name.startsWith(PROOFS))) {
    await step.guard([file], async () => {
      const proof = parseProof(await files.read(file));
      if (proofName(proof.index) !== file || !equal(proof.checkpoint, note)) throw new BidError("proof-other", { file });
      found.push(proof);
    });
  }
  return found.sort((a, b) => (a.index < b.index ? -1 : Number(a.index > b.index)));
}

/**
 * The last entry publishes this very evidence and names the digest of the entries before it, so that none can be
 * added to the package or taken from it later; all entries are this tender's.
 */
export async function checkPublished(files: Package, book: Book, log: Log, tender: string | null): Promise<void> {
  await book.step("verify-evidence-logged", [EVIDENCE, LOG_ENTRIES], {}, async () => {
    const last = log.only("evidence.published");
    if (last !== log.entries.at(-1)) throw new BidError("entry-not-last", { act: last.act, file: LOG_ENTRIES });
    const earlier = log.entries.slice(0, -1).map((entry) => entry.raw);
    for (const [name, digest] of evidenceDigests(await files.read(EVIDENCE), earlier)) checkDigest(last, name, digest);
  });
  await book.step("verify-entries-tender", [LOG_ENTRIES], {}, (step) => {
    for (const entry of log.entries) {
      if (entry.tender !== (tender ?? log.first.tender)) {
        step.fail(new BidError("entry-other-tender", { act: entry.act, file: LOG_ENTRIES }));
      }
    }
  });
}

/** `data`, all leaves of the log, has the checkpoint's root and no other entries of the tender than the package's. */
export async function checkWholeLog(book: Book, log: Log, data: Bytes | null): Promise<void> {
  if (data === null) {
    await book.note("verify-entries-unchecked", [LOG_ENTRIES]);
    return;
  }
  const { size, root } = log.checkpoint;
  await book.step("verify-entries-all", [LOG_ENTRIES], { size: String(size) }, (step) => {
    const leaves = splitLines(data, "--log-entries").slice(0, Number(size));
    if (BigInt(leaves.length) < size) {
      throw new BidError("log-entries-short", { found: leaves.length, wanted: String(size) });
    }
    if (!equal(merkle.root(leaves.map(merkle.leafHash)), root)) throw new BidError("log-entries-root");
    const { tender } = log.first;
    const known = new Set(log.entries.map((entry) => entry.digest));
    let latest = log.first.at;
    // What comes after the evidence, such as the erasure of a key, is not in the package.
    for (const entry of leaves.slice(0, Number(log.last) + 1).map(parseEntry)) {
      if (entry.tender === tender && !known.has(entry.digest)) {
        step.fail(new BidError("entry-left-out", { act: entry.act, file: LOG_ENTRIES }));
      }
      // An act is dated back where what was logged before it, on any tender, is from after it.
      if (entry.tender === tender && entry.at < later(latest, -SKEW)) {
        step.fail(new BidError("entry-back", { act: entry.act, file: LOG_ENTRIES }));
      }
      if (entry.at > latest) latest = entry.at;
    }
  });
}

/** Once a tender is suspended, cancelled or failed, nothing is opened, evaluated or awarded any more. */
export async function checkCourse(book: Book, log: Log): Promise<void> {
  await book.step("verify-course", [LOG_ENTRIES], {}, (step) => {
    let ended = false;
    for (const { act } of log.entries) {
      if (ended && COURSE.includes(act)) step.fail(new BidError("entry-after-end", { act, file: LOG_ENTRIES }));
      ended ||= ENDS.includes(act);
    }
  });
}

/**
 * What is in the log was logged when it says it was made: entries' times do not go back, a statement of the platform
 * is from when it was logged, one of the agency's from no later, and none from before what it is about.
 */
export async function checkTimes(files: Package, book: Book, log: Log): Promise<void> {
  await book.step("verify-times", [LOG_ENTRIES], {}, async (step) => {
    let latest = log.first.at;
    const records = await recordsIn(files);
    for (const entry of log.entries) {
      if (entry.at < later(latest, -SKEW)) step.fail(new BidError("entry-back", { act: entry.act, file: LOG_ENTRIES }));
      if (entry.at > latest) latest = entry.at;
      let own = FILES[entry.act] ?? LOG_ENTRIES;
      if (own === OPENING_RECORD) own = records.get(entry.digests["opening_record"] ?? "") ?? own;
      for (const file of new Set(entry.statementFile === null ? [own] : [LOG_ENTRIES, own])) {
        await step.guard([file], async () => {
          const at = stated(file === LOG_ENTRIES ? entry.statementFile : await files.read(file));
          if (at !== null) checkTime(log, entry, at, file);
        });
      }
    }
  });
}

/** The names of the opening records of segments before the last, by their statement's digest. */
async function recordsIn(files: Package): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of files.names.filter((one) => one.startsWith(STAGES) && one.endsWith(".json"))) {
    try {
      found.set(readSigned(await files.read(name), "opening-record").digest, name);
    } catch (error) {
      if (!(error instanceof BidError)) throw error; // its own step says so
    }
  }
  return found;
}

function checkTime(log: Log, entry: Entry, at: bigint, file: string): void {
  const before = !SIGNED_BEFORE.includes(entry.act) && at < later(entry.at, -SKEW);
  if (before || at > later(entry.at, SKEW)) throw new BidError("entry-time", { act: entry.act, file });
  for (const earlier of log.before(entry, ...(MADE_AFTER[file === LOG_ENTRIES ? entry.act : file] ?? []))) {
    if (at < later(earlier.at, -SKEW)) throw new BidError("statement-early", { act: entry.act, earlier: earlier.act, file });
  }
}

/** The `at` of a signed statement's file; null if there is none or it is no such file, which other steps say. */
function stated(data: Bytes | null): bigint | null {
  try {
    const file = data === null ? null : loads(data);
    const statement = isObject(file) ? file["statement"] : undefined;
    return isObject(statement) && "at" in statement ? parseTime(str(statement["at"])) : null;
  } catch (error) {
    if (error instanceof SigningError) return null;
    throw error;
  }
}

/** BidError "entry-digest" unless the entry names this digest under `name`. */
export function checkDigest(entry: Entry, name: string, digest: string): void {
  if (entry.digests[name] !== digest) throw new BidError("entry-digest", { act: entry.act, member: name });
}

/** As `checkDigest` for a whole file's digest, which an entry may leave out. */
export function checkFileDigest(entry: Entry, name: string, data: Bytes): void {
  if (name in entry.digests) checkDigest(entry, name, hexdigest(data));
}

/** The signed statement inside an entry; BidError "entry-statement" if it has none. */
export function embedded(entry: Entry): Bytes {
  if (entry.statementFile === null) throw new BidError("entry-statement", { act: entry.act, file: LOG_ENTRIES });
  return entry.statementFile;
}

/** The statement of type `name` that an entry embeds, signed by the notice's buyer for its tender. */
export async function agencyStatement(trust: Trust, name: string, entry: Entry, notice: Notice): Promise<Statement> {
  const [party, read] = await trust.verifyStatement(name, embedded(entry), "agency");
  if (party.id !== notice.buyer.id) throw new BidError("signer-not-buyer", { file: LOG_ENTRIES });
  if (read.statement["tender"] !== notice.tender) {
    throw new BidError("entry-other-tender", { act: entry.act, file: LOG_ENTRIES });
  }
  return read;
}
