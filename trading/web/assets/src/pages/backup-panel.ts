// The part of the custodian's page about a copy of its keys elsewhere: the passphrase, saving, restoring.
import { importPkcs8, signerOf } from "../signing/keys";
import { openBackup, newRecipient, readBackup, sealTo, writeBackup, type Backup } from "./backup";
import { readCertificate } from "../signing/certificates";
import { byId, h } from "./dom";
import { keepKey, keptKey } from "./keeping";
import { keepRecipient, keptRecipient, recordsOf, restoreRecords, tendersHeld, type KeptRecipient } from "./keeping-records";
import { ownerOf } from "./keyring";
import { attempt, download, type Actor } from "./page";
import { Refused, t, when } from "./words";

/** Show it in #backup; called again when something was made that a backup should have. */
export async function showBackup(who: Actor): Promise<void> {
  const { organisation } = who;
  const recipient = await keptRecipient(organisation);
  const parts = recipient === null ? choosing(who) : await saving(who, recipient);
  byId("backup").replaceChildren(...parts, restoring(who));
}

function field(id: string, label: string, input: HTMLInputElement): HTMLElement {
  input.id = id;
  input.classList.add("form-control");
  return h("div", { class: "field" }, h("label", { class: "form-label", for: id }, label), input);
}

function secret(): HTMLInputElement {
  return h("input", { type: "password", autocomplete: "new-password" });
}

function choosing(who: Actor): Node[] {
  const [first, again, wrong] = [secret(), secret(), h("div")];
  const button = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("设定备份口令", "Set the passphrase"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    const recipient = await newRecipient(first.value, again.value);
    if ((await keptRecipient(who.organisation)) !== null) { // what is sealed to that one would not open
      throw new Refused("另一页面已为本浏览器设定了备份口令。请刷新页面。", "Another page has set this browser's passphrase already. Load the page again.");
    }
    await keepRecipient(who.organisation, recipient);
    await showBackup(who);
  }));
  return [
    h("p", {}, t("浏览器数据一旦丢失，您就无法交出份额。请先设定备份口令，再生成签名密钥：密钥生成时即为备份封存，之后谁也读不出。口令写在纸上，单独存放；没有它备份打不开。",
      "If this browser's data are lost, you cannot release. Set a passphrase before you make the signing key: it is sealed for the backup when it is made, and nobody reads it out later. Keep the passphrase on paper, apart; without it no backup opens.")),
    field("backup-passphrase", t("备份口令（至少 12 个字符）", "Passphrase of the backup (12 characters at least)"), first),
    field("backup-again", t("再输入一次", "Once more"), again),
    h("p", { class: "mb-2" }, button), wrong,
  ];
}

async function saving(who: Actor, recipient: KeptRecipient): Promise<Node[]> {
  const { organisation } = who;
  const held = await tendersHeld(organisation);
  const key = await keptKey(ownerOf(who));
  const saved = recipient.saved?.tenders ?? [];
  const missing = held.filter((tender) => !saved.includes(tender)).length;
  const gone = saved.filter((tender) => !held.includes(tender)).length;
  const wrong = h("div");
  const button = h("button", { type: "button", class: missing > 0 ? "btn btn-primary" : "btn btn-outline-secondary", id: "save-backup" }, t("保存备份文件", "Save the backup"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    const file = await writeBackup(ownerOf(who), recipient, key, await recordsOf(organisation));
    download(`sunseal-custodian-${new Date().toISOString().slice(0, 10)}.backup.json`, file, "application/json");
    await keepRecipient(organisation, { ...recipient, saved: { at: new Date().toISOString(), tenders: held } });
    await showBackup(who);
  }));
  const told: Node[] = [];
  if (missing > 0) told.push(h("p", {}, t(`有 ${missing} 个标段的密钥还不在已保存的备份中。`, `The keys of ${missing} tenders are in no saved backup yet.`)));
  else if (recipient.saved !== undefined) told.push(h("p", { class: "quiet" }, t("最近保存于 ", "Last saved at "), when(recipient.saved.at)));
  if (gone > 0) told.push(h("p", {}, t("旧备份中还有已销毁的密钥：请保存新备份，并删除旧文件。", "Older backups still have keys that were erased: save a new one and delete the old files.")));
  if (key !== null && key.sealed === undefined) {
    told.push(h("p", { class: "quiet" }, t("签名密钥不在备份中：它来自密钥文件，或在设定口令之前生成。来自文件的，请另存该 .p12。",
      "The signing key is not in it: it came from a file, or was made before the passphrase was set. If it came from a file, keep that .p12 as well.")));
  }
  return [...told, h("p", { class: "mb-2" }, button), wrong];
}

function restoring(who: Actor): HTMLElement {
  const [file, passphrase, wrong] = [h("input", { type: "file", accept: ".json,application/json" }), secret(), h("div")];
  passphrase.autocomplete = "off";
  const button = h("button", { type: "button", class: "btn btn-outline-secondary" }, t("恢复", "Restore"));
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    const [chosen] = file.files ?? [];
    if (chosen === undefined) throw new Refused("请先选择备份文件。", "Choose the backup first.");
    await restore(who, readBackup(new Uint8Array(await chosen.arrayBuffer())), passphrase.value);
    location.reload();
  }));
  return h("details", {}, h("summary", {}, t("从备份恢复到本浏览器", "Restore from a backup to this browser")),
    h("div", { class: "mt-2" }, field("backup-file", t("备份文件", "Backup"), file), field("backup-open", t("备份口令", "Its passphrase"), passphrase),
      h("p", { class: "mb-0" }, button), wrong));
}

async function restore(who: Actor, backup: Backup, passphrase: string): Promise<void> {
  const { organisation, role } = who;
  const [party, , part] = backup.owner.split("/");
  if (party !== organisation || part !== role) {
    throw new Refused("这是其他单位的备份。请选择本单位的备份文件。", "This is another organisation's backup. Choose your own.");
  }
  const { signing, records, recipient } = await openBackup(backup, passphrase);
  if (signing !== null && backup.signing !== null) {
    if ((await tendersHeld(organisation)).length > 0) {
      throw new Refused("本浏览器已保管着其他标段的密钥，恢复会换掉签名密钥。请在另一浏览器（或新的用户配置）中恢复。",
        "This browser holds keys of tenders already, and restoring would replace its signing key. Restore in another browser or profile.");
    }
    const { certificate, chain } = backup.signing;
    const read = readCertificate(certificate);
    const key = await importPkcs8(signing);
    await signerOf(key, read, chain.map(readCertificate)); // it is that certificate's
    // Sealed to whom backups of this browser go: the passphrase here may be another one.
    const sealed = await sealTo((await keptRecipient(organisation)) ?? recipient, signing);
    await keepKey(ownerOf(who), key, read, chain.map(readCertificate), sealed);
    signing.fill(0);
  }
  await restoreRecords(organisation, records);
  if ((await keptRecipient(organisation)) === null) await keepRecipient(organisation, recipient);
  await navigator.storage?.persist?.();
}
