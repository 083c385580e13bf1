// The supplier's page: prices, attachments and key; then seal, sign and hand in; and take back.
import { Api, ApiProblem } from "../api";
import { signedBytes, signedDocument, type SignedDocument } from "../bids/acts";
import { seal, type Contents, type Measure } from "../bids/envelope";
import { BidError } from "../bids/errors";
import { checkManifest, parseManifest } from "../bids/manifest";
import type { Notice } from "../bids/notice";
import { buildOffer, parseOffer } from "../bids/offer";
import type { Receipt } from "../bids/receipts";
import { Submission } from "../bids/submission";
import { writeUnlockFile } from "../bids/unlock_file";
import type { Bytes } from "../signing/encoding";
import { byName } from "../signing/suite";
import { AttachmentList } from "./attachments";
import { byId, download, h } from "./dom";
import { dropBid, dropDraft, dropLateBids, keepBid, keepDraft, keepSecret, keptBid, keptDraft, noteLog, type KeptBid } from "./keeping";
import { measureInWorkers } from "./measuring";
import { now } from "./page";
import { PriceForm, type Draft } from "./prices";
import { KeyPanel } from "./signer";
import { stageForms, type StageDraft, type StageForm } from "./stage-form";
import { Trusted } from "./trusted";
import { fingerprint, language, sentence, size, t, when } from "./words";

/** Begin; `bundle` is the address of this script, which the workers run too. */
export function start(bundle: string): void {
  const form = document.getElementById("bid");
  if (form instanceof HTMLFormElement) void new BidPage(form, bundle).begin();
}

/** Whether what was refused could never be handed in; all else, as a session that ended, may pass. */
function mustBeSealedAnew(error: unknown, uploaded: boolean): boolean {
  if (error instanceof BidError) return error.code === "attachment-changed";
  return uploaded && error instanceof ApiProblem && (error.status === 409 || error.status === 422) && error.code !== "busy";
}

type KeptDraft = Draft & { readonly notice: string; readonly stages?: Readonly<Record<string, StageDraft>> };

class BidPage {
  private readonly tender: string;
  private readonly supplier: string;
  private readonly replaces: string | null;
  private readonly api: Api;
  private readonly submission: Submission;
  private readonly draftName: string;
  private readonly measure: Measure;
  private trusted: Trusted | null = null;
  /** Sealed and signed once, handed in as often as the connection needs; also after a reload. */
  private ready: KeptBid | null = null;
  private kept: Promise<unknown> = Promise.resolve();
  private readonly sendText = byId("send").textContent;
  private busy = false;
  /** Whether the file that unlocks the bid was saved, of a bid with a lock of its own. */
  private saved = false;

  constructor(private readonly form: HTMLFormElement, bundle: string) {
    const told = (name: string): string => form.dataset[name] ?? "";
    this.tender = told("tender");
    this.supplier = told("organisation");
    this.replaces = told("current") || null;
    this.api = new Api(told("token"), language === "zh" ? "zh-CN" : "en", (wait) => this.waiting(wait));
    this.submission = new Submission(this.api, this.tender, (receipt) => (this.trusted as Trusted).receipt(receipt));
    this.measure = measureInWorkers(bundle);
    this.draftName = `${this.supplier}/${told("person")}/${this.tender}`;
  }

  async begin(): Promise<void> {
    let trusted: Trusted;
    let notice: Notice;
    try {
      trusted = await Trusted.of(this.api);
      ({ notice } = await trusted.notice(this.api, this.tender));
      if (notice.tender !== this.tender) throw new BidError("manifest-other-tender");
    } catch (error) {
      byId("checking").hidden = true;
      byId("refused").replaceChildren(h("p", { class: "refusal" }, sentence(error)));
      return; // nothing is sealed for whom nobody has signed
    }
    byId("checking").hidden = true;
    this.trusted = trusted;
    this.showWhom(notice, trusted);
    const { organisation = "", person = "", name = "" } = this.form.dataset;
    const keys = new KeyPanel(this.api, { organisation, person, name, role: "supplier" });
    const changed = (): void => {
      const drafts = Object.fromEntries(stages.map((stage) => [stage.segment, stage.draft]));
      void keepDraft(this.draftName, { ...prices.draft, stages: drafts, notice: notice.digest });
    };
    const prices = new PriceForm(notice, changed);
    const stages = stageForms(notice, changed);
    const kept = (await keptDraft(this.draftName)) as KeptDraft | undefined;
    if (kept !== undefined) {
      prices.draft = kept;
      for (const stage of stages) {
        const draft = kept.stages?.[stage.segment];
        if (draft !== undefined) stage.draft = draft;
      }
      byId("draft-amended").hidden = kept.notice === notice.digest;
    }
    const files = new AttachmentList();
    await this.goOnWithKept(notice);
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act("wrong", () => this.send(notice, prices, stages, files, keys));
    });
    // What was wrong is being mended.
    const mended = (): void => byId("wrong").replaceChildren();
    this.form.addEventListener("input", mended);
    this.form.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("button:not(#send)") !== null) mended();
    });
    byId("start-over").addEventListener("click", () => void this.act("wrong", () => this.forget()));
    const withdrawal = document.getElementById("withdrawal");
    if (withdrawal instanceof HTMLFormElement) {
      withdrawal.hidden = false;
      withdrawal.addEventListener("submit", (event) => {
        event.preventDefault();
        void this.act("withdraw-wrong", () => this.withdraw(notice, withdrawal.dataset["bid"] ?? "", keys));
      });
    }
    window.addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  /** A bid of this person that was sealed for this notice, but not handed in before the page was left. */
  private async goOnWithKept(notice: Notice): Promise<void> {
    await dropLateBids(now().getTime());
    const kept = await keptBid(this.draftName);
    if (kept === undefined) return;
    const manifest = parseManifest(kept.sealed.manifest);
    if (manifest.notice !== notice.digest || manifest.replaces !== this.replaces) return this.forget();
    this.showReady(kept);
  }

  /** What is sealed stays as it is: what it was made from is not to be changed any more. */
  private showReady(bid: KeptBid): void {
    this.ready = bid;
    const files = bid.sealed.objects.filter(({ content }) => content instanceof Blob);
    const bytes = bid.sealed.objects.reduce((sum, one) => sum + one.size, 0);
    byId("kept-told").textContent = t(
      `已在本机密封并签名一份投标（附件 ${files.length} 个，密文 ${size(bytes)}），还没有递交完。要改动内容，请放弃这一份。`,
      `A bid was sealed and signed here (${files.length} attachments, ${size(bytes)} of ciphertext) and not handed in to the end. To change anything, discard it.`,
    );
    this.showParts(false);
  }

  /** What is sealed is not kept any longer; the form is there to be filled in. */
  private async forget(): Promise<void> {
    this.ready = null;
    this.saved = false;
    byId("unlock-file").hidden = true;
    this.showParts(true);
    await this.kept;
    await dropBid(this.draftName);
  }

  private showParts(shown: boolean): void {
    for (const part of document.querySelectorAll<HTMLElement>("[data-before-sealing]")) part.hidden = !shown;
    byId("kept").hidden = shown;
    byId("send").textContent = shown ? this.sendText : t("继续递交", "Go on handing in");
  }

  private showWhom(notice: Notice, trusted: Trusted): void {
    const { policy, buyer } = notice;
    const rows = policy.custodians.map((one) =>
      h("li", { class: "mb-2" }, one.name, h("div", { class: "mono quiet", title: t("密封公钥的 SHA-256", "SHA-256 of the sealing key") }, fingerprint(one.fingerprint))),
    );
    byId("whom-told").replaceChildren(
      h("p", {}, t(`公告由 ${buyer.name} 签名，已核验。`, `The notice is signed by ${buyer.name}, and the signature holds.`)),
      h("p", {}, t(`截标后，以下 ${rows.length} 个保管人中任意 ${policy.threshold} 个共同开启：`, `After the deadline any ${policy.threshold} of these ${rows.length} custodians open the bid together:`)),
      h("ol", { class: "ps-4" }, ...rows),
      h("p", { class: "quiet mb-0" }, policy.independent
        ? t("公告声明保管人相互独立。", "The notice declares the custodians independent.")
        : t("注意：保管人并不独立，密钥由同一运营机构掌握。", "Note: the custodians are not independent; one operator holds their keys.")),
      ...(policy.lock ? [h("p", { class: "mt-3 mb-0" }, t("投标人另加一把锁：开标时须由贵单位用解锁文件解锁，否则投标不能开启。",
        "And to a lock of your own: at the opening you unlock the bid with your unlocking file, or it is not opened."))] : []),
      h("details", { class: "mt-3" },
        h("summary", {}, t("一切核验所依据的平台根证书", "The platform's root that all of this rests on")),
        h("p", { class: "quiet mb-1" }, t("请与运营机构公布的纸质指纹核对：", "Compare it with the fingerprint that the operator has published on paper:")),
        ...trusted.fingerprints.map((one) => h("p", { class: "mono quiet mb-0" }, fingerprint(one)))),
    );
  }

  /** Do one thing at a time; what is wrong is said at `place`. */
  private async act(place: string, what: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const send = byId<HTMLButtonElement>("send");
    send.disabled = true;
    const parts = document.querySelectorAll<HTMLFieldSetElement>("fieldset[data-before-sealing]");
    for (const part of parts) part.disabled = true; // what is sealed is what is shown
    const wrong = byId(place);
    wrong.replaceChildren();
    try {
      await what();
    } catch (error) {
      wrong.replaceChildren(h("p", { class: "refusal" }, sentence(error)));
      byId("said").textContent = "";
    } finally {
      this.busy = false;
      send.disabled = false;
      for (const part of parts) part.disabled = false;
    }
  }

  private async send(
    notice: Notice, prices: PriceForm, stages: readonly StageForm[], files: AttachmentList, keys: KeyPanel,
  ): Promise<void> {
    if (this.ready === null) {
      const ready = await this.prepare(notice, prices, stages, files, keys);
      if (ready === null) return;
      this.showReady(ready);
      // Meanwhile it goes up.
      this.kept = keepBid(this.draftName, ready).catch(() => byId("kept-told").append(" ", t(
        "本浏览器没有空间保存它：递交完成前请勿关闭或刷新本页。",
        "This browser has no room to keep it: leave this page open until it is handed in.",
      )));
    }
    const { sealed, signed, secret } = this.ready as KeptBid;
    if (secret !== undefined) {
      // First the file, then the bid: whoever loses the secret loses the bid.
      await keepSecret(sealed.bid, secret).catch(() => undefined);
      // Whoever unlocks with this browser knows the log from now on.
      await this.api.bytes("/log/checkpoint").then((note) => noteLog(notice.tender, note)).catch(() => undefined);
      if (!this.saved) return this.offerUnlockFile(notice, sealed.bid, secret);
    }
    let uploaded = false;
    try {
      byId("steps").hidden = false;
      this.say(t("正在上传密文…", "Uploading ciphertext …"));
      await this.submission.upload(sealed.objects, (done, total) => this.meter("uploading", done, total));
      uploaded = true;
      this.say(t("正在递交签名的清单…", "Handing in the signed manifest …"));
      this.showReceipt(await this.submission.submit(signed), signed);
      if (secret !== undefined) this.showUnlocking(notice, sealed.bid, secret);
    } catch (error) {
      if (mustBeSealedAnew(error, uploaded)) void this.forget().catch(() => undefined);
      throw error;
    }
    await Promise.allSettled([this.forget(), dropDraft(this.draftName)]);
  }

  /** Check, seal and sign; null if something is left to fill in, which is shown. */
  private async prepare(
    notice: Notice, prices: PriceForm, stages: readonly StageForm[], files: AttachmentList, keys: KeyPanel,
  ): Promise<KeptBid | null> {
    const wrong = byId("wrong");
    const missing = (text: string): null => {
      wrong.replaceChildren(h("p", { class: "refusal" }, text));
      return null;
    };
    const given = prices.prices;
    if (given === null) return missing(t("还有单价未填或不是数字，已在表中标出。", "Some prices are missing or no numbers; they are marked in the table."));
    const announced = prices.announced;
    if (announced === null) return missing(t("工期应为 0 至 36500 的整数天数。", "Days to deliver: a whole number up to 36,500."));
    const before = new Map<string, Contents>();
    for (const stage of stages) {
      const contents = stage.contents(notice);
      if (contents === null) return missing(t("工期应为 0 至 36500 的整数天数。", "Days to deliver: a whole number up to 36,500."));
      before.set(stage.segment, contents);
    }
    const { signer } = keys;
    if (signer === null) return missing(t("没有签名密钥。请在第三部分生成或打开密钥。", "There is no signing key. Make or open one in part 3."));
    const confirm = byId<HTMLInputElement>("confirm");
    if (!confirm.checked) {
      confirm.focus();
      return missing(t("请先核对报价和密封对象，并勾选确认。", "Check prices and for whom it is sealed, and tick the box."));
    }
    const offer = buildOffer(notice, given, announced);
    parseOffer(offer, notice);
    byId("steps").hidden = false;
    this.say(t("正在本机密封…", "Sealing on this machine …"));
    const began = performance.now();
    const secret = notice.policy.lock ? byName(notice.policy.suite).lockSecret() : undefined;
    const own = secret === undefined ? {} : { secret };
    const wanted = { notice, supplier: this.supplier, offer, before, attachments: files.attachments, replaces: this.replaces, ...own };
    const sealed = await seal(wanted, this.measure, (done, total) => this.meter("sealing", done, total));
    this.meter("sealing", 1, 1);
    byId("steps").dataset["seconds"] = ((performance.now() - began) / 1000).toFixed(2);
    checkManifest(parseManifest(sealed.manifest), notice, this.supplier);
    const signed = await signedBytes("manifest", sealed.manifest, signer, now());
    return { sealed, signed, ...own, deadline: Date.parse(notice.deadline) };
  }

  private unlockFile(notice: Notice, bid: string, secret: Bytes, label: string): HTMLElement {
    const file = writeUnlockFile({ tender: this.tender, bid, opens: notice.policy.opensAt, secret });
    return download(`${bid}.unlock`, file, "text/plain", label);
  }

  /** The secret of the bidder's own lock, to be saved before the bid is handed in. */
  private offerUnlockFile(notice: Notice, bid: string, secret: Bytes): void {
    const link = this.unlockFile(notice, bid, secret, t("保存解锁文件", "Save the unlocking file"));
    link.addEventListener("click", () => {
      this.saved = true;
      byId("said").textContent = t("解锁文件已交给浏览器保存。请确认已存好，再继续递交。", "The file was handed to your browser. See that it is saved, then go on handing in.");
    });
    byId("said").textContent = "";
    byId("unlock-file").replaceChildren(
      h("p", { class: "told" }, h("strong", {}, t("递交之前，请先保存解锁文件。", "Before you hand in, save the unlocking file.")), " ",
        t("开标时要用它解锁这份投标；平台没有副本，丢失后谁也打不开，也不能补发。本浏览器另存有一份。",
          "You unlock this bid with it at the opening. The platform has no copy; once lost, nobody opens the bid and nobody can issue it again. This browser keeps one too.")),
      h("p", {}, link));
    byId("unlock-file").hidden = false;
    link.focus();
  }

  /** What is left to do for a bid with a lock of its own, beside its receipt. */
  private showUnlocking(notice: Notice, bid: string, secret: Bytes): void {
    byId("receipt-told").append(
      h("p", { class: "refusal mt-3" }, h("strong", {}, t("还有一步：开标时须由贵单位解锁。", "One thing is left: you must unlock it at the opening.")), " ",
        t(`截标时间 ${when(notice.policy.opensAt)}，保管人的份额收齐后即可解锁。`, `The deadline is ${when(notice.policy.opensAt)}; you unlock when the custodians' shares are in.`)),
      h("p", { class: "d-flex flex-wrap gap-2 mb-0 no-print" },
        h("a", { class: "btn btn-primary", href: `/tenders/${this.tender}/bids/${bid}/unlock` }, t("解锁页", "The unlocking page")),
        this.unlockFile(notice, bid, secret, t("再次保存解锁文件", "Save the unlocking file again"))));
  }

  private async withdraw(notice: Notice, bid: string, keys: KeyPanel): Promise<void> {
    const reason = byId<HTMLInputElement>("reason");
    const { signer } = keys;
    if (reason.value.trim() === "" || signer === null) {
      (signer === null ? byId("key-state") : reason).focus();
      byId("withdraw-wrong").replaceChildren(h("p", { class: "refusal" }, signer === null
        ? t("没有签名密钥。请在第三部分生成或打开密钥。", "There is no signing key. Make or open one in part 3.")
        : t("请填写撤回的原因。", "Give a reason.")));
      return;
    }
    const members = { tender: this.tender, policy: notice.policy.digest, supplier: this.supplier, bid, reason: reason.value.trim() };
    const signed = await signedDocument("withdrawal", members, signer, now());
    this.showReceipt(await this.submission.withdraw(signed), signed);
  }

  private meter(id: string, done: number, total: number): void {
    const bar = byId<HTMLProgressElement>(id);
    bar.max = Math.max(total, 1);
    bar.value = done;
    bar.textContent = `${size(done)} / ${size(total)}`;
  }

  private say(text: string): void {
    byId("said").textContent = text;
  }

  private waiting(milliseconds: number): void {
    if (milliseconds > 0) {
      const seconds = Math.ceil(milliseconds / 1000);
      this.say(t(`连接中断，${seconds} 秒后重试…`, `The connection broke; trying again in ${seconds} s …`));
    } else {
      this.say(t("连接已恢复，继续上传…", "The connection is back; uploading on …"));
    }
  }

  private showReceipt(receipt: Receipt, signed: SignedDocument): void {
    this.busy = false;
    const taken = receipt.kind === "withdrawal";
    const { bid } = receipt;
    const name = taken ? "withdrawal" : "manifest";
    const fact = (label: string, value: string | Node): HTMLElement => h("div", {}, h("dt", {}, label), h("dd", {}, value));
    const mono = (text: string): HTMLElement => h("span", { class: "mono" }, text);
    byId("receipt-title").textContent = taken ? t("已撤回，这是回执", "Withdrawn: this is your receipt") : t("已收到，这是回执", "Received: this is your receipt");
    byId("receipt-told").replaceChildren(
      h("dl", { class: "facts" },
        fact(t("收到时间（北京时间）", "Received at (Beijing time)"), h("time", { datetime: receipt.receivedAt }, when(receipt.receivedAt))),
        fact(t("投标编号", "Bid"), mono(bid)),
        fact(t("清单或撤回书的 SHA-256", "SHA-256 of the manifest or withdrawal"), mono(receipt.document)),
        fact(t("签名的 SHA-256", "SHA-256 of the signature"), mono(receipt.signature))),
      h("p", {}, t("回执由平台签名，已核验。请保存以下文件。", "The receipt is signed by the platform, and the signature holds. Keep these files.")),
      h("p", { class: "d-flex flex-wrap gap-2 no-print" },
        download(`${bid}.receipt.json`, receipt.raw, "application/json", t("回执", "Receipt")),
        download(`${bid}.${name}.json`, signed.document, "application/json", taken ? t("撤回书", "Withdrawal") : t("清单", "Manifest")),
        download(`${bid}.${name}.p7s`, signed.signature, "application/pkcs7-signature", t("签名", "Signature"))),
      h("p", { class: "mb-0" }, h("a", { href: `/tenders/${this.tender}/bids/${bid}` }, t("回执页（可打印）", "The receipt's page, for printing"))),
    );
    this.form.hidden = true;
    // What stood here before is not up to date any more.
    for (const id of ["withdrawal", "own"]) {
      const section = document.getElementById(id)?.closest("section");
      if (section) section.hidden = true;
    }
    byId("receipt").hidden = false;
    byId("receipt-title").focus();
  }
}
