// The signing key on the bidding page: the one this browser keeps, a new one, or one from a key file.
import type { Api } from "../api";
import { fingerprint, namesIn, partyOf } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import { openKeyFile } from "../signing/pkcs12";
import { byId, h } from "./dom";
import { admit, endsSoon, keep, keyOf, makeKey, renewKey } from "./keyring";
import type { Actor } from "./page";
import { fingerprint as groups, sentence, t, when } from "./words";

/** The part of a page about the signing key. */
export class KeyPanel {
  private found: Signer | null = null;

  constructor(private readonly api: Api, private readonly who: Actor) {
    byId("key-new").addEventListener("click", () => void this.attempt(() => makeKey(this.api, this.who)));
    byId("key-open").addEventListener("click", () => void this.attempt(() => this.fromFile()));
    void this.attempt(() => keyOf(this.who));
  }

  /** The signer, or null if there is none yet, and then the panel says so. */
  get signer(): Signer | null {
    if (this.found === null) {
      this.show(t("请先生成密钥或打开密钥文件。", "Make a key or open a key file first."), true);
      byId("key-new").focus();
    }
    return this.found;
  }

  private async attempt(act: () => Promise<Signer | null>): Promise<void> {
    try {
      const signer = await act();
      this.found = signer ?? this.found;
      this.show();
    } catch (error) {
      this.show(error instanceof WrongParty ? error.message : sentence(error), true);
    }
  }

  private async check(signer: Signer): Promise<void> {
    if (!(await admit(this.api, this.who, signer))) {
      const party = partyOf(signer.certificate);
      throw new WrongParty(t(
        `这是 ${party.organisationName}（${party.role}）的密钥，不是您登录所代表单位的。请选择本单位的密钥文件。`,
        `This is the key of ${party.organisationName} (${party.role}), not of whom you are signed in for. Choose your own organisation's.`,
      ));
    }
  }

  private async fromFile(): Promise<Signer> {
    const [file] = byId<HTMLInputElement>("key-file").files ?? [];
    if (file === undefined) throw new WrongParty(t("请先选择密钥文件。", "Choose a key file first."));
    const password = byId<HTMLInputElement>("key-password");
    const signer = await openKeyFile(new Uint8Array(await file.arrayBuffer()), password.value);
    password.value = "";
    await this.check(signer);
    await keep(this.who, signer);
    return signer;
  }

  /** A bid is replaced only under the key that signed it, which may be another than the one kept here. */
  private another(): HTMLElement {
    const button = h("button", { class: "btn btn-sm btn-outline-secondary", type: "button" }, t("换用其他密钥", "Use another key"));
    button.addEventListener("click", () => {
      byId("key-ways").hidden = false;
      byId("key-file").focus();
    });
    return button;
  }

  private renewal(old: Signer): HTMLElement {
    const button = h("button", { class: "btn btn-sm btn-primary me-2", type: "button" }, t("证书即将到期：续期", "Ends soon: renew it"));
    button.addEventListener("click", () => void this.attempt(() => renewKey(this.api, this.who, old)));
    return button;
  }

  private show(problem = "", wrong = false): void {
    const state = byId("key-state");
    const parts: Node[] = [];
    if (this.found !== null) {
      const { certificate } = this.found;
      const { name, organisationName } = namesIn(certificate);
      parts.push(
        h("p", { class: "mb-1" }, t(`以 ${organisationName} ${name} 的密钥签名，证书有效至 ${when(certificate.notAfter.toISOString())}。`,
          `Signed with the key of ${name}, ${organisationName}; its certificate is good until ${when(certificate.notAfter.toISOString())}.`)),
        h("p", { class: "mono quiet mb-1" }, groups(fingerprint(certificate))),
        ...(endsSoon(this.found) ? [this.renewal(this.found)] : []),
        this.another(),
      );
    }
    if (problem !== "") parts.push(h("p", wrong ? { class: "wrong", role: "alert" } : {}, problem));
    state.replaceChildren(...parts);
    byId("key-ways").hidden = this.found !== null;
  }
}

/** Said as it is. */
class WrongParty extends Error {}
