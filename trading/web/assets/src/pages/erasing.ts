// Why a custodian may erase a tender's key: proved by the followed log, never on a hint, as trading/client/erasure.py does.
import { checkClosed } from "../bids/custody";
import type { Entry } from "../bids/entries";
import { BidError } from "../bids/errors";
import type { Notice } from "../bids/notice";
import { readSigned } from "../bids/objects";
import { parseOpeningRecord, type OpeningRecord } from "../bids/opening_record";
import { parseStage } from "../bids/stages";
import type { Trust } from "../bids/trust";
import { b64decode, type Bytes } from "../signing/encoding";
import { fetchClosed } from "./closed";
import { read, type Custody } from "./custody-tender";
import type { Logged } from "./log-follower";
import { shownRecords } from "./opening-record";
import { Refused } from "./words";

/**
 * That the key is needed no more. 1. The last segment's signed opening record is in the log, and the releases frozen there
 * are at least the threshold, this browser's own among them as it made it; or 2. the agency's signed cancellation is; or
 * 3. the tender failed, and by this browser's own count, or by the opening record and the agency's stage statement, too
 * few suppliers were left. Refused, BidError.
 */
export async function proveEnd(custody: Custody, notice: Notice, logged: readonly Logged[], trust: Trust): Promise<void> {
  const log = read(logged);
  const of = (act: string): Entry[] => log.filter((entry) => entry.act === act);
  const [opened, frozen, stated] = [of("tender.opened"), of("opening.frozen"), of("tender.admitted")];
  const last = notice.policy.segments.length - 1;
  const ended = opened[last];
  if (ended !== undefined) {
    const { last: file } = await shownRecords(custody.calls, notice.tender);
    return proveReleased(custody, notice, frozen, last, await recordOf(notice, ended, file, trust), trust);
  }
  const [cancelled] = of("tender.cancelled");
  if (cancelled !== undefined) {
    const [party, { statement }] = await trust.verifyStatement("cancellation", statementIn(cancelled), "agency");
    if (party.id !== notice.buyer.id || statement["tender"] !== notice.tender) throw unproved();
    return;
  }
  const [failed] = of("tender.failed");
  if (failed === undefined) throw unproved();
  const { statement } = await trust.platformStatement("failure", statementIn(failed));
  if (statement["tender"] !== notice.tender) throw unproved();
  if (opened.length === 0) {
    const closed = await fetchClosed(custody.calls, notice.tender);
    if ((await checkClosed(closed, trust, notice.policy.digest, null)).minimumReached) throw unjustified();
    return;
  }
  await proveFewLeft(custody, notice, opened, frozen, stated, trust);
}

function statementIn(entry: Entry): Bytes {
  if (entry.statementFile === null) throw unproved();
  return entry.statementFile;
}

async function recordOf(notice: Notice, entry: Entry, file: Bytes | null, trust: Trust): Promise<OpeningRecord> {
  if (file === null) throw unproved();
  const record = parseOpeningRecord(await trust.platformStatement("opening-record", file));
  if (record.tender !== notice.tender || entry.digests["opening_record"] !== record.digest) throw unproved();
  return record;
}

/** A record says that bids were opened; that they could be is what the frozen releases show. */
async function proveReleased(
  custody: Custody, notice: Notice, frozen: readonly Entry[], place: number, record: OpeningRecord, trust: Trust,
): Promise<void> {
  const { closing, releases = {} } = await custody.kept();
  if (closing !== undefined && closing !== record.closing) throw new BidError("closing-second");
  const set = frozen[place];
  if (set === undefined) throw unreleased();
  const read = readSigned(await trust.platformStatement("release-set", statementIn(set)), "release-set");
  const members = read.statement as never as Readonly<Record<"tender" | "closing" | "segment", string>> & {
    readonly releases: ReadonlyArray<{ readonly custodian: string; readonly sha256: string }>;
  };
  const { policy, tender } = notice;
  const segment = policy.segmentNames[place] ?? "";
  const listed = new Map(members.releases.map((row) => [row.custodian, row.sha256]));
  const known = policy.custodians.filter(({ id }) => listed.has(id)).length;
  const same = members.tender === tender && members.closing === record.closing && members.segment === segment;
  const own = listed.get(custody.who.organisation);
  const body = releases[segment];
  const made = body === undefined ? undefined
    : readSigned(b64decode((JSON.parse(body) as { file: string }).file), "release").digest;
  if (!same || known < policy.threshold || (own !== undefined && own !== made)) throw unreleased();
}

/** Between two segments: too few suppliers were opened, or admitted by the agency's own statement on that opening. */
async function proveFewLeft(
  custody: Custody, notice: Notice, opened: readonly Entry[], frozen: readonly Entry[], stated: readonly Entry[], trust: Trust,
): Promise<void> {
  const place = opened.length - 1;
  const { stages } = await shownRecords(custody.calls, notice.tender);
  const file = stages.find(({ segment }) => segment === notice.policy.segmentNames[place])?.record ?? null;
  const record = await recordOf(notice, opened[place] as Entry, file, trust);
  await proveReleased(custody, notice, frozen, place, record, trust);
  const rows = record.bids.filter((row) => row["opened"] === true);
  let left = rows.map((row) => String(row["bid"]));
  const statement = stated[place];
  if (statement !== undefined) {
    const [party, read] = await trust.verifyStatement("stage", statementIn(statement), "agency");
    const stage = parseStage(read);
    if (party.id !== notice.buyer.id || stage.opening !== record.digest) throw unproved();
    left = left.filter((bid) => stage.admitted.includes(bid));
  }
  const suppliers = new Set(rows.filter((row) => left.includes(String(row["bid"]))).map((row) => String(row["supplier"])));
  if (suppliers.size >= Math.max(notice.policy.minimumBidders, 1)) throw unjustified();
}

function unproved(): Refused {
  return new Refused("公开日志尚不能证明本标段已结束，密钥没有销毁。请稍后再试；如平台坚称已结束，请告知监督部门。",
    "The public log does not prove that this tender has ended; the key was not erased. Try again later, and tell the supervisor if the platform insists.");
}

function unreleased(): Refused {
  return new Refused("日志中的释放声明集与开标记录或本浏览器交出的份额不符，密钥没有销毁。请告知监督部门。",
    "The releases in the log do not agree with the opening record or with what this browser released; the key was not erased. Tell the supervisor.");
}

function unjustified(): Refused {
  return new Refused("平台宣布流标，但按本浏览器的核对，投标人数并未不足，密钥没有销毁。请告知监督部门。",
    "The platform says that the tender failed, but by this browser's own count enough suppliers were there; the key was not erased. Tell the supervisor.");
}
