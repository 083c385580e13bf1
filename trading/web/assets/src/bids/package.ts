// The evidence package: one ZIP for each tender, read as strictly as bids/package.py reads it.
import { concat, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { inStretches, type Content } from "../signing/contents";
import { byCodePoint } from "../signing/python";
import { BidError } from "./errors";
import { readSigned } from "./objects";
import { isPriced } from "./segments";
import { crc32, readDirectory, readLocal, type ZipEntry } from "./zip";

export const NOTICE = "notice.json";
export const NOTICE_SIGNATURE = "notice.p7s";
export const CLOSING = "closing.json";
export const LEDGER = "ledger.jsonl";
export const OPENING_RECORD = "opening-record.json";
export const OPENING_RECORD_PDF = "opening-record.pdf";
export const UNLOCKING = "unlocking.json";
export const AWARD = "award.json";
export const AWARD_REPORT = "award-report.pdf";
export const AWARD_NOTICE = "award-notice.pdf";
export const EVIDENCE = "evidence.json";
export const README = "README.txt";
export const LOG_KEY = "log/key";
export const LOG_CHECKPOINT = "log/checkpoint";
export const LOG_ENTRIES = "log/entries.jsonl";
export const LOG_ENROLMENTS = "log/enrolments.json"; // that the enrolments of those who signed stand in the log
export const ROOTS = "certificates/roots.pem";
export const CHAIN = "certificates/chain.pem";
export const CRLS = "certificates/crl.pem";
export const ENROLMENTS = "certificates/enrolments.json";
export const OUTSIDE = "certificates/outside.pem"; // only where somebody signed under an authority outside the platform
export const TIMESTAMP = "certificates/timestamp.pem"; // roots and intermediates of outside time-stamp authorities

const MAX_FILES = 1_000_000;
const MAX_FILE = 256 * 1024 * 1024; // bytes

const FIXED = new Set([
  NOTICE, NOTICE_SIGNATURE, CLOSING, LEDGER, OPENING_RECORD, OPENING_RECORD_PDF, UNLOCKING, AWARD, AWARD_REPORT, AWARD_NOTICE, EVIDENCE,
  README, TIMESTAMP, LOG_KEY, LOG_CHECKPOINT, LOG_ENTRIES, LOG_ENROLMENTS, ROOTS, CHAIN, CRLS, ENROLMENTS, OUTSIDE,
]);
const PATTERNS = new RegExp(
  "^(?:" +
    [
      "notices/[0-9a-f]{64}\\.(?:json|p7s)",
      "bids/[0-9a-f]{32}/(?:manifest\\.json|manifest\\.p7s|receipt\\.json|receipt\\.tsr)",
      "bids/[0-9a-f]{32}/(?:withdrawal\\.json|withdrawal\\.p7s|withdrawal-receipt\\.(?:json|tsr))",
      "bids/[0-9a-f]{32}/[a-z]{1,16}/(?:public\\.sealed|offer\\.json)",
      "stages/[a-z]{1,16}/opening-record\\.(?:json|pdf)",
      "shares/[a-z]{1,16}/[0-9a-f]{32}\\.json",
      "log/proofs/(?:0|[1-9][0-9]{0,18})\\.tlog-proof",
    ].join("|") +
    ")$",
);
// Extra fields that zip tools add of themselves: large offsets, times, owners. Others may rename a file.
const EXTRAS = [0x0001, 0x000a, 0x5455, 0x7875];
const UTF8 = 0x800;
const STORED = 0;

/** Whether a package may hold a file of this name. */
export function isPackageName(name: string): boolean {
  return FIXED.has(name) || PATTERNS.test(name);
}

/** The names of an earlier notice and its signature. */
export function noticeNames(sha256: string): readonly [string, string] {
  return [`notices/${sha256}.json`, `notices/${sha256}.p7s`];
}

export const bidName = (bid: string, name: string): string => `bids/${bid}/${name}`;
export const sealedName = (bid: string, segment: string): string => `bids/${bid}/${segment}/public.sealed`;
export const offerName = (bid: string, segment: string): string => `bids/${bid}/${segment}/offer.json`;
export const shareName = (segment: string, custodian: string): string => `shares/${segment}/${custodian}.json`;
/** The names of a segment's opening record and its PDF: at the top that of the prices, the others under `stages/`. */
export function recordNames(segment: string): readonly [string, string] {
  const folder = isPriced(segment) ? "" : `stages/${segment}/`;
  return [folder + OPENING_RECORD, folder + OPENING_RECORD_PDF];
}

export const proofName = (index: bigint): string => `log/proofs/${index}.tlog-proof`;

/** Whether the evidence statement lists a file of this name: all but itself and the log's. */
export function isListed(name: string): boolean {
  return name !== EVIDENCE && !name.startsWith("log/");
}

/** The digests of the log entry "evidence.published", `entries` being those of the tender before it; BidError. */
export function evidenceDigests(evidence: Bytes, entries: readonly Bytes[]): ReadonlyArray<readonly [string, string]> {
  const statement = readSigned(evidence, "evidence");
  const newline = Uint8Array.of(0x0a);
  return [
    ["evidence", statement.digest],
    ["evidence_file", hexdigest(evidence)],
    ["entries", hexdigest(concat(...entries.flatMap((entry) => [entry, newline])))],
  ];
}

/** The leaves of `ledger.jsonl` or `log/entries.jsonl`, each ended by a newline; BidError "lines-malformed". */
export function splitLines(data: Bytes, name: string): Bytes[] {
  const leaves: Bytes[] = [];
  let start = 0;
  for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
    leaves.push(data.slice(start, end));
    start = end + 1;
  }
  if (start !== data.length || leaves.some((leaf) => leaf.length === 0)) throw new BidError("lines-malformed", { file: name });
  return leaves;
}

/** The files of a package that `readPackage` has admitted; contents are read when asked for. */
export class Package {
  readonly names: readonly string[];

  constructor(private readonly content: Content, private readonly entries: ReadonlyMap<string, Stored>) {
    this.names = Array.from(entries.keys()).sort(byCodePoint);
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** A file's bytes; BidError "file-missing", or "file-damaged" if its checksum is wrong. */
  async read(name: string): Promise<Bytes> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new BidError("file-missing", { file: name });
    const data = await this.content.read(entry.start, entry.start + entry.size);
    if (data.length !== entry.size || crc32(data) !== entry.crc) throw new BidError("file-damaged", { file: name });
    return data;
  }
}

interface Stored {
  readonly start: number;
  readonly size: number;
  readonly crc: number | null; // null where its header is none
}

/**
 * Admit a package.
 *
 * Refuses with BidError: "package-malformed" (no ZIP, bytes before, between or after its files), "package-name" (a
 * name that no package has, so also any path that climbs), "package-duplicate", "package-not-stored",
 * "package-file-size", "package-too-many".
 */
export async function readPackage(source: Content, known: (name: string) => boolean = isPackageName): Promise<Package> {
  const content = inStretches(source);
  const directory = await readDirectory(content);
  if (directory === null) throw new BidError("package-malformed");
  const { entries, start, comment } = directory;
  if (entries.length > MAX_FILES) throw new BidError("package-too-many", { limit: MAX_FILES });
  const names = new Set<string>();
  for (const entry of entries) {
    checkEntry(entry, known);
    if (names.has(entry.name)) throw new BidError("package-duplicate", { file: entry.name });
    names.add(entry.name);
  }
  const files = new Map<string, Stored>();
  let position = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    const local = entry.offset === position ? await readLocal(content, position) : null;
    const same = local?.crc === entry.crc && local.packed === entry.packed && local.size === entry.size;
    if (local === null || !same || local.name !== entry.name || (local.flags & ~UTF8) !== 0 || local.method !== STORED) {
      throw new BidError("package-malformed");
    }
    checkExtra(local.extra);
    files.set(entry.name, { start: local.end, size: entry.size, crc: local.marked ? entry.crc : null });
    position = local.end + entry.size;
  }
  const tail = await content.read(Math.max(0, content.size - 22), content.size);
  const ends = tail[0] === 0x50 && tail[1] === 0x4b && tail[2] === 5 && tail[3] === 6;
  if (start !== position || comment || !ends) throw new BidError("package-malformed");
  return new Package(content, files);
}

function checkEntry(entry: ZipEntry, known: (name: string) => boolean): void {
  const { name } = entry;
  if (!known(name)) throw new BidError("package-name", { file: name });
  // Whoever unpacks it with another tool gets plain files and nothing beside them.
  const mode = entry.attributes >>> 16;
  const kind = mode & 0o170000;
  if (entry.commented || (kind !== 0 && kind !== 0o100000) || (mode & 0o7000) !== 0) throw new BidError("package-malformed");
  checkExtra(entry.extra);
  if (entry.method !== STORED || entry.size !== entry.packed || (entry.flags & ~UTF8) !== 0) {
    throw new BidError("package-not-stored", { file: name });
  }
  if (entry.size > MAX_FILE) throw new BidError("package-file-size", { file: name });
}

function checkExtra(extra: Bytes): void {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
  for (let at = 0; at < extra.length; ) {
    const whole = at + 4 <= extra.length;
    const [kind, length] = whole ? [view.getUint16(at, true), view.getUint16(at + 2, true)] : [0, 0];
    if (!EXTRAS.includes(kind) || at + 4 + length > extra.length) throw new BidError("package-malformed");
    at += 4 + length;
  }
}
