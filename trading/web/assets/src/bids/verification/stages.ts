// The agency's stage statements: that a later segment opened only for the bids it admitted.
import type { Entry } from "../entries";
import { BidError } from "../errors";
import { LOG_ENTRIES } from "../package";
import { bidsOf, type CheckedClosing } from "../releases";
import { checkStage, parseStage, type CheckedStage } from "../stages";
import type { Trust } from "../trust";
import type { Book } from "./findings";
import { agencyStatement, checkDigest, type Log } from "./log";
import type { Opened } from "./opened";

/** A stage statement that holds, and its entry in the log. */
export interface Stated {
  readonly checked: CheckedStage;
  readonly entry: Entry;
}

/**
 * The stage statement for the segment at `place` on what was `opened` in the one before it, where `before` said which
 * bids were. The agency signed it; the log has it once, after that opening; each bid that was opened is admitted or
 * rejected.
 */
export async function checkAdmission(
  book: Book, trust: Trust, log: Log, checked: CheckedClosing, place: number, opened: Opened, before: CheckedStage | null,
): Promise<Stated | null> {
  const { policy, notice, closing } = checked;
  const segment = policy.segmentNames[place] ?? "";
  const found: Stated[] = [];
  await book.step("verify-stage", [LOG_ENTRIES], { segment }, async (step) => {
    const entry = log.nth("tender.admitted", place - 1, policy.segments.length - 1);
    const stage = parseStage(await agencyStatement(trust, "stage", entry, notice));
    checkDigest(entry, "stage", stage.digest);
    const bids = bidsOf(checked, opened.segment, before);
    const held = checkStage(stage, segment, opened.record, bids, notice, closing.digest);
    if (log.before(entry, "tender.opened").length < place) throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
    found.push({ checked: held, entry });
    step.params["count"] = String(stage.admitted.length);
    step.params["rejected"] = String(stage.rejections.size);
  });
  return found[0] ?? null;
}
