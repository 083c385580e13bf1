// An agency's acts on a tender: publishing, deciding, cancelling. What is signed is built here.
import { signedNotice, signedStatement, body } from "../bids/acts";
import { checkAmendment } from "../bids/amendments";
import { parseNotice, type Notice } from "../bids/notice";
import type { Json } from "../api";
import { parseUnlocking } from "../bids/unlocking";
import { dumps, type JSONValue } from "../signing/canonical";
import type { Signer } from "../signing/cms";
import { b64decode, b64encode } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { chooseKey } from "./key-panel";
import { h } from "./dom";
import { saveSeed } from "./key-file";
import { actor, api, attempt, now } from "./page";
import { fingerprint as groups, sentence, t } from "./words";

type Members = Record<string, JSONValue>;

/** The notice's members from what the platform shows of the draft and the custodians' keys. */
function noticeOf(shown: Json, policy: Json): Members {
  const optional: Members = {};
  for (const name of ["estimate", "ceiling", "replaces"]) {
    if (shown[name] !== undefined) optional[name] = shown[name] as string;
  }
  const same = (...names: string[]): Members =>
    Object.fromEntries(names.map((name) => [name, shown[name] as JSONValue]));
  return {
    tender: shown["id"] as string,
    ...same("project", "sandbox", "title", "category", "buyer", "items", "currency", "deadline", "rules", "documents"),
    ...optional,
    policy: {
      suite: "sunseal-1",
      tender: shown["id"] as string,
      threshold: shown["threshold"] as number,
      custodians: policy["custodians"] as JSONValue,
      segments: segmentsOf(shown["segments"] as readonly string[], shown["deadline"] as string),
      minimum_bidders: shown["minimum_bidders"] as number,
      grace_seconds: shown["grace_seconds"] as number,
      lock: shown["lock"] as boolean,
      independent: shown["independent"] as boolean,
    },
  };
}

/** The first opens at the deadline, each other one after the one before it. */
function segmentsOf(names: readonly string[], deadline: string): JSONValue {
  return names.map((name, at): JSONValue => (at === 0 ? { name, opens_at: deadline } : { name, after: names[at - 1] as string }));
}

function custodianList(notice: Notice): HTMLElement {
  return h("ul", {}, ...notice.policy.custodians.map((one) =>
    h("li", {}, one.name, h("div", { class: "mono quiet" }, groups(one.fingerprint.slice(0, 32))))));
}

/** What the amended notice changes must be allowed: told from the notice in force, before it is signed. */
async function checkAmends(notice: Notice, tender: string): Promise<string> {
  const inForce = await parseNotice(await api().bytes(`/tenders/${tender}/notice.json`));
  checkAmendment(notice, inForce);
  return notice.policy.digest === inForce.policy.digest
    ? t("封存策略不变：已密封的投标继续有效。", "The sealing policy stays: bids sealed before stay good.")
    : t("封存策略改变：已密封的投标失效，须重新密封。", "The sealing policy changes: bids sealed before are void and must be sealed again.");
}

/** Nobody signs what the page does not show: it changed since, perhaps while the page waited for custodians. */
function changed(): HTMLElement[] {
  const again = h("button", { type: "button", class: "btn btn-primary", id: "again" }, t("重新载入并核对", "Reload and check again"));
  again.addEventListener("click", () => location.reload());
  return [
    h("p", { class: "refusal", role: "alert" }, t("本页载入后，待签发的内容已被更改。请重新载入本页，再次核对后签名。",
      "What is to be signed was changed after this page was loaded. Reload the page and check it again before you sign.")),
    h("p", {}, again),
  ];
}

/** Publish a draft or an amendment: show what will be signed, sign it with the key of this browser, send it. */
async function publishing(place: HTMLElement): Promise<void> {
  const tender = place.dataset["publish"] ?? "";
  const amends = place.dataset["amends"] !== undefined;
  const call = api();
  const policy = await call.get(`/tenders/${tender}/sealing-policy`);
  if (policy["ready"] !== true) {
    setTimeout(() => void publishing(place), 3000);
    return;
  }
  const shown = await call.get(`/tenders/${tender}${amends ? "/amendment" : ""}`);
  if (hexdigest(dumps(shown as Members)) !== place.dataset["shown"]) {
    place.replaceChildren(...changed());
    return;
  }
  const keyPlace = h("div");
  const rest = h("div");
  place.replaceChildren(h("h3", {}, t("核对并签名发布", "Check, sign and publish")), keyPlace, rest);
  const signer = await chooseKey(keyPlace);
  if (place.dataset["envelope"] === "") await envelopeKey(rest, signer);
  const at = now();
  const signed = await signedNotice(noticeOf(shown, policy), signer, at);
  const notice = await parseNotice(signed.document);
  const effect: HTMLElement[] = [];
  try {
    if (amends) effect.push(h("p", {}, await checkAmends(notice, tender)));
  } catch (error) {
    rest.replaceChildren(h("p", { class: "refusal", role: "alert" }, sentence(error)));
    return;
  }
  const wrong = h("div");
  const sure = h("input", { type: "checkbox", class: "form-check-input", id: "checked" });
  const send = h("button", { type: "button", class: "btn btn-primary", disabled: true }, t("签名并发布", "Sign and publish"));
  sure.addEventListener("change", () => (send.disabled = !sure.checked));
  send.addEventListener("click", () => void attempt(send, wrong, async () => {
    const fresh = await signedNotice(noticeOf(shown, policy), signer, now());
    await call.post(`/tenders/${tender}/publication`, body(fresh));
    location.reload();
  }));
  rest.replaceChildren(
    h("p", {}, t("公告一经签名发布即具约束力，内容如本页所示。投标将密封给下列保管人：",
      "The notice binds as soon as it is signed and published; it says what this page shows. Bids will be sealed to:")),
    custodianList(notice),
    ...effect,
    h("div", { class: "form-check mb-3" }, sure, " ", h("label", { class: "form-check-label", for: "checked" },
      t("我已核对标段内容、截标时间和保管人的密钥指纹。", "I have checked the tender, its deadline and the custodians' fingerprints."))),
    h("p", {}, send), wrong,
  );
}

/** The key for bidders' attachments: made here once, its private half handed to the reader as a file. */
async function envelopeKey(place: HTMLElement, signer: Signer): Promise<void> {
  const who = actor();
  const call = api();
  await new Promise<void>((resolve) => {
    const wrong = h("div");
    const make = h("button", { type: "button", class: "btn btn-primary" }, t("生成并保存附件密钥", "Make and save the key for attachments"));
    make.addEventListener("click", () => void attempt(make, wrong, async () => {
      const { generateSeed, publicKey } = await import("../signing/hpke");
      const seed = generateSeed();
      const key = b64encode(await publicKey(seed));
      saveSeed("envelope.key", seed);
      const file = await signedStatement("envelope-key", { party: who?.organisation ?? "", key }, signer, now());
      await call.put("/envelope-key", { file: b64encode(file) });
      resolve();
    }));
    place.replaceChildren(
      h("p", {}, t("投标附件只能用本单位的附件密钥打开。密钥文件 envelope.key 将下载到本机：请妥善保管并另行备份，平台没有副本。",
        "Bidders' attachments open with your own key alone. The file envelope.key will be downloaded: keep it safe, with a copy elsewhere; the platform has none.")),
      h("p", {}, make), wrong,
    );
  });
}

/** The record of the segment that was opened last, by its statement and digest, which decisions bind. */
async function lastOpening(tender: string): Promise<{ readonly statement: Members; readonly digest: string }> {
  const shown = await api().get(`/tenders/${tender}/opening`);
  const stages = shown["stages"] as readonly { readonly record: string }[];
  const record = shown["record"] ?? stages.at(-1)?.record;
  const { statement } = JSON.parse(new TextDecoder().decode(b64decode(String(record)))) as { statement: Members };
  return { statement, digest: hexdigest(dumps(statement)) };
}

/** What a stage statement says beside what all decisions say: all bids that opened and are not rejected go on. */
function admission(form: HTMLFormElement, opening: Members): Members {
  const rejected = rejections(form);
  const out = new Set(rejected.map((row) => (row as { bid: string }).bid));
  const opened = (opening["bids"] as readonly { bid: string; opened: boolean }[]).filter((row) => row.opened);
  return {
    closing: opening["closing"] as string,
    segment: form.dataset["opens"] ?? "",
    admitted: opened.map(({ bid }) => bid).filter((bid) => !out.has(bid)),
    rejections: rejected,
  };
}

/** Sign which bids are rejected and why, then the award. */
function deciding(form: HTMLFormElement): void {
  const tender = form.dataset["decide"] ?? "";
  const wrong = h("div");
  const keyPlace = h("div");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (button === null) return;
  button.before(keyPlace);
  button.after(wrong);
  for (const box of form.querySelectorAll<HTMLInputElement>("input[name=reject]")) {
    const reason = form.querySelector<HTMLInputElement>(`#reason-${box.value}`);
    const follow = (): void => {
      if (reason !== null) [reason.hidden, reason.required] = [!box.checked, box.checked];
    };
    box.addEventListener("change", follow);
    follow();
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(button, wrong, async () => {
      const signer = await chooseKey(keyPlace);
      const { statement, digest: opening } = await lastOpening(tender);
      const sign = async (name: string, members: Members): Promise<Json> => ({
        file: b64encode(await signedStatement(name, { tender, opening, ...members }, signer, now())),
      });
      if (form.dataset["state"] === "award") {
        const winner = new FormData(form).get("winner");
        await api().post(`/tenders/${tender}/award`, await sign("award-decision", { winner: String(winner) }));
      } else if (form.dataset["state"] === "stage") {
        await api().post(`/tenders/${tender}/stage`, await sign("stage", admission(form, statement)));
      } else {
        const members: Members = { rejections: rejections(form) };
        const order = orderOf(form);
        if (order.length > 0) members["order"] = order;
        await api().post(`/tenders/${tender}/evaluation`, await sign("evaluation", members));
      }
      location.reload();
    });
  });
}

function rejections(form: HTMLFormElement): JSONValue[] {
  return [...form.querySelectorAll<HTMLInputElement>("input[name=reject]:checked")].map((box) => ({
    bid: box.value,
    reason: form.querySelector<HTMLInputElement>(`#reason-${box.value}`)?.value.trim() ?? "",
  }));
}

/** The bids in the order that the agency gives tied ones, if the page asks for it. */
function orderOf(form: HTMLFormElement): string[] {
  const given = [...form.querySelectorAll<HTMLInputElement>("input[name=order]")];
  return given.sort((one, other) => Number(one.value) - Number(other.value)).map((input) => input.dataset["bid"] ?? "");
}

/** Sign whose fault it was that bids were not unlocked, of those that are chosen on the page. */
function decidingLocks(form: HTMLFormElement): void {
  const tender = form.dataset["unlocking"] ?? "";
  const wrong = h("div");
  const keyPlace = h("div");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (button === null) return;
  button.before(keyPlace);
  button.after(wrong);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(button, wrong, async () => {
      const decisions: JSONValue[] = [];
      for (const { dataset } of form.querySelectorAll<HTMLElement>("fieldset[data-bid]")) {
        const bid = dataset["bid"] ?? "";
        const verdict = new FormData(form).get(`verdict-${bid}`);
        const why = form.querySelector<HTMLInputElement>(`#why-${bid}`);
        if (verdict === null) continue;
        if (why === null || why.value.trim() === "") {
          why?.focus();
          wrong.replaceChildren(h("p", { class: "wrong", role: "alert" }, t("请写明理由。", "Give the reason.")));
          return;
        }
        decisions.push({ bid, verdict: String(verdict), reason: why.value.trim() });
      }
      if (decisions.length === 0) {
        wrong.replaceChildren(h("p", { class: "wrong", role: "alert" }, t("请至少认定一份。", "Decide on one at least.")));
        return;
      }
      const signer = await chooseKey(keyPlace);
      const stated = b64decode(String((await api().get(`/tenders/${tender}/unlocking`))["file"]));
      const members: Members = { tender, unlocking: parseUnlocking(stated).digest, decisions };
      const file = await signedStatement("unlock-decision", members, signer, now());
      await api().post(`/tenders/${tender}/unlock-decisions`, { file: b64encode(file) });
      location.reload();
    });
  });
}

/** End a tender for a stated reason. */
function cancelling(place: HTMLElement): void {
  const tender = place.dataset["cancel"] ?? "";
  const reason = h("textarea", { class: "form-control", id: "cancel-reason", rows: "2", maxlength: "1000" });
  const wrong = h("div");
  const keyPlace = h("div");
  const button = h("button", { type: "button", class: "btn btn-outline-danger" }, t("签名并终止", "Sign and cancel"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    if (reason.value.trim() === "") {
      wrong.replaceChildren(h("p", { class: "wrong", role: "alert" }, t("请写明原因。", "Give the reason.")));
      return;
    }
    const signer = await chooseKey(keyPlace);
    const notice = String((await api().get(`/tenders/${tender}`))["notice"]);
    const file = await signedStatement("cancellation", { tender, notice, reason: reason.value.trim() }, signer, now());
    await api().post(`/tenders/${tender}/cancellation`, { file: b64encode(file) });
    location.reload();
  }));
  place.replaceChildren(
    h("p", {}, t("终止后任何人都打不开投标，且不能恢复。", "Nobody will open its bids any more, and it cannot be taken back.")),
    h("div", { class: "field" }, h("label", { class: "form-label", for: "cancel-reason" }, t("终止原因（公开）", "Reason (public)")), reason),
    keyPlace, button, wrong,
  );
}

for (const place of document.querySelectorAll<HTMLElement>("[data-publish]")) void publishing(place);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-decide]")) deciding(form);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-unlocking]")) decidingLocks(form);
for (const place of document.querySelectorAll<HTMLElement>("[data-cancel]")) cancelling(place);
