// Commands about verifying.
import { readFile } from "node:fs/promises";
import { BidError } from "../../trading/web/assets/src/bids/errors";
import { textOf } from "../../trading/web/assets/src/bids/messages";
import { readPackage } from "../../trading/web/assets/src/bids/package";
import { verifyReceipt, matchReceipt } from "../../trading/web/assets/src/bids/receipts";
import { findingText } from "../../trading/web/assets/src/bids/verification/findings";
import { verify } from "../../trading/web/assets/src/bids/verification/verifier";
import { b64decode, utf8 } from "../../trading/web/assets/src/signing/encoding";
import { contentIn } from "../../trading/web/assets/src/signing/objects";
import { loadPem } from "../../trading/web/assets/src/signing/profile";
import type { Commands } from "./commands";

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
  "package.verify": ({ path, roots, log_key, log_entries }) =>
    refusalOr(async () => {
      const files = await readPackage(contentIn(new Uint8Array(await readFile(path))));
      const report = await verify(files, {
        roots: roots === null ? null : utf8(roots),
        logKey: log_key,
        logEntries: log_entries === null ? null : b64decode(log_entries),
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
      return { names: files.names };
    }),
  "receipt.check": ({ file, document, signature, roots }) =>
    refusalOr(async () => {
      const receipt = await verifyReceipt(b64decode(file), loadPem(utf8(roots)));
      if (document !== null) matchReceipt(receipt, b64decode(document), b64decode(signature));
      return { bid: receipt.bid, kind: receipt.kind, digest: receipt.digest };
    }),
};
