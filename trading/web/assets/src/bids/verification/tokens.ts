// The time-stamps on receipts: that each holds, and what they leave open.
import { equal, type Bytes } from "../../signing/encoding";
import { loadPem } from "../../signing/profile";
import { sameName, type X509 } from "../../signing/x509";
import { BidError, refusing } from "../errors";
import type { Leaf } from "../ledger";
import { LEDGER, TIMESTAMP, bidName, type Package } from "../package";
import { parseReceipt, type Receipt } from "../receipts";
import { examineToken, tokenFile, type Stamped } from "../tokens";
import type { Trust } from "../trust";
import type { Book } from "./findings";

const FILES = { acceptance: "receipt", withdrawal: "withdrawal-receipt" } as const;
const MINUTE = 60_000_000n; // microseconds

/** Each receipt's token, if it has one; the names of the files that the tokens ask for. */
export async function checkTokens(
  files: Package, book: Book, trust: Trust, leaves: readonly Leaf[], tsaRoots: Bytes | null,
): Promise<readonly string[]> {
  const receipts = await readReceipts(files, leaves);
  const withToken = receipts.filter(([, receipt]) => receipt.token !== null);
  const stamped: Stamped[] = [];
  if (withToken.length > 0) {
    await book.step("verify-tokens", [LEDGER], {}, async (step) => {
      const outside = await outsideCertificates(files, tsaRoots);
      for (const [name, receipt] of withToken) {
        await step.guard([name], async () => {
          await checkFile(files, fileOf(name), receipt);
          const found = await examineToken(receipt, trust.roots, outside, trust.revocations);
          if (found !== null) stamped.push(found);
        });
      }
      const count = (kind: string): string => String(stamped.filter((one) => one.authority === kind).length);
      Object.assign(step.params, { count: String(stamped.length), own: count("own"), outside: count("outside") });
    });
  }
  await tell(book, stamped, receipts.length - withToken.length, tsaRoots === null);
  const foreign = stamped.filter((one) => one.authority === "own").length < withToken.length;
  const kept = files.names.includes(TIMESTAMP) && foreign ? [TIMESTAMP] : [];
  return [...kept, ...withToken.map(([name]) => fileOf(name))];
}

async function readReceipts(files: Package, leaves: readonly Leaf[]): Promise<ReadonlyArray<readonly [string, Receipt]>> {
  // They were examined with their leaves, so all of them can be read.
  const receipts: (readonly [string, Receipt])[] = [];
  for (const leaf of leaves) {
    const name = bidName(leaf.bid, `${FILES[leaf.kind]}.json`);
    receipts.push([name, parseReceipt(await files.read(name))]);
  }
  return receipts;
}

function fileOf(name: string): string {
  return name.replace(/\.json$/, ".tsr");
}

async function checkFile(files: Package, file: string, { token }: Receipt): Promise<void> {
  if (token === null || !files.names.includes(file)) return;
  if (!equal(await files.read(file), tokenFile(token))) throw new BidError("token-file", { file });
}

/** Roots and intermediates of outside authorities; with the reader's own roots none of the package's. */
async function outsideCertificates(files: Package, tsaRoots: Bytes | null): Promise<readonly X509[]> {
  const own = tsaRoots === null ? [] : refusing("--tsa-roots", () => loadPem(tsaRoots));
  if (!files.names.includes(TIMESTAMP)) return own;
  const pem = await files.read(TIMESTAMP);
  const theirs = refusing(TIMESTAMP, () => loadPem(pem));
  return [...own, ...theirs.filter((one) => tsaRoots === null || !sameName(one.subject, one.issuer))];
}

/** What the time-stamps leave open. */
async function tell(book: Book, stamped: readonly Stamped[], without: number, vouched: boolean): Promise<void> {
  if (without > 0) await book.note("verify-tokens-without", [LEDGER], { count: without });
  const unrooted = stamped.filter((one) => one.authority === "unrooted").length;
  if (unrooted > 0) await book.note("verify-tokens-unrooted", [LEDGER], { count: unrooted });
  if (vouched && stamped.some((one) => one.authority === "outside")) await book.note("verify-tokens-package", [TIMESTAMP]);
  const late = stamped.map((one) => one.late).filter((one) => one > 0n);
  if (late.length === 0) return;
  const most = late.reduce((one, other) => (one > other ? one : other));
  await book.note("verify-tokens-late", [LEDGER], { count: late.length, minutes: String((most + MINUTE - 1n) / MINUTE) });
}
