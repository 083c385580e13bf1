// An evaluator's own key for attachments: made in this browser and kept in it; the platform has its public half.
import type { Json } from "../api";
import { b64encode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { generateSeed, publicKey } from "../signing/hpke";
import { h } from "./dom";
import { dropSeed, keepSeed, keptSeed } from "./keeping";
import { saveSeed, seedIn } from "./key-file";
import { api, attempt, type Actor } from "./page";
import { fingerprint as groups, t } from "./words";

/** Show the key, or how to get one, in `place`; `registered` is the digest of the public half at the platform. */
export async function ownKey(
  place: HTMLElement, who: Actor, registered: string, ready: (seed: Bytes | null) => void = () => undefined,
): Promise<void> {
  const owner = `evaluator/${who.person}`;
  const kept = await keptSeed(owner);
  const digest = kept === null ? "" : hexdigest(await publicKey(kept));
  const use = async (seed: Bytes): Promise<void> => {
    const here = await keptSeed(owner);
    if (here !== null && kept !== null ? hexdigest(here) !== hexdigest(kept) : here !== kept) {
      return ownKey(place, who, registered, ready); // another page of this browser has made one meanwhile
    }
    await keepSeed(owner, seed);
    let answer: Json;
    try {
      answer = await api().put("/evaluator-key", { key: b64encode(await publicKey(seed)) });
    } catch (error) {
      await (kept === null ? dropSeed(owner) : keepSeed(owner, kept)); // the platform has the old one
      throw error;
    }
    await ownKey(place, who, String(answer["sha256"]), ready);
  };
  if (kept !== null && digest === registered) {
    place.replaceChildren(...there(kept, digest));
    return ready(kept);
  }
  ready(null);
  if (registered === "") place.replaceChildren(...first(() => use(kept ?? generateSeed())));
  else place.replaceChildren(...elsewhere(registered, digest, use));
}

function there(seed: Bytes, digest: string): Node[] {
  const save = h("button", { type: "button", class: "btn btn-outline-secondary", click: () => saveSeed("evaluator.key", seed) },
    t("保存备份文件", "Save a copy as a file"));
  return [
    h("p", { class: "mb-1" }, t("您的公钥指纹（SHA-256）：", "Fingerprint of your public key (SHA-256):")),
    h("p", { class: "mono" }, groups(digest)),
    h("p", { class: "quiet" }, t("私钥保存在本浏览器中。请另存一份备份，并当面或通过电话把指纹告知招标人，供其移交前核对。",
      "Its private half is kept in this browser. Save a copy elsewhere, and tell the agency the fingerprint in person or by telephone: they compare it before they hand over.")),
    h("p", { class: "mb-0" }, save),
  ];
}

function first(make: () => Promise<void>): Node[] {
  const wrong = h("div");
  const button = h("button", { type: "button", class: "btn btn-primary" }, t("生成密钥", "Make the key"));
  button.addEventListener("click", () => void attempt(button, wrong, make));
  return [h("p", {}, t("您还没有密钥。请用以后评标所用的浏览器生成。", "You have no key yet. Make it in the browser that you will evaluate with.")), h("p", { class: "mb-0" }, button), wrong];
}

/** The registered key is not in this browser: it is in a file, in another browser, or was never this person's. */
function elsewhere(registered: string, here: string, use: (seed: Bytes) => Promise<void>): Node[] {
  const wrong = h("div");
  const refused = h("div", { class: "wrong", id: "own-key-wrong" });
  const file = h("input", { type: "file", class: "form-control", id: "own-key-file", "aria-describedby": "own-key-wrong" });
  const open = h("button", { type: "button", class: "btn btn-primary" }, t("使用此备份", "Use this copy"));
  open.addEventListener("click", () => void attempt(open, wrong, async () => {
    const seed = await seedIn(file.files?.[0]);
    const right = seed !== null && hexdigest(await publicKey(seed)) === registered;
    file.classList.toggle("is-invalid", !right);
    refused.replaceChildren(right ? "" : t("这不是平台所登记公钥的密钥文件。请选择生成后保存的 evaluator.key。",
      "This is not the file of the key that the platform has. Choose the evaluator.key that you saved."));
    if (seed !== null && right) await use(seed);
  }));
  const make = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("生成新密钥", "Make a new key"));
  make.addEventListener("click", () => void attempt(make, wrong, () => use(generateSeed())));
  const other = t("平台登记的公钥不是本浏览器中的这一把。如果不是您自己换的，请告知监督部门。",
    "The platform has another public key than this browser's. If you did not change it yourself, tell the supervisor.");
  return [
    here === "" ? h("p", {}, t("您的密钥不在本浏览器中。请用生成它的浏览器，或打开备份文件。", "Your key is not in this browser. Use the browser that made it, or open the copy that you saved."))
      : h("p", { class: "refusal", role: "alert" }, other),
    h("p", { class: "mono quiet" }, groups(registered)),
    h("div", { class: "field" }, h("label", { class: "form-label", for: "own-key-file" }, t("备份文件（evaluator.key）", "The copy (evaluator.key)")), file, refused),
    h("p", { class: "line mb-1" }, open, make),
    h("p", { class: "quiet mb-0" }, t("生成新密钥后，从前移交给您的附件须由招标人重新移交。", "After a new key the agency has to hand over again.")),
    wrong,
  ];
}
