// What pages say from scripts, in the page's language; sentences of refusals are those of the platform.
import { AnswerMalformed, ApiProblem, ConnectionLost } from "../api";
import { BidError } from "../bids/errors";
import { textOf } from "../bids/messages";
import { SheetError, type Both } from "../bids/prices";
import { KeyFileError, SigningError } from "../signing/errors";

// Workers, which have no document, say nothing to people.
export const language = globalThis.document?.documentElement.lang.startsWith("en") ? "en" : "zh";

/** The text in the reader's language. */
export function t(zh: string, en: string): string {
  return language === "zh" ? zh : en;
}

const KEY_FILES: Readonly<Record<string, Both>> = {
  damaged: ["这不是可读的密钥文件（PKCS #12）。请选择 .p12 或 .pfx 文件。", "This is no readable key file (PKCS #12). Choose a .p12 or .pfx file."],
  password: ["密码不对，或文件已损坏。请核对密码后重试。", "The password is wrong, or the file is damaged. Check the password and try again."],
  legacy: [
    "此文件用旧算法（RC2、3DES）加密，浏览器不支持。请用 openssl 3 或新版软件重新导出为 AES-256。",
    "This file is encrypted with old algorithms (RC2, 3DES) that browsers lack. Export it again with AES-256, as openssl 3 does.",
  ],
  "no-key": ["文件中没有私钥或证书。请导出时同时包含两者。", "There is no private key or no certificate in the file. Export both together."],
  "other-key-kind": ["只接受 P-256 曲线的 ECDSA 密钥。", "Only ECDSA keys on the curve P-256 are accepted."],
  "other-party": ["这把密钥属于其他单位或角色。请选择本单位的密钥文件。", "This key is another organisation's or role's. Choose your own organisation's."],
  "other-certificate": ["文件中的证书不是该密钥的证书。", "The certificate in the file belongs to another key."],
};

/** Refused by a page itself, with what it says of that. */
export class Refused extends Error {
  readonly said: Both;

  constructor(...said: Both) {
    super(said[1]);
    this.name = "Refused";
    this.said = said;
  }
}

/** What went wrong and what to do, for a person. */
export function sentence(error: unknown): string {
  if (error instanceof KeyFileError) return t(...(KEY_FILES[error.reason] as Both));
  if (error instanceof SheetError || error instanceof Refused) return t(...error.said);
  if (error instanceof BidError) return textOf(error, language);
  if (error instanceof ApiProblem) {
    const cited = error.article === "" ? "" : t(`（${error.rule}，${error.article}）`, ` (${error.rule}, ${error.article})`);
    return error.message + cited;
  }
  if (error instanceof ConnectionLost) {
    return t("与平台的连接已断开。请检查网络后点“继续”，会从中断处接着上传。", "The connection to the platform is lost. Check your network and choose “Go on”: the upload continues where it stopped.");
  }
  if (error instanceof AnswerMalformed) return t(`平台的回答不合约定（${error.message}）。`, `The platform's answer is not as agreed (${error.message}).`);
  if (error instanceof SigningError) return t(`密码运算被拒绝：${error.reason}。请刷新页面后重试。`, `Refused by the cryptography: ${error.reason}. Load the page again and retry.`);
  return t("浏览器中出现意外错误，没有递交任何内容。请刷新页面后重试。", "Something unforeseen went wrong in the browser; nothing was handed in. Load the page again and retry.");
}

/** `1.2 MB`, for people. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)}\u00a0${units[unit]}`;
}

/** An amount with thousands apart. */
export function grouped(amount: string): string {
  const [whole = "", fraction] = amount.split(".");
  const parts = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}

/** A fingerprint in groups of four. */
export function fingerprint(hex: string): string {
  return hex.replace(/.{4}(?=.)/g, "$& ");
}

/** A time in UTC+8, as the pages write it. */
export function when(at: string): string {
  const local = new Date(Date.parse(at) + 8 * 3600 * 1000);
  const day = t(`${local.getUTCFullYear()}年${local.getUTCMonth() + 1}月${local.getUTCDate()}日`, local.toISOString().slice(0, 10));
  return `${day} ${local.toISOString().slice(11, 19)}`;
}
