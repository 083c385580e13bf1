// The notice, the notices it replaced, and that the log has published just these, in this order.
import { checkChain } from "../amendments";
import { BidError } from "../errors";
import { PUBLISHING_ACTS, examineNotice } from "../examination";
import type { Notice } from "../notice";
import { LOG_ENTRIES, NOTICE, NOTICE_SIGNATURE, noticeNames, type Package } from "../package";
import type { Trust } from "../trust";
import type { Book } from "./findings";
import { checkDigest, type Log } from "./log";

const MOST = 1000; // notices of one tender

/**
 * The notices, the one in force first.
 *
 * 1. `notice.json` is signed by the buyer it names, enrolled as an agency, for the evidence's tender. 2. Each notice it
 * replaces, and so on, is there under its digest, signed by the same buyer, and could be replaced by the next. 3. The
 * log published each of them, in order, before the closing.
 */
export async function checkNotices(
  files: Package, book: Book, trust: Trust, log: Log, tender: string | null,
): Promise<readonly [Notice, ...Notice[]] | null> {
  const chain: Notice[] = [];
  const signed = [NOTICE, NOTICE_SIGNATURE];
  await book.step("verify-notice-signed", signed, {}, (step) =>
    step.guard(signed, async () => {
      const [raw, signature] = [await files.read(NOTICE), await files.read(NOTICE_SIGNATURE)];
      const { notice } = await examineNotice(raw, signature, trust);
      if (tender !== null && notice.tender !== tender) throw new BidError("notice-other-tender", { file: NOTICE });
      chain.push(notice);
      step.params["buyer"] = notice.buyer.name;
    }),
  );
  const [first, ...others] = chain;
  if (first === undefined) {
    await book.note("verify-skipped", [NOTICE]);
    return null;
  }
  const found: [Notice, ...Notice[]] = [first, ...others];
  await book.step("verify-notices-earlier", [NOTICE], {}, async (step) => {
    for (;;) {
      const last = found.at(-1) as Notice;
      const { replaces } = last;
      if (replaces === null || step.reasons.length > 0) break;
      await step.guard(noticeNames(replaces), async () => void found.push(await earlierNotice(files, trust, last, replaces)));
      if (found.length > MOST) throw new BidError("notices-too-many", { limit: MOST });
    }
    step.params["count"] = String(found.length - 1);
    if (step.reasons.length === 0) await checkChain(found);
  });
  await book.step("verify-notices-logged", [LOG_ENTRIES, NOTICE], {}, () => checkLogged(log, found));
  if (!first.policy.independent) await book.note("verify-not-independent", [NOTICE]);
  if (first.sandbox) await book.note("verify-sandbox", [NOTICE]);
  return found;
}

async function earlierNotice(files: Package, trust: Trust, later: Notice, sha256: string): Promise<Notice> {
  const [name, signatureName] = noticeNames(sha256);
  const { notice } = await examineNotice(await files.read(name), await files.read(signatureName), trust, name);
  if (notice.digest !== sha256) throw new BidError("package-digest", { file: name });
  if (notice.tender !== later.tender || notice.buyer.id !== later.buyer.id) {
    throw new BidError("notice-other-tender", { file: name });
  }
  return notice;
}

function checkLogged(log: Log, chain: readonly Notice[]): void {
  const entries = log.of(...PUBLISHING_ACTS);
  if (entries.length !== chain.length) {
    throw new BidError("notices-logged", { entries: entries.length, notices: chain.length, file: LOG_ENTRIES });
  }
  const oldestFirst = [...chain].reverse();
  for (const [place, entry] of entries.entries()) {
    const notice = oldestFirst[place] as Notice;
    if (entry.act !== PUBLISHING_ACTS[place === 0 ? 0 : 1]) {
      throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
    }
    checkDigest(entry, "notice", notice.digest);
    checkDigest(entry, "policy", notice.policy.digest);
  }
  const [closed] = log.of("tender.closed");
  const last = entries.at(-1);
  if (closed !== undefined && last !== undefined && log.position(last) > log.position(closed)) {
    throw new BidError("entry-order", { act: last.act, file: LOG_ENTRIES });
  }
}
