// A custodian's acts on a tender, by hand, in place of an agent: the key, the release, the erasure.
import type { Api } from "../api";
import { signedSealingKey, signedStatement } from "../bids/acts";
import { buildRelease, checkClosed, checkStages, sealFilesShare } from "../bids/custody";
import { BidError } from "../bids/errors";
import { placeOf } from "../bids/notice";
import type { CheckedClosing } from "../bids/releases";
import { BID } from "../bids/segments";
import type { Trust } from "../bids/trust";
import { fingerprint } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import { b64decode, b64encode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { generateSeed, publicKey } from "../signing/hpke";
import { parseProof } from "../signing/notes";
import { showBackup } from "./backup-panel";
import { fetchClosed } from "./closed";
import { Custody, accept, envelopeKey } from "./custody-tender";
import { byId, h } from "./dom";
import { proveEnd } from "./erasing";
import { chooseKey } from "./key-panel";
import { shownRecords } from "./opening-record";
import { actor, attempt, now, type Actor } from "./page";
import { Refused, fingerprint as groups, t, when } from "./words";

function step(custody: Custody, text: string, label: string, act: (signer: Signer) => Promise<void>): void {
  const keyPlace = h("div");
  const wrong = h("div");
  const button = h("button", { type: "button", class: "btn btn-primary" }, label);
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    const signer = await chooseKey(keyPlace);
    // One tab at a time: another one's key or closing must not take the place of what was kept here.
    await navigator.locks.request(`custody ${custody.tender}`, () => act(signer));
  }));
  custody.place.replaceChildren(h("p", {}, text), keyPlace, h("p", {}, button), wrong);
}

function tell(custody: Custody, ...text: (string | Node)[]): void {
  custody.place.replaceChildren(h("p", { class: "mb-0" }, ...text));
}

/** A fresh sealing key for this tender alone; kept here before the platform hears of it. */
function handIn(custody: Custody): void {
  step(custody,
    t("为此标段生成一把专用的密封密钥，私钥只保存在本浏览器；截标前请勿清除浏览器数据，并保存备份；到时用同一浏览器（或恢复了备份的浏览器）交出份额。",
      "A sealing key is made for this tender alone; its private half stays in this browser. Do not clear the browser's data before the deadline, and save a backup; release from this same browser, or from one that the backup was restored to."),
    t("生成并交出公钥", "Make it and hand in its public half"),
    async (signer) => {
      const { anchors, follower } = await custody.panel();
      if (anchors.compared === null) {
        byId("pin").focus();
        throw new Refused("请先核对平台根证书与日志公钥的指纹并固定下来（见“本浏览器信任什么”），再交出公钥。",
          "First compare the fingerprints of the platform's root and log key and keep them (see “What this browser trusts”); then hand in the key.");
      }
      const seed = (await custody.kept()).seed ?? generateSeed();
      // What concerns this tender is in the log after this.
      await follower.begin(custody.tender);
      await custody.keep({ seed, signing: hexdigest(signer.certificate.spki) });
      await navigator.storage?.persist?.();
      const key = await publicKey(seed);
      const signature = await signedSealingKey(signer.key, custody.tender, custody.who.organisation, key);
      await custody.calls.put(`/custody/tenders/${custody.tender}/key`, {
        sealing_key: b64encode(key), signature: b64encode(signature), certificate: fingerprint(signer.certificate),
      });
      location.reload();
    });
}

async function held(custody: Custody, seed: Bytes): Promise<void> {
  const trust = await custody.trust();
  const notice = await accept(custody, trust, await custody.entries(), seed);
  await envelopeKey(custody, notice, trust); // known long before it matters
  tell(custody, t("已核对招标人签名的公告并记住密封政策。本浏览器保管密钥：", "The signed notice is checked and its policy remembered. This browser holds the key: "),
    h("span", { class: "mono" }, groups(hexdigest(await publicKey(seed)).slice(0, 32))),
    h("br"), t(`${when(notice.deadline)} 截标后，请回到此页交出份额。`, `Come back to release after the deadline, ${when(notice.deadline)}.`));
}

/** Every check of the protocol, here and now; then the release. */
function release(custody: Custody, seed: Bytes): void {
  step(custody,
    t("交出份额之前，本浏览器会自行核对：招标人的公告与密封政策、开标时刻、截标声明、公开日志、全部投标的签名与回执、有效投标的名单。有一项不符就不交出。",
      "Before anything is released this browser checks by itself: the agency's notice and policy, the time, the closing, the public log, every bid's signature and receipt, and which bids are current. If anything fails nothing is released."),
    t("核对并交出份额", "Check and release"),
    async (signer) => {
      const { calls, tender } = custody;
      const segment = custody.place.dataset["segment"] ?? BID;
      const { releases = {} } = await custody.kept();
      const body = releases[segment] ?? (await made(custody, segment, seed, signer));
      await custody.keep({ releases: { ...releases, [segment]: body } });
      await calls.put(`/custody/tenders/${tender}/release`, JSON.parse(body) as Record<string, unknown>);
      location.reload();
    });
}

async function made(custody: Custody, segment: string, seed: Bytes, signer: Signer): Promise<string> {
  const { calls, tender, who } = custody;
  const trust = await custody.trust();
  const closed = await fetchClosed(calls, tender);
  const logged = await custody.witnessed(parseProof(closed.closingProof).checkpoint);
  const { policy } = await accept(custody, trust, logged, seed);
  const entries = logged.map(([, raw]) => raw);
  // By this machine's clock, whatever the platform's is.
  const checked = await checkClosed({ ...closed, entries }, trust, policy.digest, BigInt(Date.now()) * 1000n);
  const { closing, stages = {} } = await custody.kept();
  if (closing !== undefined && closing !== checked.closing.digest) throw new BidError("closing-second");
  const before = await recordsBefore(calls, checked, segment);
  const stage = await checkStages(checked, segment, entries, before, trust);
  const digest = stage?.stage.digest;
  if (digest !== undefined && (stages[segment] ?? digest) !== digest) throw new BidError("stage-second", { segment });
  const built = await buildRelease(checked, who.organisation, seed, await publicKey(seed), segment, stage);
  const shares = await sealed(custody, checked, segment, built.files, trust);
  await custody.keep({
    closing: checked.closing.digest, ...(digest === undefined ? {} : { stages: { ...stages, [segment]: digest } }),
  });
  const file = await signedStatement("release", built.members as Record<string, never>, signer, now());
  return JSON.stringify({ file: b64encode(file), files_shares: shares });
}

/** The opening records of the segments before this one, as the platform shows them. */
async function recordsBefore(calls: Api, { notice, policy }: CheckedClosing, segment: string): Promise<readonly Bytes[]> {
  const place = placeOf(policy, segment);
  if (place === 0) return [];
  const { stages } = await shownRecords(calls, notice.tender);
  return policy.segmentNames.slice(0, place).map((name) => {
    const found = stages.find((one) => one.segment === name);
    if (found === undefined) throw new BidError("stage-missing", { segment });
    return found.record;
  });
}

/** The shares of `files` parts go to the agency alone, under the key that it signed. */
async function sealed(
  custody: Custody, { notice }: CheckedClosing, segment: string, files: ReadonlyMap<string, Bytes>, trust: Trust,
): Promise<readonly { bid: string; sealed: string }[]> {
  if (files.size === 0) return [];
  const [key, own] = [await envelopeKey(custody, notice, trust), custody.who.organisation];
  const rows = [];
  for (const [bid, share] of files) {
    rows.push({ bid, sealed: await sealFilesShare(key, notice.tender, bid, segment, own, share, notice.policy.suite) });
  }
  return rows;
}

/** After the signed opening record, or the tender's end, the key is worth nothing but trouble. */
function erase(custody: Custody, seed: Bytes): void {
  step(custody,
    t("标段已开标或已结束。本浏览器会先在公开日志中核实，再销毁密钥；之后任何人都不能再用它打开投标，销毁声明由您签名并写入公开日志。",
      "The tender has been opened or has ended. This browser proves it by the public log, then erases the key; nobody opens a bid with it any more, and your signed word goes into the log."),
    t("核实后销毁密钥并签名", "Prove, erase the key and sign"),
    async (signer) => {
      const { tender, who } = custody;
      const [trust, logged] = [await custody.trust(), await custody.entries()];
      await proveEnd(custody, await accept(custody, trust, logged, seed), logged, trust);
      const members = { tender, custodian: who.organisation, sealing_key: hexdigest(await publicKey(seed)) };
      const erasure = b64encode(await signedStatement("erasure", members, signer, now()));
      await custody.keep({ erasure });
      await custody.forget();
      await tellErased(custody, erasure);
    });
}

async function tellErased(custody: Custody, file: string): Promise<void> {
  await custody.calls.put(`/custody/tenders/${custody.tender}/erasure`, { file });
  location.reload();
}

async function begin(place: HTMLElement, who: Actor): Promise<void> {
  const custody = new Custody(place, who);
  const wanted = place.dataset["step"];
  const { seed, erasure } = await custody.kept();
  if (wanted !== "done") tell(custody, t("先读取并核对公开日志，请稍候…", "Reading and checking the public log first …"));
  // The panel tells what is wrong with it by itself, and every act asks it again.
  await custody.panel().then((panel) => panel.follower.follow().then(() => panel.show(), () => panel.show())).catch(() => undefined);
  if (wanted === "key") return handIn(custody);
  if (wanted === "done") return;
  if (seed === undefined && erasure !== undefined && wanted === "erase") return tellErased(custody, erasure); // broken off
  if (seed === undefined) {
    tell(custody, t("此标段的密钥不在本浏览器中。请在交出公钥时所用的浏览器中操作，或由保管密钥的代理程序处理。",
      "This tender's key is not in this browser. Use the browser that handed it in, or leave it to the agent that holds it."));
    return;
  }
  if (wanted === "held") return held(custody, seed);
  if (wanted === "release") return release(custody, seed);
  if (wanted === "erase") return erase(custody, seed);
}

const who = actor();
for (const place of document.querySelectorAll<HTMLElement>("[data-custody]")) {
  if (who !== null) {
    void showBackup(who);
    begin(place, who).catch((error: unknown) => void attempt(h("button"), place, () => Promise.reject(error)));
  }
}
