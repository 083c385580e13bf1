// Commands about verifying.
import { readFile } from "node:fs/promises";
import { BidError } from "../../trading/web/assets/src/bids/errors";
import { parseManifest } from "../../trading/web/assets/src/bids/manifest";
import { textOf } from "../../trading/web/assets/src/bids/messages";
import { readPackage } from "../../trading/web/assets/src/bids/package";
import { judge } from "../../trading/web/assets/src/bids/promise";
import { isBundle, readBundle } from "../../trading/web/assets/src/bids/receipt_bundle";
import { verifyReceipt, matchReceipt } from "../../trading/web/assets/src/bids/receipts";
import { examineToken } from "../../trading/web/assets/src/bids/tokens";
import { verifyPlatform } from "../../trading/web/assets/src/bids/trust";
import {
  checkUnlocked, checkUnlockingOf, matchUnlockReceipt, verifyUnlockReceipt,
} from "../../trading/web/assets/src/bids/unlock_receipts";
import { parseUnlocking } from "../../trading/web/assets/src/bids/unlocking";
import { findingText } from "../../trading/web/assets/src/bids/verification/findings";
import { trustFor } from "../../trading/web/assets/src/pages/bundle-check";
import { NO_ANCHORS, verify } from "../../trading/web/assets/src/bids/verification/verifier";
import { verifyChain } from "../../trading/web/assets/src/signing/chains";
import * as cms from "../../trading/web/assets/src/signing/cms_reading";
import { b64decode, b64encode, utf8 } from "../../trading/web/assets/src/signing/encoding";
import { hexdigest } from "../../trading/web/assets/src/signing/hashing";
import { root, verifyInclusion } from "../../trading/web/assets/src/signing/merkle";
import { NoteVerifier, parseCheckpoint, parseProof } from "../../trading/web/assets/src/signing/notes";
import { contentIn } from "../../trading/web/assets/src/signing/contents";
import { loadPem, partyNamed } from "../../trading/web/assets/src/signing/profile";
import { verifyOutsideToken } from "../../trading/web/assets/src/signing/timestamp_outside";
import { verifyToken, type TimeStamp } from "../../trading/web/assets/src/signing/timestamps";
import { readCrl, readX509 } from "../../trading/web/assets/src/signing/x509";
import type { Commands } from "./commands";

const certificates = (ders: readonly string[]) => ders.map((one) => readX509(b64decode(one)));

const told = ({ time, serial, policy, certificate, intermediates }: TimeStamp) => ({
  time: String(time), serial: String(serial), policy, chain: [certificate, ...intermediates].map((one) => one.fingerprint),
});

/** What Python's BidError says of itself. */
const refusal = (error: BidError) => ({
  code: error.code, params: error.params, zh: textOf(error, "zh"), en: textOf(error, "en"),
});

/** What `act` gives, or the refusal. */
async function refusalOr<T>(act: () => Promise<T>): Promise<T | { refused: ReturnType<typeof refusal> }> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof BidError) return { refused: refusal(error) };
    throw error;
  }
}

export const commands: Commands = {
  "cms.verify": async ({ data, signature }) => {
    const { certificate, intermediates } = await cms.verify(b64decode(data), b64decode(signature));
    return [certificate, ...intermediates].map((one) => one.fingerprint);
  },
  "timestamp.verify": async ({ token, imprint, roots }) =>
    told(await verifyToken(b64decode(token), b64decode(imprint), certificates(roots))),
  "timestamp.outside": async ({ token, imprint, roots, others }) =>
    told(await verifyOutsideToken(b64decode(token), b64decode(imprint), certificates(roots), certificates(others))),
  "chain.verify": async ({ chain, roots, at, kind, usage, crls }) => {
    const [leaf, ...intermediates] = certificates(chain);
    if (leaf === undefined) throw new Error("no leaf");
    const lists = crls.map((one: string) => readCrl(b64decode(one)));
    await verifyChain(leaf, intermediates, certificates(roots), BigInt(at), kind, usage, lists);
  },
  "certificate.party": ({ certificate }) => partyNamed(readX509(b64decode(certificate))),
  "pem.certificates": ({ pem }) => loadPem(b64decode(pem)).map((one) => one.fingerprint),
  "note.checkpoint": async ({ note, vkey, origin }) => {
    const checkpoint = await parseCheckpoint(b64decode(note), await NoteVerifier.fromVkey(vkey), origin);
    return { size: String(checkpoint.size), root: b64encode(checkpoint.root) };
  },
  "note.key": async ({ vkey }) => (await NoteVerifier.fromVkey(vkey)).name,
  "note.proof": ({ proof }) => {
    const { index, hashes, checkpoint } = parseProof(b64decode(proof));
    return { index: String(index), hashes: hashes.map(b64encode), checkpoint: b64encode(checkpoint) };
  },
  "merkle.inclusion": ({ index, size, leaf, proof, root }) =>
    verifyInclusion(BigInt(index), BigInt(size), b64decode(leaf), proof.map(b64decode), b64decode(root)),
  "merkle.root": ({ leaves }) => b64encode(root(leaves.map(b64decode))),
  "bundle.judge": async ({ path, outside }) => {
    const content = contentIn(new Uint8Array(await readFile(path)));
    if (!(await isBundle(content))) throw new Error("no bundle");
    const [kept] = await readBundle(content);
    if (kept === undefined) throw new Error("no receipt");
    const { verdict, findings } = await judge(kept, await trustFor(kept, NO_ANCHORS), certificates(outside));
    return {
      verdict,
      findings: findings.map((one) => ({
        code: one.code, ok: one.ok, files: one.files, params: one.params, reasons: one.reasons.map(refusal),
        zh: findingText(one, "zh"), en: findingText(one, "en"),
      })),
    };
  },
  "package.verify": ({ path, roots, log_key, log_entries, outside_roots, tsa_roots, policy }) =>
    refusalOr(async () => {
      const files = await readPackage(contentIn(new Uint8Array(await readFile(path))));
      const report = await verify(files, {
        roots: roots === null ? null : utf8(roots),
        logKey: log_key,
        outsideRoots: outside_roots === null ? null : utf8(outside_roots),
        policy: policy === null ? null : b64decode(policy),
        logEntries: log_entries === null ? null : b64decode(log_entries),
        tsaRoots: tsa_roots === null ? null : utf8(tsa_roots),
      });
      return {
        anchored: report.anchored,
        findings: report.findings.map((finding) => ({
          number: finding.number,
          code: finding.code,
          ok: finding.ok,
          files: finding.files,
          params: finding.params,
          reasons: finding.reasons.map(refusal),
          zh: findingText(finding, "zh"),
          en: findingText(finding, "en"),
        })),
      };
    }),
  "package.read": ({ path }) =>
    refusalOr(async () => {
      const files = await readPackage(contentIn(new Uint8Array(await readFile(path))));
      const found: Record<string, string> = {};
      for (const name of files.names) {
        const read = await refusalOr(() => files.read(name));
        found[name] = read instanceof Uint8Array ? hexdigest(read) : read.refused.code;
      }
      return { files: found };
    }),
  "unlock-promise.check": ({ file, document, statement, roots }) =>
    refusalOr(async () => {
      const anchors = loadPem(utf8(roots));
      const receipt = await verifyUnlockReceipt(b64decode(file), anchors);
      if (document !== null) matchUnlockReceipt(receipt, parseManifest(b64decode(document)));
      const stamped = await examineToken(receipt, anchors, []);
      const unlocking = parseUnlocking(
        await verifyPlatform(b64decode(statement), "unlocking", "statement", anchors, null),
      );
      checkUnlockingOf(receipt, unlocking);
      checkUnlocked(receipt, unlocking);
      return { bid: receipt.bid, digest: receipt.digest, token: stamped === null ? null : stamped.authority };
    }),
  "receipt.check": ({ file, document, signature, roots }) =>
    refusalOr(async () => {
      const receipt = await verifyReceipt(b64decode(file), loadPem(utf8(roots)));
      if (document !== null) matchReceipt(receipt, b64decode(document), b64decode(signature));
      return { bid: receipt.bid, kind: receipt.kind, digest: receipt.digest };
    }),
};
