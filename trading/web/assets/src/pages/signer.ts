// The person's signing key on a page: the one this browser keeps, a new one, or one from a key file.
import type { Api } from "../api";
import { partyOf } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import { fingerprint } from "../signing/certificates";
import { createCsr, certificatesIn, generateKey, signerOf } from "../signing/keys";
import { openKeyFile } from "../signing/pkcs12";
import { byId, make } from "./dom";
import { keepKey, keptSigner } from "./keeping";
import { fingerprint as groups, sentence, t, when } from "./words";

export interface Person {
  readonly organisation: string;
  readonly person: string;
  readonly name: string;
  readonly role: string;
}

/** Whose key it is, as this browser keeps it. */
function owner({ organisation, person, role }: Person): string {
  return `${organisation}/${person}/${role}`;
}

/** The part of a page about the signing key. */
export class KeyPanel {
  private found: Signer | null = null;

  constructor(private readonly api: Api, private readonly who: Person) {
    byId("key-new").addEventListener("click", () => void this.attempt(() => this.made()));
    byId("key-open").addEventListener("click", () => void this.attempt(() => this.fromFile()));
    void this.attempt(async () => {
      const kept = await keptSigner(owner(this.who));
      return kept !== null && kept.certificate.notAfter.getTime() > Date.now() ? kept : null;
    });
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
      if (signer !== null) this.check(signer);
      this.found = signer ?? this.found;
      this.show();
    } catch (error) {
      this.show(error instanceof WrongParty ? error.message : sentence(error), true);
    }
  }

  private check(signer: Signer): void {
    const party = partyOf(signer.certificate);
    if (party.id !== this.who.organisation || party.role !== this.who.role) {
      throw new WrongParty(t(
        `这是 ${party.organisationName}（${party.role}）的密钥，不是您登录所代表单位的。请选择本单位的密钥文件。`,
        `This is the key of ${party.organisationName} (${party.role}), not of whom you are signed in for. Choose your own organisation's.`,
      ));
    }
  }

  private async made(): Promise<Signer> {
    const pair = await generateKey();
    const answer = await this.api.post("/certificates", { csr: await createCsr(pair, this.who.name) });
    const [certificate, ...rest] = certificatesIn(String(answer["certificate"]));
    if (certificate === undefined) throw new Error("no certificate");
    const others = [...rest, ...certificatesIn(String(answer["chain"]))];
    const signer = await signerOf(pair.privateKey, certificate, others);
    await keepKey(owner(this.who), pair.privateKey, certificate, others);
    await navigator.storage?.persist?.();
    return signer;
  }

  private async fromFile(): Promise<Signer> {
    const [file] = byId<HTMLInputElement>("key-file").files ?? [];
    if (file === undefined) throw new WrongParty(t("请先选择密钥文件。", "Choose a key file first."));
    const password = byId<HTMLInputElement>("key-password");
    const signer = await openKeyFile(new Uint8Array(await file.arrayBuffer()), password.value);
    password.value = "";
    return signer;
  }

  private show(problem = "", wrong = false): void {
    const state = byId("key-state");
    const parts: Node[] = [];
    if (this.found !== null) {
      const { certificate } = this.found;
      const { name, organisationName } = partyOf(certificate);
      parts.push(
        make("p", { class: "mb-1" }, t(`以 ${organisationName} ${name} 的密钥签名，证书有效至 ${when(certificate.notAfter.toISOString())}。`,
          `Signed with the key of ${name}, ${organisationName}; its certificate is good until ${when(certificate.notAfter.toISOString())}.`)),
        make("p", { class: "mono quiet" }, groups(fingerprint(certificate))),
      );
    }
    if (problem !== "") parts.push(make("p", wrong ? { class: "wrong", role: "alert" } : {}, problem));
    state.replaceChildren(...parts);
    byId("key-ways").hidden = this.found !== null;
  }
}

/** Said as it is. */
class WrongParty extends Error {}
