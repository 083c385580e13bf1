// The evidence statement, and that the package holds the files it lists, to the byte, and no others.
import { digest } from "../../signing/encoding";
import { byCodePoint } from "../../signing/python";
import type { Statement, VerifiedStatement } from "../../signing/statements";
import { BidError } from "../errors";
import { AWARD_NOTICE, AWARD_REPORT, EVIDENCE, OPENING_RECORD_PDF, isListed, type Package } from "../package";
import type { Trust } from "../trust";
import type { Book } from "./findings";
import { notePlatformLists } from "./revoked";

/**
 * 1. `evidence.json` is signed by the platform. 2. Every file it lists is there and has its digest; every file there
 * is listed, but itself and the log's. Nothing else vouches for the PDFs: without it they fail.
 */
export async function checkEvidence(files: Package, book: Book, trust: Trust): Promise<Statement | null> {
  const found: VerifiedStatement[] = [];
  await book.step("verify-evidence-signed", [EVIDENCE], {}, async () => {
    found.push(await trust.platformStatement("evidence", await files.read(EVIDENCE)));
  });
  const [evidence] = found;
  if (evidence === undefined) {
    await book.step("verify-evidence-files", [], {}, (step) => {
      for (const file of files.names) {
        if ([OPENING_RECORD_PDF, AWARD_REPORT, AWARD_NOTICE].includes(file)) step.fail(new BidError("evidence-unreadable", { file }));
      }
    });
    return null;
  }
  const listed = evidence.statement["files"] as Readonly<Record<string, string>>;
  const names = Object.keys(listed).sort();
  await book.step("verify-evidence-files", [], { count: names.length }, async (step) => {
    for (const name of names) {
      await step.guard([name], async () => {
        if ((await digest(await files.read(name))) !== listed[name]) throw new BidError("package-digest", { file: name });
      });
    }
    for (const file of files.names) {
      if (isListed(file) && !Object.hasOwn(listed, file)) step.fail(new BidError("file-unlisted", { file }));
    }
  });
  await notePlatformLists(book, trust, evidence);
  return evidence;
}

/** The package holds exactly the files that the tender's course asks for. */
export async function checkComplete(files: Package, book: Book, wanted: ReadonlySet<string>): Promise<void> {
  await book.step("verify-complete", [], { count: wanted.size }, (step) => {
    for (const file of Array.from(wanted).sort(byCodePoint)) {
      if (!files.has(file)) step.fail(new BidError("file-missing", { file }));
    }
    for (const file of files.names) if (!wanted.has(file)) step.fail(new BidError("file-unexpected", { file }));
  });
}
