// A bundle of proofs on the page /check: what `sunseal receipt check` says of it, in the same words.
import { judge, type Judgement, type PromiseVerdict } from "../bids/promise";
import { readBundle, type Kept } from "../bids/receipt_bundle";
import { Trust } from "../bids/trust";
import { loadCrls, type Anchors } from "../bids/verification/anchors";
import { findingText } from "../bids/verification/findings";
import { BidError } from "../bids/errors";
import { contentOf } from "../signing/contents";
import type { Bytes } from "../signing/encoding";
import { SigningError } from "../signing/errors";
import { NoteVerifier } from "../signing/notes";
import { loadPem } from "../signing/profile";
import type { Crl, X509 } from "../signing/x509";
import type { Line, Verdict } from "./verifying";
import { language, t } from "./words";

type Words = readonly [string, string];

// From the best to the worst: a bundle with several receipts is as good as its worst one.
const ORDER: readonly PromiseVerdict[] = ["kept", "open", "nothing", "broken"];

const SAID: Readonly<Record<"open" | "nothing", Words>> = {
  open: [
    "尚不能下结论：下面标明了缺什么。回执本身请妥善保存。",
    "It cannot be told yet: the findings below say what is missing. Keep the receipt.",
  ],
  nothing: [
    "不能证明任何事：回执、截标声明、台账或解锁声明本身不成立。这不是对平台的证据。",
    "This proves nothing: receipt, closing, ledger or unlocking statement do not hold by themselves. It is no proof against the platform.",
  ],
};
const KEPT: Readonly<Record<Judgement["of"], Words>> = {
  bid: ["平台履行了承诺：投标在台账中。", "The platform kept its promise: the bid stands in the ledger."],
  unlocking: ["平台履行了承诺：您的解锁密钥在解锁声明中。", "The platform kept its promise: your secret stands in the unlocking statement."],
};
const BROKEN: Readonly<Record<Judgement["of"], Words>> = {
  bid: [
    "平台没有履行承诺：它签发了回执，台账中却没有这份投标，或与回执不符。请用 sunseal receipt check 生成举证文件，交给监督部门。",
    "The platform BROKE its promise: it signed the receipt, and its ledger lacks the bid or has it otherwise. Have sunseal receipt check write the proof, for the supervisor.",
  ],
  unlocking: [
    "平台没有履行承诺：它签发了解锁回执，解锁声明却称没有收到，或与回执不符。请用 sunseal receipt check 生成举证文件，交给监督部门。",
    "The platform BROKE its promise: it signed the receipt for unlocking, and its unlocking statement lacks the secret or has it otherwise. Have sunseal receipt check write the proof, for the supervisor.",
  ],
};
const MADE_UP: Words = [
  "平台的声明互相矛盾，但根证书是随文件一起来的：谁都可以编造一个平台来签名。请在上方选择您自己取得的根证书再核对。",
  "Its statements contradict each other, but the root certificates came along with the file, and anybody can make up a platform that signs. Choose root certificates that you have from elsewhere, and check again.",
];

/** All findings about a bundle's receipts; BidError if it is no bundle, or rests on nothing that can be read. */
export async function judgeBundle(file: Blob, anchors: Anchors): Promise<Verdict> {
  const judged: Judgement[] = [];
  for (const kept of await readBundle(contentOf(file))) {
    const outside = certificates(anchors.tsaRoots) ?? certificates(kept.tsa) ?? [];
    judged.push(await judge(kept, await trustFor(kept, anchors), outside));
  }
  const findings = judged.flatMap((one) => one.findings);
  const lines: Line[] = findings.map((one, place) => ({
    number: place + 1, ok: one.ok, files: one.files, text: findingText(one, language),
  }));
  if (anchors.roots === null || anchors.logKey === null) {
    lines.push({ number: lines.length + 1, ok: null, files: [], text: t(
      "未锚定：根证书或日志公钥取自证明包本身，只能说明它自身一致。请在上方选择以什么为准。",
      "Unanchored: root certificates or log key came from the bundle itself, which only shows that it agrees with itself. Choose above what the check rests on.") });
  }
  const [worst] = [...judged].sort((a, b) => ORDER.indexOf(b.verdict) - ORDER.indexOf(a.verdict));
  return { lines, concluded: concluded(worst as Judgement, anchors.roots !== null) };
}

/** `believed`: the roots are not those that came along with the file. */
function concluded({ verdict, of }: Judgement, believed: boolean): Words {
  if (verdict === "kept") return KEPT[of];
  if (verdict === "broken") return believed ? BROKEN[of] : MADE_UP;
  return SAID[verdict];
}

/** The reader's anchors, and the bundle's own where there are none; BidError. */
export async function trustFor(kept: Kept, { roots, logKey }: Anchors): Promise<Trust> {
  const found = certificates(roots) ?? certificates(kept.roots);
  if (found === null) throw new BidError("file-missing", { file: "certificates/roots.pem" });
  const log = await verifier(logKey ?? (kept.logKey === null ? null : new TextDecoder().decode(kept.logKey).trim()));
  if (log === null) throw new BidError("file-missing", { file: "log/key" });
  return new Trust(found, lists(kept.crls), new Map(), log);
}

function certificates(pem: Bytes | null): readonly X509[] | null {
  try {
    return pem === null ? null : loadPem(pem);
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    return null;
  }
}

function lists(pem: Bytes | null): ReadonlyMap<string, Crl> {
  try {
    return pem === null ? new Map() : loadCrls(pem);
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
    return new Map();
  }
}

async function verifier(vkey: string | null): Promise<NoteVerifier | null> {
  try {
    return vkey === null ? null : await NoteVerifier.fromVkey(vkey);
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    return null;
  }
}
