// Choosing the key to sign with: the one in this browser, a new one, or one in a file.
import { fingerprint } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import { KeyFileError } from "../signing/errors";
import { admit, endsSoon, keep, keyOf, makeKey, renewKey } from "./keyring";
import { h } from "./dom";
import { actor, api, attempt, type Actor } from "./page";
import { fingerprint as groups, t } from "./words";

/** Put the choice into `place`; resolves when there is a key, and shows which. */
export async function chooseKey(place: HTMLElement): Promise<Signer> {
  const who = actor();
  if (who === null) throw new Error("nobody is signed in");
  const there = await keyOf(who);
  const signer = there ?? (await ask(place, who));
  show(place, signer);
  if (endsSoon(signer)) offerRenewal(place, who, signer);
  return signer;
}

/** The page goes on with the certificate that is there; the renewed one is used from the next page on. */
function offerRenewal(place: HTMLElement, who: Actor, signer: Signer): void {
  const wrong = h("div");
  const button = h("button", { type: "button", class: "btn btn-sm btn-primary" }, t("证书即将到期：续期", "The certificate ends soon: renew it"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => show(place, await renewKey(api(), who, signer))));
  place.append(h("p", {}, button), wrong);
}

function show(place: HTMLElement, { certificate }: Signer): void {
  place.replaceChildren(
    h("p", { class: "quiet" }, t("签名密钥（本浏览器）：", "Signing key (in this browser): "),
      h("span", { class: "mono" }, groups(fingerprint(certificate).slice(0, 32)))),
  );
}

function ask(place: HTMLElement, who: Actor): Promise<Signer> {
  return new Promise((resolve) => {
    const wrong = h("div");
    const make = h("button", { type: "button", class: "btn btn-primary" }, t("在本浏览器生成密钥", "Make a key in this browser"));
    make.addEventListener("click", () => void attempt(make, wrong, async () => resolve(await makeKey(api(), who))));
    const file = h("input", { type: "file", class: "form-control", id: "key-file", accept: ".p12,.pfx,application/x-pkcs12" });
    const password = h("input", { type: "password", class: "form-control", id: "key-password", autocomplete: "off" });
    const open = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("使用此密钥", "Use this key"));
    open.addEventListener("click", () => void attempt(open, wrong, async () => {
      const [chosen] = file.files ?? [];
      if (chosen === undefined) throw new KeyFileError("damaged");
      const { openKeyFile } = await import("../signing/pkcs12");
      const signer = await openKeyFile(new Uint8Array(await chosen.arrayBuffer()), password.value);
      if (!(await admit(api(), who, signer))) throw new KeyFileError("other-party");
      await keep(who, signer);
      resolve(signer);
    }));
    place.replaceChildren(
      h("p", {}, t("本浏览器中还没有您的签名密钥。密钥在本机生成，私钥不会离开浏览器，平台只签发证书。",
        "This browser has no signing key of yours yet. It is made here; the private key never leaves the browser, the platform only certifies it.")),
      h("p", {}, make),
      h("details", {}, h("summary", {}, t("已有密钥文件（.p12）", "I have a key file (.p12)")),
        h("div", { class: "field mt-2" }, h("label", { class: "form-label", for: "key-file" }, t("密钥文件", "Key file")), file),
        h("div", { class: "field" }, h("label", { class: "form-label", for: "key-password" }, t("密钥文件的密码", "Its password")), password),
        open),
      wrong,
    );
  });
}
