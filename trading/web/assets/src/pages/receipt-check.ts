// Receipts on the page /check: signature, time-stamp, what it is for, and of one for unlocking whether the secret stands
// in the platform's unlocking statement. In the words of `sunseal receipt check`, where those say the same.
import { manifestIn } from "../bids/container";
import { BidError, refusing } from "../bids/errors";
import { parseManifest } from "../bids/manifest";
import { sentence, textOf } from "../bids/messages";
import { readSigned, typeOf } from "../bids/objects";
import { UNLOCKING, readPackage } from "../bids/package";
import { matchReceipt, verifyReceipt, type Receipt } from "../bids/receipts";
import { examineToken, type Given } from "../bids/tokens";
import { verifyPlatform } from "../bids/trust";
import {
  checkUnlocked, checkUnlockingOf, isUnlockReceipt, matchUnlockReceipt, verifyUnlockReceipt, type UnlockReceipt,
} from "../bids/unlock_receipts";
import { parseUnlocking, type Unlocking } from "../bids/unlocking";
import { contentOf } from "../signing/contents";
import { formatMoment, type Bytes } from "../signing/encoding";
import { loadPem } from "../signing/profile";
import type { X509 } from "../signing/x509";
import type { Line, Verdict } from "./verifying";
import { language, t, when } from "./words";

const MAX_SMALL = 1 << 20; // bytes of a receipt, a manifest, a signature
const MAX_UNLOCKING = 64 << 20;

/** What the reader chose to rest on, PEM. */
export interface Roots {
  readonly roots: Bytes;
  readonly tsaRoots: Bytes | null;
}

type Add = (ok: boolean | null, text: string, files: readonly string[]) => void;

const NOT_SO = [" 不符：", " Not so: "] as const;

async function bytesOf(file: Blob): Promise<Bytes> {
  return new Uint8Array(await file.arrayBuffer());
}

/** Which kind of receipt a file is, if any: what it says it is decides, not its name. */
export async function kindOf(file: File): Promise<"bid" | "unlocking" | null> {
  if (file.size > MAX_SMALL) return null;
  const text = await file.text();
  if (isUnlockReceipt(text)) return "unlocking";
  return text.includes(`"type":"${typeOf("receipt")}"`) ? "bid" : null;
}

/** All findings about a receipt, by what lies beside it. */
export async function judgeReceipt(file: File, others: readonly File[], { roots, tsaRoots }: Roots): Promise<Verdict> {
  const lines: Line[] = [];
  const add: Add = (ok, text, files) => void lines.push({ number: lines.length + 1, ok, text, files });
  const beside = new Set<Line | undefined>(); // a receipt stands without a time-stamp, and whatever a statement says
  const aside: Add = (...said) => {
    add(...said);
    beside.add(lines.at(-1));
  };
  const anchors = refusing("roots", () => loadPem(roots));
  const judged = (await kindOf(file)) === "unlocking"
    ? await judgeUnlocking(file, others, anchors, tsaRoots, add, aside)
    : await judgeBid(file, others, anchors, tsaRoots, add, aside);
  const failed = lines.some((one) => one.ok === false && !beside.has(one));
  if (judged === BROKEN || judged === NOTHING) return { lines, concluded: judged };
  return { lines, concluded: failed ? FAILED : (judged ?? held(lines)) };
}

type Words = readonly [string, string];

const FAILED: Words = ["核对未通过：回执不成立。", "The receipt does NOT hold."];
const KEPT: Words = ["平台履行了承诺：您的解锁密钥在解锁声明中。", "The platform kept its promise: your secret stands in the unlocking statement."];
const NOTHING: Words = ["不能证明任何事：解锁声明不成立，或属于别的标段。", "This proves nothing: the unlocking statement does not hold, or is of another tender."];
const OPEN: Words = ["现有材料还不能说明：密钥在解锁声明中，但声明本身有疑问。", "What is at hand does not tell: the secret stands in the unlocking statement, which is in doubt itself."];
const BROKEN: Words = [
  "平台没有履行承诺：它的两个签名互相矛盾。请用 sunseal receipt check 生成举证文件，交给监督部门。",
  "The platform BROKE its promise: two signatures of its own contradict each other. Have sunseal receipt check write the proof, for the supervisor.",
];

function held(lines: readonly Line[]): Words {
  const unknown = lines.some((one) => one.text === NO_DOCUMENT());
  return [
    `回执有效${unknown ? "，但未核对它对应哪份投标" : "，并对应您的投标"}。`,
    `The receipt holds${unknown ? "; which bid it is for was not checked" : ", and is for your bid"}.`,
  ];
}

const NO_DOCUMENT = (): string => t(
  "没有给出清单和签名（manifest.json 和 manifest.p7s，或 bid.sealed），未能核对回执对应哪份投标。",
  "Without manifest.json and manifest.p7s (or bid.sealed) it could not be checked which bid the receipt is for.");

async function judgeBid(
  file: File, others: readonly File[], roots: readonly X509[], tsaRoots: Bytes | null, add: Add, aside: Add,
): Promise<null> {
  const signed = t("回执由平台的回执密钥签名，签名和证书在出具时有效。", "The receipt is signed by the platform's receipt key; signature and certificate held when it was given.");
  let receipt: Receipt;
  try {
    receipt = await verifyReceipt(await bytesOf(file), roots);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    add(false, t("回执由平台的回执密钥签名。", "The receipt is signed by the platform's receipt key.") + t(...NOT_SO) + textOf(error, language), [file.name]);
    return null;
  }
  add(true, signed, [file.name]);
  add(true, told(receipt), [file.name]);
  await compareDocument(others, add, ({ document, signature }) => void matchReceipt(receipt, document, signature));
  await tellToken(receipt, roots, tsaRoots, file.name, aside);
  return null;
}

/** The conclusion; null where only the receipt itself could be judged. */
async function judgeUnlocking(
  file: File, others: readonly File[], roots: readonly X509[], tsaRoots: Bytes | null, add: Add, aside: Add,
): Promise<Words | null> {
  let receipt: UnlockReceipt;
  try {
    receipt = await verifyUnlockReceipt(await bytesOf(file), roots);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    add(false, t("解锁回执由平台的回执密钥签名。", "The receipt for unlocking is signed by the platform's receipt key.") + t(...NOT_SO) + textOf(error, language), [file.name]);
    return null;
  }
  const { bid, tender } = receipt;
  add(true, sentence("unlock-promise-receipt", language, { bid, tender, at: `${when(receipt.receivedAt)} (UTC+8)` }), [file.name]);
  await compareDocument(others, add, ({ document }) => matchUnlockReceipt(receipt, parseManifest(document)));
  await tellToken(receipt, roots, tsaRoots, file.name, aside);
  const statement = await unlockingIn(others);
  if (statement === null) {
    add(null, t(
      "没有给出解锁声明（unlocking.json，或证据包），未能核对您的密钥是否在其中。也可用 sunseal receipt check --server 核对。",
      "Without the unlocking statement (unlocking.json, or the evidence package) it could not be checked whether your secret stands in it. Or check with sunseal receipt check --server."), []);
    return null;
  }
  const { unlocking, holds } = await readUnlocking(statement, receipt, roots, aside);
  if (unlocking === null) return NOTHING;
  try {
    checkUnlocked(receipt, unlocking);
    add(true, sentence("unlock-promise-stands", language, { bid }), [UNLOCKING]);
    return holds ? KEPT : OPEN;
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    add(false, textOf(error, language), [UNLOCKING]);
    return BROKEN;
  }
}

/** The statement, if the platform signed it for the receipt's tender, and whether it holds. */
async function readUnlocking(
  data: Bytes, receipt: UnlockReceipt, roots: readonly X509[], add: Add,
): Promise<{ unlocking: Unlocking | null; holds: boolean }> {
  let [unlocking, holds]: [Unlocking | null, boolean] = [null, false];
  try {
    const read = await verifyPlatform(data, "unlocking", "statement", roots, null);
    const found = parseUnlocking(readSigned(read, "unlocking"));
    if (found.tender === receipt.tender) unlocking = found;
    checkUnlockingOf(receipt, found);
    holds = true;
    add(true, sentence("unlock-promise-statement", language, { at: `${when(formatMoment(found.at))} (UTC+8)` }), [UNLOCKING]);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    add(false, textOf(error, language), [UNLOCKING]);
  }
  return { unlocking, holds };
}

/** The unlocking statement among the files, by itself or in a package; a bad package is refused. */
async function unlockingIn(others: readonly File[]): Promise<Bytes | null> {
  for (const file of others) {
    if (file.name.toLowerCase().endsWith(".zip")) {
      const files = await readPackage(contentOf(file));
      return files.names.includes(UNLOCKING) ? files.read(UNLOCKING) : null;
    }
    if (file.name.endsWith(".json") && file.size <= MAX_UNLOCKING) {
      if ((await file.text()).includes(`"type":"${typeOf("unlocking")}"`)) return bytesOf(file);
    }
  }
  return null;
}

/** What the time-stamp says, in the words of `sunseal receipt check`. */
async function tellToken(
  receipt: Given, roots: readonly X509[], tsaRoots: Bytes | null, name: string, add: Add,
): Promise<void> {
  try {
    const outside = tsaRoots === null ? [] : loadPem(tsaRoots);
    const found = await examineToken(receipt, roots, outside);
    if (found === null) {
      add(null, sentence("promise-no-token", language, {}), [name]);
      return;
    }
    add(true, sentence("promise-token", language, { time: `${when(formatMoment(found.stamp.time))} (UTC+8)` }), [name]);
    const left = {
      own: "promise-token-own", outside: "promise-token-unlisted", unrooted: "promise-token-unrooted",
    }[found.authority];
    add(null, sentence(left, language, {}), [name]);
    const minutes = String(found.late / 60_000_000n);
    if (found.late > 0n) add(null, sentence("promise-token-late", language, { minutes }), [name]);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    add(false, textOf(error, language), [name]);
  }
}

function told({ kind, bid, tender, receivedAt }: Receipt): string {
  const at = when(receivedAt);
  return kind === "manifest"
    ? t(`标段 ${tender} 的投标 ${bid} 于 ${at}（北京时间）收到。`, `The bid ${bid} for the tender ${tender} was received at ${at} (UTC+8).`)
    : t(`标段 ${tender} 的投标 ${bid} 于 ${at}（北京时间）撤回。`, `The bid ${bid} for the tender ${tender} was withdrawn at ${at} (UTC+8).`);
}

interface Document {
  readonly document: Bytes;
  readonly signature: Bytes;
  readonly files: readonly string[];
}

async function compareDocument(others: readonly File[], add: Add, match: (found: Document) => void): Promise<void> {
  const said = t("回执对应所给的投标清单和签名，逐字节一致。", "The receipt is for the manifest and signature given, to the byte.");
  try {
    const found = await documentIn(others);
    if (found === null) {
      add(null, NO_DOCUMENT(), []);
      return;
    }
    match(found);
    add(true, said, found.files);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    add(false, `${said}${t(...NOT_SO)}${textOf(error, language)}`, others.map((one) => one.name));
  }
}

async function documentIn(others: readonly File[]): Promise<Document | null> {
  const sealed = others.find((one) => one.name.endsWith(".sealed"));
  if (sealed !== undefined) {
    const [document, signature] = await manifestIn(contentOf(sealed));
    return { document, signature, files: [sealed.name] };
  }
  const named = others.filter((one) => one.name.endsWith(".json"));
  const document = named.find((one) => one.name !== UNLOCKING);
  const signature = others.find((one) => one.name.endsWith(".p7s"));
  if (document === undefined || signature === undefined) return null;
  if (document.size > MAX_SMALL || signature.size > MAX_SMALL) throw new BidError("too-large", { what: document.name, limit: MAX_SMALL });
  return { document: await bytesOf(document), signature: await bytesOf(signature), files: [document.name, signature.name] };
}
