// The bids that opened, believed after the checks of `sunseal agency files`; and why an attachment does not open.
import { AnswerMalformed, ApiProblem, ConnectionLost, type Api } from "../api";
import { checkClosed, openFilesShare } from "../bids/custody";
import { BidError } from "../bids/errors";
import type { Accepted } from "../bids/examination";
import { placeOf, type Notice } from "../bids/notice";
import { parseOpeningRecord } from "../bids/opening_record";
import { partOf } from "../bids/manifest";
import { recoverKey } from "../bids/opened";
import { parseUnlocking } from "../bids/unlocking";
import { b64decode, b64encode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { contentFrom, type Content } from "../signing/contents";
import { fetchClosed, fetchTrust } from "./closed";
import { trustedOpening } from "./opening-record";
import { sentence, t } from "./words";

export interface OpenBids {
  readonly notice: Notice;
  readonly segment: string;
  readonly bids: readonly Accepted[];
  /** The secrets of bidders' own locks, by bid, where the notice asks for them; the manifest's digest proves each. */
  readonly secrets: ReadonlyMap<string, Bytes>;
}

/** The bids that a segment's signed record says were opened, from the closed tender with every check; BidError, ApiProblem. */
export async function openBids(calls: Api, tender: string, segment: string): Promise<OpenBids> {
  const trust = await fetchTrust(calls, tender);
  const record = parseOpeningRecord(await trustedOpening(calls, tender, trust, segment));
  // A tender may be cancelled after its opening, so what the log says of its end is no hindrance.
  const { notice, current, closing } = await checkClosed(await fetchClosed(calls, tender), trust, null, null);
  if (notice.tender !== tender) throw new BidError("notice-other-tender");
  if (record.closing !== closing.digest) throw new BidError("record-other-closing");
  const opened = new Set(record.bids.filter((row) => row["opened"] === true).map((row) => row["bid"]));
  placeOf(notice.policy, segment);
  if (record.bids.some((row) => row["segment"] !== segment)) throw new BidError("stage-record");
  const secrets = notice.policy.lock ? await unlocked(calls, tender) : new Map<string, Bytes>();
  return { notice, segment, bids: current.filter(({ bid }) => opened.has(bid)), secrets };
}

async function unlocked(calls: Api, tender: string): Promise<ReadonlyMap<string, Bytes>> {
  const { bids } = parseUnlocking(b64decode(String((await calls.get(`/tenders/${tender}/unlocking`))["file"])));
  return new Map(bids.flatMap(({ bid, secret }) => (secret === null ? [] : [[bid, secret] as const])));
}

/** What `act` gives, while `status` says that the checks are being made. */
export async function checked<T>(status: HTMLElement, act: () => Promise<T>): Promise<T> {
  status.textContent = t("正在核对截标、日志与全部投标的签名…", "Checking the closing, the log and every bid's signature…");
  try {
    return await act();
  } finally {
    status.textContent = "";
  }
}

/** The ciphertext at an address, as it arrives, of object `number` of a bid's `files` part in a segment. */
export function arriving(calls: Api, { manifest }: Accepted, segment: string, number: number, path: string): Content {
  return contentFrom(calls.stream(path), partOf(manifest, "files", segment).objects[number]?.size ?? 0);
}

export type Fault = "bidder" | "platform" | "custodian" | "key" | "handover" | "none";

/** Why something does not open, said as it is, and whose fault it appears to be. */
export class Unopened extends Error {
  constructor(said: string, readonly fault: Fault) {
    super(said);
  }
}

const AT_FAULT: Readonly<Record<Fault, () => string>> = {
  bidder: () => t("看来是投标人的问题。", "Apparently the bidder's fault."),
  platform: () => t("看来是平台的问题：请告知平台运营机构和监督部门。", "Apparently the platform's fault: tell the operator and the supervisor."),
  custodian: () => t("看来是保管人的问题。", "Apparently a custodian's fault."),
  key: () => t("看来是密钥文件的问题。", "Apparently the key file is the wrong one."),
  handover: () => t("看来是平台或招标人的问题：请告知监督部门。", "Apparently the platform's or the agency's fault: tell the supervisor."),
  none: () => "",
};

/** What went wrong with a bid or a file, and whose fault it appears to be. */
export function whyNot(error: unknown): string {
  if (error instanceof ConnectionLost) {
    return t("与平台的连接断开，未能取回。请检查网络后再试。", "The connection to the platform broke off. Check your network and try again.");
  }
  const [said, fault] = error instanceof Unopened ? [error.message, error.fault] : [sentence(error), faultOf(error)];
  return (said + t("", " ") + AT_FAULT[fault]()).trim();
}

/** What is not the manifest's is the platform's; what is, and does not open, its bidder has sealed so. */
function faultOf(error: unknown): Fault {
  if (error instanceof AnswerMalformed) return "platform";
  if (error instanceof ApiProblem) return error.status === 404 || error.status >= 500 ? "platform" : "none";
  if (!(error instanceof BidError)) return "none";
  return error.code === "ciphertext-digest" ? "platform" : "bidder";
}

/** The key that the bidder dealt for its `files` part, from the custodians' shares sealed to the agency's key. */
export async function keyFromShares(calls: Api, { notice, segment }: OpenBids, bid: Accepted, seed: Bytes): Promise<Bytes> {
  const { manifest } = bid;
  const { policy } = notice;
  const answer = await calls.get(`/tenders/${notice.tender}/files/${bid.bid}?segment=${segment}`);
  if (answer["manifest"] !== b64encode(manifest.raw)) throw new AnswerMalformed("manifest");
  const given = new Map((answer["shares"] as readonly { custodian: string; sealed: string }[]).map((one) => [one.custodian, one.sealed]));
  const shares: Bytes[] = [];
  const silent: string[] = [];
  const closed: string[] = [];
  for (const custodian of policy.custodians) {
    const sealed = given.get(custodian.id);
    const share = await openFilesShare(seed, notice.tender, bid.bid, segment, custodian, sealed ?? "", policy.suite).catch(() => null);
    if (share !== null && hexdigest(share) === partOf(manifest, "files", segment).shareDigests[custodian.position - 1]) shares.push(share);
    else (sealed === undefined ? silent : closed).push(custodian.name);
  }
  if (shares.length >= policy.threshold) return recoverKey(manifest, "files", shares, policy, segment);
  if (shares.length === 0 && silent.length < policy.custodians.length) {
    throw new Unopened(t("没有一份密钥份额能用这个密钥文件打开。请选择发布本标段时保存的 envelope.key。",
      "None of the custodians' shares opens with this key file. Choose the envelope.key that was saved when this tender was published."), "key");
  }
  const names = [...closed, ...silent].join(t("、", ", "));
  throw new Unopened(t(`需要 ${policy.threshold} 份密钥份额，只有 ${shares.length} 份可用；没有或打不开的：${names}。`,
    `${policy.threshold} custodians' shares are needed and ${shares.length} are good; missing, or not to be opened: ${names}.`), "custodian");
}
