// The page /check: what is given is read and judged here; nothing of it leaves the browser.
import { BidError } from "../bids/errors";
import { textOf } from "../bids/messages";
import { isBundle } from "../bids/receipt_bundle";
import type { Anchors } from "../bids/verification/anchors";
import { NO_ANCHORS } from "../bids/verification/verifier";
import type { Bytes } from "../signing/encoding";
import { contentOf } from "../signing/contents";
import { PolicyError, SigningError } from "../signing/errors";
import { NoteVerifier } from "../signing/notes";
import { parsePolicy } from "../signing/policies";
import { loadPem } from "../signing/profile";
import { byId, h } from "./dom";
import { judgeBundle } from "./bundle-check";
import { judgeReceipt, kindOf } from "./receipt-check";
import { Verifying, type Line } from "./verifying";
import { language, t } from "./words";

const FILES_SHOWN = 5;

/** What stops the checking before it begins, in the reader's language. */
class Mistake extends Error {}

type Source = "package" | "platform" | "own";

const form = byId<HTMLFormElement>("check");
const wrong = byId("wrong");
const result = byId("result");
const working = byId("working");
let verifying: Verifying;

function source(): Source {
  return (form.querySelector<HTMLInputElement>("input[name=anchors]:checked")?.value ?? "package") as Source;
}

function chosen(id: string): File | undefined {
  return byId<HTMLInputElement>(id).files?.[0];
}

async function bytesOf(file: Blob): Promise<Bytes> {
  return new Uint8Array(await file.arrayBuffer());
}

async function fetched(path: string): Promise<Blob> {
  let answer: Response;
  try {
    answer = await fetch(path);
  } catch {
    throw new Mistake(t("与平台的连接已断开，没有取到文件。请检查网络后重试。", "The connection to the platform is lost; nothing was fetched. Check your network and try again."));
  }
  if (!answer.ok) throw new Mistake(t("平台没有给出这个文件。请稍后重试。", "The platform did not give that file. Try again later."));
  return answer.blob();
}

/** What the reader chose to rest on; Mistake if it cannot be read. */
async function anchorsOf(from: Source): Promise<Anchors> {
  if (from === "package") return NO_ANCHORS;
  const [roots, key] = from === "platform"
    ? [await fetched("/api/v1/certificates/roots.pem"), await (await fetched("/api/v1/log/key")).text()]
    : [chosen("roots"), byId<HTMLInputElement>("log-key").value];
  const [entries, outside, stampers, policy] =
    from === "own" ? ["log-entries", "outside-roots", "tsa-roots", "policy"].map(chosen) : [];
  const anchors = {
    roots: roots === undefined ? null : await bytesOf(roots),
    logKey: key.trim() === "" ? null : key.trim(),
    logEntries: entries === undefined ? null : await bytesOf(entries),
    outsideRoots: outside === undefined ? null : await bytesOf(outside),
    tsaRoots: stampers === undefined ? null : await bytesOf(stampers),
    policy: policy === undefined ? null : await bytesOf(policy),
  };
  await checkAnchors(anchors);
  return anchors;
}

/** Rubbish there is the reader's mistake, not the package's. */
async function checkAnchors({ roots, logKey, outsideRoots, tsaRoots, policy }: Anchors): Promise<void> {
  try {
    for (const pem of [roots, outsideRoots, tsaRoots]) if (pem !== null) loadPem(pem);
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw new Mistake(t("所选文件中没有可读的根证书（PEM）。请另选文件。", "The file chosen holds no readable root certificate (PEM). Choose another one."));
  }
  try {
    if (policy !== null) await parsePolicy(policy);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new Mistake(t(`所选策略文件第 ${error.line} 行有误（${error.code}）。请更正后重新选择。`, `Line ${error.line} of the policy is wrong (${error.code}). Correct it and choose the file again.`));
  }
  try {
    if (logKey !== null) await NoteVerifier.fromVkey(logKey);
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw new Mistake(t("日志公钥格式不对，应形如 name+id+key。请核对后重新填写。", "The log's key must have the form name+id+key. Check it and enter it again."));
  }
}

/** Mistake if the browser is too old for the log's signatures, which must not look like a fault of the package. */
async function checkBrowser(): Promise<void> {
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  } catch {
    throw new Mistake(t("此浏览器不支持 Ed25519 签名，无法核对日志。请更新浏览器，或用 sunseal verify 核对。", "This browser lacks Ed25519, so the log cannot be checked. Update it, or check with sunseal verify."));
  }
}

async function checkPackage(file: Blob): Promise<void> {
  await checkBrowser();
  const from = source();
  const anchors = await anchorsOf(from);
  const { lines, concluded } = await verifying.verify({ file, anchors, language }, (count) => {
    byId("working-said").textContent = t(`已核对 ${count} 项……`, `${count} findings so far …`);
  });
  show(lines, from, concluded);
}

async function checkReceipt(file: File, others: readonly File[]): Promise<void> {
  const chose = source();
  const from: Source = chose === "package" ? "platform" : chose; // a receipt brings no root certificates
  const { roots, tsaRoots } = await anchorsOf(from);
  if (roots === null) throw new Mistake(t("请先选择您自己的根证书。", "Choose your own root certificates first."));
  const { lines, concluded } = await judgeReceipt(file, others, { roots, tsaRoots });
  show(lines, from, concluded);
}

async function checkBundle(file: Blob): Promise<void> {
  await checkBrowser();
  const from = source();
  const { lines, concluded } = await judgeBundle(file, await anchorsOf(from));
  show(lines, from, concluded);
}

async function isZip(file: Blob): Promise<boolean> {
  const [first, second] = await bytesOf(file.slice(0, 2));
  return first === 0x50 && second === 0x4b;
}

async function judge(files: readonly File[]): Promise<void> {
  for (const file of files) {
    // A receipt for unlocking is judged by the statement in a package that lies beside it.
    if ((await kindOf(file)) === "unlocking") return checkReceipt(file, files.filter((one) => one !== file));
  }
  for (const file of files) {
    if (file.name.toLowerCase().endsWith(".zip") || (await isZip(file))) {
      if (files.length > 1) throw new Mistake(t("请一次只核对一个证据包。", "Check one package at a time."));
      if (await isBundle(contentOf(file))) return checkBundle(file);
      return checkPackage(file);
    }
  }
  for (const file of files) {
    if ((await kindOf(file)) !== null) return checkReceipt(file, files.filter((one) => one !== file));
  }
  throw new Mistake(t("这不是证据包（ZIP），也不是平台的回执（JSON）。请另选文件。", "This is neither an evidence package (ZIP) nor a receipt of the platform (JSON). Choose another file."));
}

const MARKS: ReadonlyArray<{ ok: boolean | null; kind: string; heading: readonly [string, string] }> = [
  { ok: false, kind: "broken", heading: ["不符", "FAILED"] },
  { ok: null, kind: "open", heading: ["未能核对", "Not checked"] },
  { ok: true, kind: "kept", heading: ["符合", "Holds"] },
];

/** The verdict, then what failed, what could not be checked, and what holds. */
function show(lines: readonly Line[], from: Source, verdict: readonly [string, string]): void {
  const failed = lines.some((one) => one.ok === false);
  const head = h("div", { class: failed ? "refusal" : "told" }, h("p", { class: "verdict" }, t(...verdict)));
  if (from === "platform") {
    head.append(h("p", { class: "mt-2" }, t("所用的根证书和日志公钥是本平台现在公布的，不是您另外留存的。", "The root certificates and the log's key used are those that this platform publishes now, not any that you kept.")));
  }
  result.replaceChildren(head);
  for (const { ok, kind, heading } of MARKS) {
    const own = lines.filter((one) => one.ok === ok);
    if (own.length === 0) continue;
    const list = h("ol", { class: "findings" }, ...own.map((one) => item(one, kind)));
    const title = h("h2", {}, t(...heading), " ", h("span", { class: "count" }, String(own.length)));
    result.append(h("section", { class: "panel mb-4" }, title, h("div", {}, list)));
  }
  result.focus();
}

function item({ number, text, files, ok }: Line, kind: string): HTMLElement {
  const made = h("li", { class: kind }, h("span", { class: "number" }, String(number)), text);
  if (ok === false && files.length > 0) {
    const more = files.length - FILES_SHOWN;
    const shown = files.slice(0, FILES_SHOWN).join(", ") + (more > 0 ? ` (+${more})` : "");
    made.append(h("div", { class: "mono quiet" }, t("文件：", "files: "), shown));
  }
  return made;
}

let busy = false;
let next: (() => Promise<void>) | null = null;

/** Do it now or, while something else is done, right after; only the last wish counts. */
async function run(act: () => Promise<void>): Promise<void> {
  next = act;
  if (busy) return;
  busy = true;
  while (next !== null) {
    const now: () => Promise<void> = next;
    next = null;
    wrong.replaceChildren();
    result.replaceChildren();
    byId("working-said").textContent = t("正在核对……", "Checking …");
    working.hidden = false;
    try {
      await now();
    } catch (error) {
      wrong.replaceChildren(h("p", { class: "refusal mb-0" }, saying(error)));
    }
  }
  busy = false;
  working.hidden = true;
}

function saying(error: unknown): string {
  if (error instanceof Mistake) return error.message;
  if (error instanceof BidError) return textOf(error, language);
  console.debug(error);
  return t("浏览器出错，核对没有完成。请刷新页面重试，或用 sunseal verify 核对。", "The browser failed and the check was not finished. Reload the page, or check with sunseal verify.");
}

let given: readonly File[] = [];

function take(files: readonly File[]): void {
  if (files.length === 0) return;
  given = files;
  void run(() => judge(files));
}

/** Begin; `address` is that of this script, which the worker runs too. */
export function start(address: string): void {
  verifying = new Verifying(address);
  const input = byId<HTMLInputElement>("files");
  const drop = byId("drop");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => take(Array.from(input.files ?? [])));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(Array.from(event.dataTransfer?.files ?? []));
  });
  for (const choice of form.querySelectorAll<HTMLInputElement>("input[name=anchors]")) {
    choice.addEventListener("change", () => {
      byId("own").hidden = source() !== "own";
      if (source() !== "own") take(given); // the same file, judged by other lights
    });
  }
  for (const id of ["roots", "log-key", "log-entries", "outside-roots"]) byId(id).addEventListener("change", () => take(given));
  const fetching = document.getElementById("fetch");
  fetching?.addEventListener("click", () =>
    void run(async () => {
      const file = new File([await fetched(fetching.dataset["from"] ?? "")], "evidence.zip");
      given = [file];
      await judge(given);
    }),
  );
}
