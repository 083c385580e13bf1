// The bidder's page for unlocking: the secret leaves this machine only when the closing is proved and the custodians'
// shares are frozen.
import { ApiProblem, ConnectionLost, type Api } from "../api";
import type { Closing } from "../bids/closing";
import { checkEntries, examineClosingEntry } from "../bids/custody";
import { parseEntry } from "../bids/entries";
import { BidError } from "../bids/errors";
import { examineClosing, examineNotice } from "../bids/examination";
import { sentence as said } from "../bids/messages";
import { parseLeaf } from "../bids/ledger";
import { checkUnlockReceipt, checkUnlocked, checkUnlockingOf, verifyUnlockReceipt } from "../bids/unlock_receipts";
import { checkFrozen, parseUnlocking } from "../bids/unlocking";
import { readUnlockFile } from "../bids/unlock_file";
import type { Notice } from "../bids/notice";
import type { Trust } from "../bids/trust";
import { b64decode, b64encode, equal, parseTime, utf8, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import * as merkle from "../signing/merkle";
import { parseCheckpoint, parseProof } from "../signing/notes";
import { trustedAnchors } from "./anchors";
import { fetchNotice, fetchTrust } from "./closed";
import { byId, download, h } from "./dom";
import { keepSecret, keptSecret } from "./keeping";
import { LogPanel } from "./log-panel";
import { Uncosigned, waitCosigned } from "./log-witnesses";
import { api, attempt } from "./page";
import { language, sentence, t, when } from "./words";

const CALM = 15_000; // milliseconds between questions while the deadline is far
const SOON = 2_000;
const AGAIN = 5_000;
const PATIENCE = 30_000; // for witnesses, who need a few seconds

class ClockDoubt extends Error {}

function mayPass(error: unknown): boolean {
  if (error instanceof BidError) return ["log-entries-false", "unlock-not-frozen"].includes(error.code);
  if (error instanceof ApiProblem) return error.passing;
  // A clock that is behind gets there by itself.
  return error instanceof ConnectionLost || error instanceof Uncosigned || error instanceof ClockDoubt;
}

class UnlockPage {
  private readonly tender: string;
  private readonly bid: string;
  private readonly opens: number;
  private readonly calls: Api = api();
  private state: string;
  private secret: Bytes | null = null;
  private sending = false;
  private doubted = false;
  private watched: Promise<LogPanel> | null = null;
  private readonly act = byId("unlock-act");
  private readonly wrong = h("div", { class: "px-3" });
  private readonly promise = h("div", { class: "mt-3", id: "promise" });
  private readonly byItself = h("input", { type: "checkbox", class: "form-check-input", id: "by-itself", checked: true });

  constructor(place: HTMLElement) {
    const told = (name: string): string => place.dataset[name] ?? "";
    this.tender = told("tender");
    this.bid = told("bid");
    this.opens = Number(told("opens"));
    this.state = told("state");
    if (this.state === "unlocked") this.showReceipt(b64decode(told("receipt")));
  }

  async begin(): Promise<void> {
    if (this.state === "unlocked" || this.state === "ended") return;
    this.secret = await keptSecret(this.bid);
    this.show();
    void this.follow();
    await this.readLog();
  }

  /** Ahead of the window: in it there is then little left to read. What is wrong is told, and refuses when it counts. */
  private async readLog(): Promise<void> {
    try {
      const panel = await this.panel();
      try {
        await panel.follower.follow();
        await panel.follower.entries(this.tender);
      } finally {
        await panel.show();
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost) && !this.sending) {
        this.wrong.replaceChildren(h("p", { class: "refusal", role: "alert" }, sentence(error)));
      }
    }
  }

  private panel(): Promise<LogPanel> {
    this.watched ??= LogPanel.of(byId("log-watch"), this.calls).catch((error) => {
      this.watched = null; // asked again the next time
      throw error;
    });
    return this.watched;
  }

  /** Ask how it stands, often when it matters; the page is made anew by the server when that changes. */
  private async follow(): Promise<void> {
    const before = this.state;
    try {
      const { state } = await this.calls.get(`/tenders/${this.tender}/bids/${this.bid}/unlocking`);
      if (this.state !== before) {
        // It was unlocked meanwhile: the answer is older than that.
      } else if (before === "waiting" && state === "open") {
        this.state = "open";
        this.show();
        if (this.secret !== null && this.byItself.checked) void this.press();
        else location.reload();
      } else if (state !== before && !this.sending) {
        location.reload();
        return;
      }
    } catch (error) {
      console.debug(error); // nothing ends this before the window
    }
    setTimeout(() => void this.follow(), Date.now() < this.opens - 60_000 ? CALM : SOON);
  }

  private show(): void {
    const open = this.state === "open";
    const children: Node[] = [];
    if (this.secret !== null) {
      children.push(h("p", {}, t("本浏览器保存着这份投标的解锁密钥。", "This browser keeps the secret of this bid.")));
    } else {
      children.push(h("p", {}, t("解锁密钥不在本浏览器中。请选择密封时保存的解锁文件（.unlock）。", "The secret is not in this browser. Choose the unlocking file (.unlock) that was kept when the bid was sealed.")));
    }
    const file = h("input", { type: "file", class: "form-control", id: "unlock-file", accept: ".unlock,.txt,text/plain" });
    file.addEventListener("change", () => void this.choose(file));
    children.push(h("div", { class: "field narrow" },
      h("label", { class: "form-label", for: "unlock-file" }, this.secret === null ? t("解锁文件", "Unlocking file") : t("或选择解锁文件", "Or choose an unlocking file")), file));
    if (open) {
      const button = h("button", { type: "button", class: "btn btn-primary", id: "unlock-now" }, t("核对并解锁", "Check, and unlock"));
      button.disabled = this.secret === null;
      button.addEventListener("click", () => void this.press(button));
      children.push(h("p", { class: "mb-0" }, button));
    } else if (this.secret !== null) {
      children.push(h("div", { class: "form-check" }, this.byItself, " ", h("label", { class: "form-check-label", for: "by-itself" },
        t("时段开始后自动解锁（请保持本页打开）", "Unlock by itself when the window begins (keep this page open)"))));
    }
    this.act.replaceChildren(h("div", { class: "px-3 pb-3" }, ...children), this.wrong);
  }

  private async choose(file: HTMLInputElement): Promise<void> {
    this.wrong.replaceChildren();
    const [chosen] = file.files ?? [];
    if (chosen === undefined) return;
    try {
      const read = readUnlockFile(new Uint8Array(await chosen.arrayBuffer()));
      if (read.bid !== this.bid) {
        this.wrong.replaceChildren(h("p", { class: "refusal", role: "alert" }, t(
          `这个解锁文件属于另一份投标（${read.bid}）。请选择本投标的解锁文件。`,
          `This unlocking file is of another bid (${read.bid}). Choose the one of this bid.`)));
        return;
      }
      this.secret = read.secret;
      await keepSecret(this.bid, read.secret).catch(() => undefined); // no room: it stays for as long as the page does
      this.show();
    } catch (error) {
      this.wrong.replaceChildren(h("p", { class: "refusal", role: "alert" }, sentence(error)));
    }
  }

  /** `by`: the button that somebody pressed; without one it is the page itself. */
  private async press(by?: HTMLButtonElement): Promise<void> {
    const { secret } = this;
    if (secret === null || this.sending || this.state !== "open") return;
    this.sending = true;
    await attempt(by ?? byId<HTMLButtonElement>("unlock-now"), this.wrong, async () => {
      try {
        await this.unlock(secret, by !== undefined);
      } catch (error) {
        // Nobody may be looking: what may pass is tried again while the page is open.
        if (this.byItself.checked && mayPass(error)) setTimeout(() => void this.press(), AGAIN);
        if (!(error instanceof ClockDoubt)) throw error;
        this.wrong.replaceChildren(h("p", { class: "refusal", role: "alert" }, t(
          "按本机时钟，开标时间还没有到，密钥没有发出。请核对本机时间；如确认是本机时钟不准，请再点一次。",
          "By this machine's clock the opening time has not come, and the secret was not sent. Check the time; if it is your clock that is wrong, press again.")));
      }
    });
    this.sending = false;
  }

  /** Every check first; then the secret, and the receipt that proves it. `byHand`: somebody asked for it. */
  private async unlock(secret: Bytes, byHand: boolean): Promise<void> {
    const panel = await this.panel();
    const trust = await fetchTrust(this.calls, this.tender, panel.anchors);
    const { raw, signature } = await fetchNotice(this.calls, this.tender);
    const { notice } = await examineNotice(raw, signature, trust);
    if (notice.tender !== this.tender) throw new BidError("notice-other-tender");
    // This machine's own clock: nobody talks a bidder into unlocking early. It may be wrong, though, and the window is
    // short: whoever is asked once more and sends it all the same knows better. The page itself waits for its clock.
    if (!(byHand && this.doubted) && BigInt(Date.now()) * 1000n < parseTime(notice.policy.opensAt)) {
      this.doubted = true;
      throw new ClockDoubt();
    }
    const closing = await this.closed(notice, trust, panel);
    await this.frozen(notice, closing, trust, panel);
    const answer = await this.calls.post(`/tenders/${this.tender}/bids/${this.bid}/unlocking`, { secret: b64encode(secret) });
    const receipt = b64decode(String(answer["receipt"]));
    const locked = { tender: this.tender, policy: notice.policy.digest, bid: this.bid, lock: hexdigest(secret) };
    const { receivedAt } = await checkUnlockReceipt(receipt, locked, trust.roots);
    this.state = "unlocked";
    const head = byId("unlock").querySelector("div");
    head?.replaceChildren(h("p", { class: "clock outcome done mb-1" }, t("已解锁", "Unlocked")), h("p", { class: "mb-0" }, when(receivedAt)));
    this.showReceipt(receipt);
  }

  /**
   * By the log as it was followed to its end: this notice is the last one published, this closing the only one, nothing
   * ended the tender, and the custodians' releases are frozen; the witnesses that are wanted have cosigned that.
   */
  private async frozen(notice: Notice, closing: Closing, trust: Trust, panel: LogPanel): Promise<void> {
    const { follower, policy } = panel;
    try {
      for (let seen = -1; ; ) {
        await follower.follow();
        const logged = await follower.entries(this.tender);
        const entries = logged.map(([, raw]) => raw);
        await checkEntries(entries, notice, closing.digest);
        await checkFrozen(entries, closing, notice.policy, trust);
        const last = logged.find(([, raw]) => parseEntry(raw).act === "opening.frozen")?.[0] ?? -1;
        if (policy === null || last === seen) return;
        await waitCosigned(this.calls, follower, policy, last, PATIENCE);
        seen = last;
      }
    } finally {
      await panel.show();
    }
  }

  /** The closing is in the log, and this bid in the ledger that it froze. */
  private async closed(notice: Notice, trust: Trust, { follower }: LogPanel): Promise<Closing> {
    const logged = await this.calls.get(`/tenders/${this.tender}/closing`);
    const own = await this.calls.get(`/tenders/${this.tender}/bids/${this.bid}/proofs`);
    const closing = await examineClosing(b64decode(String(logged["file"])), notice, trust);
    const shown = utf8(String(logged["proof"]));
    await examineClosingEntry(b64decode(String(logged["entry"])), shown, closing, trust);
    await follower.follow(parseProof(shown).checkpoint);
    const leaf = b64decode(String(own["leaf"]));
    const proof = parseProof(utf8(String(own["ledger"])));
    const verifier = await trust.log.renamed(closing.ledgerOrigin);
    const frozen = await parseCheckpoint(closing.checkpoint, verifier, closing.ledgerOrigin);
    merkle.verifyInclusion(proof.index, frozen.size, merkle.leafHash(leaf), proof.hashes, frozen.root);
    if (!equal(proof.checkpoint, closing.checkpoint) || parseLeaf(leaf).bid !== this.bid) {
      throw new BidError("bid-not-in-ledger", { bid: this.bid });
    }
    return closing;
  }

  /** When the window has ended: whether the platform's statement gives the secret that it gave the receipt for. */
  private async tellPromise(receipt: Bytes): Promise<void> {
    let file: Bytes;
    let trust: Trust;
    try {
      trust = await fetchTrust(this.calls, this.tender, await trustedAnchors(this.calls));
      const told = (await this.calls.get(`/tenders/${this.tender}/unlocking`))["file"];
      if (told === null) return void setTimeout(() => void this.tellPromise(receipt), CALM);
      file = b64decode(String(told));
    } catch (error) {
      if (!(error instanceof ConnectionLost) && !(error instanceof ApiProblem)) {
        this.promise.replaceChildren(h("p", { class: "refusal mb-0", role: "alert" }, sentence(error)));
      }
      return void setTimeout(() => void this.tellPromise(receipt), CALM);
    }
    try {
      const read = await verifyUnlockReceipt(receipt, trust.roots);
      const unlocking = parseUnlocking(await trust.platformStatement("unlocking", file));
      checkUnlockingOf(read, unlocking);
      checkUnlocked(read, unlocking);
      this.promise.replaceChildren(h("p", { class: "mb-0" }, said("unlock-promise-stands", language, { bid: this.bid })));
    } catch (error) {
      this.promise.replaceChildren(h("p", { class: "refusal mb-0", role: "alert" }, sentence(error), " ", t(
        "请保存回执，用 sunseal receipt check 生成举证文件，交给监督部门。",
        "Keep the receipt, have sunseal receipt check write the proof, and give it to the supervisor.")));
    }
  }

  private showReceipt(receipt: Bytes): void {
    this.act.replaceChildren(h("div", { class: "px-3 pb-3" },
      h("p", {}, t("平台签名的回执证明您已按时解锁。请保存：如果开标记录仍说未解锁，凭它可以投诉。",
        "The receipt, signed by the platform, proves that you unlocked in time. Keep it: if the opening record says otherwise, it is your proof.")),
      h("p", { class: "mb-0" }, download(`${this.bid}.unlocked.json`, receipt, "application/json", t("保存回执", "Keep the receipt")), " ",
        h("a", { class: "btn btn-link", href: `/tenders/${this.tender}/opening` }, t("观看开标", "Watch the opening"))), this.promise));
    void this.tellPromise(receipt);
  }
}

const place = document.getElementById("unlock");
if (place !== null) void new UnlockPage(place).begin();
