// The agency hands the attachments that it opened to its evaluators, sealed to the key of each.
import { sealFilesKey } from "../bids/handover";
import { b64decode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { h } from "./dom";
import type { OpenBids } from "./open-bids";
import { api, attempt } from "./page";
import { fingerprint as groups, t } from "./words";

interface Evaluator {
  readonly person: string;
  readonly name: string;
  readonly organisation: string;
  readonly key: string | null;
  readonly bids: readonly string[];
}

/** The evaluators with their keys' fingerprints, to be compared; `keys` are the content keys that were recovered. */
export async function handOver(place: HTMLElement, bids: OpenBids, keys: ReadonlyMap<string, Bytes>): Promise<void> {
  const { tender } = bids.notice;
  const evaluators = (await api().get(`/tenders/${tender}/handover?segment=${bids.segment}`))["evaluators"] as readonly Evaluator[];
  const boxes = new Map<Evaluator, HTMLInputElement>();
  const rows = evaluators.map((one) => {
    const name = [one.name, h("span", { class: "quiet" }, ` · ${one.organisation}`)];
    const state = h("span", { class: "quiet" }, said(one, keys));
    if (one.key === null) return h("li", {}, h("div", { class: "line" }, h("div", { class: "grow" }, ...name), state));
    const box = h("input", { type: "checkbox", class: "form-check-input", id: `hand-${one.person}` });
    boxes.set(one, box);
    return h("li", {}, h("div", { class: "line" },
      h("div", { class: "grow form-check mb-0" }, box, " ", h("label", { class: "form-check-label", for: box.id }, ...name)), state),
    h("div", { class: "mono quiet" }, groups(hexdigest(b64decode(one.key)))));
  });
  const wrong = h("div");
  const button = h("button", { type: "button", class: "btn btn-primary" }, t("移交给所选专家", "Hand over to those chosen"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    const chosen = evaluators.filter((one) => boxes.get(one)?.checked);
    if (chosen.length === 0) {
      wrong.replaceChildren(h("p", { class: "wrong m-0", role: "alert" }, t("请先核对指纹，再勾选专家。", "Compare the fingerprints, then choose the evaluators.")));
      return;
    }
    for (const one of chosen) await sealTo(one, bids, keys);
    await handOver(place, bids, keys);
  }));
  const none = h("p", { class: "empty" }, t("没有可移交的评标专家。", "There is no evaluator to hand over to."), " ",
    h("a", { href: `/tenders/${tender}/evaluators` }, t("指定专家", "Appoint one")));
  place.replaceChildren(h("section", { class: "panel mt-4", "aria-labelledby": "hand-over" },
    h("h2", { id: "hand-over" }, t("移交给评标专家", "Hand over to the evaluators")),
    h("p", { class: "quiet" }, t("每位专家只能用自己的密钥打开。公钥由平台转交：请先当面或通过电话与专家核对指纹，再勾选移交。",
      "Each opens them with a key of their own. Public keys come by way of the platform: compare the fingerprint with the evaluator in person or by telephone before you choose them.")),
    ...(rows.length === 0 ? [none] : [h("ol", {}, ...rows), h("div", {}, button, wrong)])));
}

function said({ key, bids }: Evaluator, keys: ReadonlyMap<string, Bytes>): string {
  if (key === null) return t("还没有密钥，请其登录后在「我的密钥」页生成", "no key yet: ask them to make one under “My key”");
  if (bids.length === 0) return t("未移交", "not handed over");
  return t(`已移交 ${bids.length} / ${keys.size} 份投标`, `${bids.length} of ${keys.size} bids handed over`);
}

/** Seal to the very key whose fingerprint is shown. */
async function sealTo({ person, key }: Evaluator, { notice, segment, bids }: OpenBids, keys: ReadonlyMap<string, Bytes>): Promise<void> {
  const publicKey = b64decode(key ?? "");
  const sealed = [];
  for (const { bid, manifest } of bids) {
    const own = keys.get(bid);
    if (own !== undefined) sealed.push({ bid, sealed: await sealFilesKey(publicKey, manifest, person, own, segment) });
  }
  await api().put(`/tenders/${notice.tender}/handover/${person}`, { key: hexdigest(publicKey), bids: sealed });
}
