// A tender in a custodian's hands: what this browser keeps of it, the log as it was followed, the notice accepted.
import type { Api } from "../api";
import { checkChain } from "../bids/amendments";
import { parseEntry, type Entry } from "../bids/entries";
import { BidError } from "../bids/errors";
import { PUBLISHING_ACTS, examineNotice } from "../bids/examination";
import type { Notice } from "../bids/notice";
import type { Trust } from "../bids/trust";
import { b64decode, parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { publicKey } from "../signing/hpke";
import { fetchNotice, fetchTrust } from "./closed";
import { byId } from "./dom";
import { keepCustody, keptCustody, type KeptCustody } from "./keeping";
import type { Logged } from "./log-follower";
import { checkIssued } from "./log-issued";
import { LogPanel } from "./log-panel";
import { waitCosigned } from "./log-witnesses";
import { api, type Actor } from "./page";
import { Refused } from "./words";

const PATIENCE = 30_000; // milliseconds for witnesses, who need a few seconds
const MOST_NOTICES = 1000;
/** What releases rest on: it must be in a log that the witnesses have seen. */
const WITNESSED = ["tender.closed", "tender.admitted"];

export class Custody {
  readonly tender: string;
  readonly calls: Api = api();
  private readonly owner: string;
  private shown: Promise<LogPanel> | null = null;

  constructor(readonly place: HTMLElement, readonly who: Actor) {
    this.tender = place.dataset["custody"] ?? "";
    this.owner = `${who.organisation}/${this.tender}`;
  }

  kept(): Promise<KeptCustody> {
    return keptCustody(this.owner);
  }

  async keep(more: KeptCustody): Promise<void> {
    await keepCustody(this.owner, { ...(await this.kept()), ...more });
  }

  async forget(): Promise<void> {
    const { seed: _, releases: __, ...rest } = await this.kept();
    await keepCustody(this.owner, rest);
  }

  readonly panel = (): Promise<LogPanel> => {
    this.shown ??= LogPanel.of(byId("log-watch"), this.calls).catch((error) => {
      this.shown = null; // asked again the next time
      throw error;
    });
    return this.shown;
  };

  /** By the roots and the log key that this browser keeps; of agency and custodians the log must have all. */
  async trust(): Promise<Trust> {
    const { anchors, follower } = await this.panel();
    const trust = await fetchTrust(this.calls, this.tender, anchors);
    await checkIssued(this.calls, follower, trust.enrolments.values());
    return trust;
  }

  /** The tender's entries in the log, followed to its end of now, or at least to the checkpoint `note`. */
  async entries(note?: Bytes): Promise<readonly Logged[]> {
    const panel = await this.panel();
    try {
      await panel.follower.follow();
      if (note !== undefined) await panel.follower.follow(note);
      return await panel.follower.entries(this.tender);
    } finally {
      await panel.show();
    }
  }

  /** As `entries`, once the witnesses wanted have cosigned a log with the closing and the last stage statement. */
  async witnessed(note: Bytes): Promise<readonly Logged[]> {
    const { policy, follower } = await this.panel();
    for (let seen = -1; ; ) {
      const entries = await this.entries(note);
      const last = entries.filter(([, raw]) => WITNESSED.includes(parseEntry(raw).act)).at(-1)?.[0] ?? -1;
      if (policy === null || last === seen) return entries;
      await waitCosigned(this.calls, follower, policy, last, PATIENCE);
      seen = last;
    }
  }
}

/** What the log has of the tender. */
export function read(entries: readonly Logged[]): Entry[] {
  return entries.map(([, raw]) => parseEntry(raw));
}

/**
 * Accept the notice in force. 1. The agency's signature, chain and enrolment hold; it is for this tender. 2. It names
 * this custodian with the keys kept here. 3. The followed log has it as the last one published. 4. If another was
 * accepted before, it stands in this one's chain, and each notice may take the place of the one before. BidError.
 */
export async function accept(custody: Custody, trust: Trust, entries: readonly Logged[], seed: Bytes): Promise<Notice> {
  const { calls, tender, who } = custody;
  const { raw, signature } = await fetchNotice(calls, tender);
  const { notice } = await examineNotice(raw, signature, trust);
  if (notice.tender !== tender) throw new BidError("notice-other-tender");
  const { notice: known, signing } = await custody.kept();
  const own = notice.policy.custodians.find((one) => one.id === who.organisation);
  const right = own !== undefined && hexdigest(own.sealingKey) === hexdigest(await publicKey(seed));
  if (!right || (signing !== undefined && hexdigest(own.signingKey) !== signing)) {
    throw new BidError("sealing-key-differs", { custodian: who.organisation });
  }
  const published = read(entries).filter(({ act }) => (PUBLISHING_ACTS as readonly string[]).includes(act));
  if (published.length === 0) throw new BidError("notice-not-logged");
  if (published.at(-1)?.digests["notice"] !== notice.digest) throw new BidError("notice-not-last");
  if (known !== undefined && known !== notice.digest) await checkChain(await chainTo(custody, trust, notice, known));
  await custody.keep({ notice: notice.digest, policy: notice.policy.digest });
  return notice;
}

/**
 * The agency's envelope key, by its statement: signed, and the newest that the followed log has. Of one that was set before
 * this browser began to read, the first seen counts, until the log has a newer one. BidError, Refused.
 */
export async function envelopeKey({ calls, panel }: Custody, { buyer }: Notice, trust: Trust): Promise<Bytes> {
  const file = b64decode(String((await calls.get(`/organisations/${buyer.id}/envelope-key`))["file"]));
  const [party, { statement, digest }] = await trust.verifyStatement("envelope-key", file, "agency");
  if (party.id !== buyer.id || statement["party"] !== buyer.id) throw new BidError("signer-not-buyer");
  const { follower } = await panel();
  const newest = await follower.envelopeKey(buyer.id);
  if (newest === null) await follower.noteEnvelope(buyer.id, { at: Number(parseTime(String(statement["at"]))), digest });
  else if (newest !== digest) {
    throw new Refused("平台给出的招标人附件密钥不是其最新的一把，没有交出份额。请重试；如仍如此，请告知监督部门，并请招标人重新登记附件密钥。",
      "The agency's envelope key that the platform shows is not its newest; nothing was released. Try again; if it stays so, tell the supervisor, and ask the agency to set its key anew.");
  }
  return b64decode(String(statement["key"]));
}

/** The notices from this one back to the one accepted before. */
async function chainTo(custody: Custody, trust: Trust, notice: Notice, known: string): Promise<Notice[]> {
  const chain = [notice];
  for (let last = notice; last.digest !== known; ) {
    if (last.replaces === null || chain.length > MOST_NOTICES) throw new BidError("amendment-not-successor");
    const { raw, signature } = await fetchNotice(custody.calls, custody.tender, last.replaces);
    last = (await examineNotice(raw, signature, trust)).notice;
    if (last.digest !== chain.at(-1)?.replaces) throw new BidError("amendment-not-successor");
    chain.push(last);
  }
  return chain;
}
