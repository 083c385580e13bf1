// The agency opens bidders' attachments with its envelope key; it never leaves this machine.
import type { Bytes } from "../signing/encoding";
import { h } from "./dom";
import { handOver } from "./handing";
import { listFiles } from "./file-list";
import { dropSeed, keepSeed, keptSeed } from "./keeping";
import { seedIn } from "./key-file";
import { checked, keyFromShares, openBids } from "./open-bids";
import { api, attempt, type Actor } from "./page";
import { t } from "./words";

/** The section of the page: which key, then what it opens. */
export async function agencyFiles(place: HTMLElement, who: Actor): Promise<void> {
  const owner = `agency/${who.organisation}`;
  const calls = api();
  const choice = h("div");
  const status = h("p", { role: "status", class: "mt-3 mb-3" });
  const list = h("div", { class: "board" });
  const committee = h("div");
  const open = async (seed: Bytes): Promise<boolean> => {
    const bids = await checked(status, () => openBids(calls, place.dataset["files"] ?? "", place.dataset["segment"] ?? "bid"));
    const keys = await listFiles(list, status, calls, bids, (place.dataset["order"] ?? "").split(" "), {
      key: (bid) => keyFromShares(calls, bids, bid, seed),
      path: (bid, number) => `/tenders/${bids.notice.tender}/files/${bid.bid}/${number}?segment=${bids.segment}`,
    });
    if ("open" in place.dataset && keys.size > 0) await handOver(committee, bids, keys);
    return keys.size > 0;
  };
  const show = async (): Promise<void> => {
    const kept = await keptSeed(owner);
    choice.replaceChildren(...(kept === null ? fromFile(owner, open) : fromHere(owner, kept, open, show)));
  };
  await show();
  place.replaceChildren(choice, status, list, committee);
}

/** Whether the key opened anything. */
type Open = (seed: Bytes) => Promise<boolean>;

function fromFile(owner: string, open: Open): Node[] {
  const wrong = h("div");
  const refused = h("div", { class: "wrong", id: "envelope-wrong" });
  const file = h("input", { type: "file", class: "form-control", id: "envelope-file", "aria-describedby": "envelope-wrong" });
  const stay = h("input", { type: "checkbox", class: "form-check-input", id: "envelope-stay" });
  const button = h("button", { type: "button", class: "btn btn-primary" }, t("核对并打开附件", "Check, and open the attachments"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    const seed = await seedIn(file.files?.[0]);
    file.classList.toggle("is-invalid", seed === null);
    file.toggleAttribute("aria-invalid", seed === null);
    refused.replaceChildren();
    if (seed === null) {
      refused.append(t("请选择附件密钥文件 envelope.key：其中只有一行 64 个十六进制字符。", "Choose the key file envelope.key: it has one line of 64 hexadecimal digits."));
      file.focus();
      return;
    }
    if (await open(seed) && stay.checked) await keepSeed(owner, seed); // a wrong key is not worth keeping
  }));
  return [
    h("div", { class: "narrow" },
      h("div", { class: "field" },
        h("label", { class: "form-label", for: "envelope-file" }, t("附件密钥文件（envelope.key）", "Key file for attachments (envelope.key)")), file, refused),
      h("div", { class: "form-check mb-3" }, stay, " ",
        h("label", { class: "form-check-label", for: "envelope-stay" }, t("在本浏览器中保存这把密钥（仅限只有您使用的电脑）", "Keep this key in this browser (only on a computer that is yours alone)"))),
      h("p", { class: "mb-0" }, button)),
    wrong,
  ];
}

function fromHere(owner: string, seed: Bytes, open: Open, show: () => Promise<void>): Node[] {
  const wrong = h("div");
  const button = h("button", { type: "button", class: "btn btn-primary" }, t("核对并打开附件", "Check, and open the attachments"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => void (await open(seed))));
  const forget = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("从本浏览器删除密钥", "Remove the key from this browser"));
  forget.addEventListener("click", () => void attempt(forget, wrong, async () => {
    await dropSeed(owner);
    await show();
  }));
  return [h("p", {}, t("附件密钥保存在本浏览器中。", "The key for attachments is kept in this browser.")), h("p", { class: "line mb-0" }, button, forget), wrong];
}
