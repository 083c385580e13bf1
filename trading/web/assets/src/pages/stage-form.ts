// What a bidder gives in a segment that opens before the prices: an announcement, and attachments of its own.
import type { Contents } from "../bids/envelope";
import type { Notice } from "../bids/notice";
import { buildAnnouncement } from "../bids/offer";
import { AttachmentList } from "./attachments";
import { byId } from "./dom";
import { daysIn } from "./prices";

/** What is typed, as it is kept over a reload; chosen files are not. */
export interface StageDraft {
  readonly days: string;
  readonly quality: string;
}

export class StageForm {
  private readonly files: AttachmentList;
  private readonly days: HTMLInputElement;
  private readonly quality: HTMLTextAreaElement;

  /** `changed` is told of every change. */
  constructor(readonly segment: string, changed: () => void) {
    this.files = new AttachmentList(`-${segment}`);
    this.days = byId(`delivery-${segment}`);
    this.quality = byId(`quality-${segment}`);
    for (const field of [this.days, this.quality]) field.addEventListener("input", changed);
  }

  get draft(): StageDraft {
    return { days: this.days.value, quality: this.quality.value };
  }

  set draft({ days, quality }: StageDraft) {
    this.days.value = days;
    this.quality.value = quality;
  }

  /** What goes into the segment; null, with the field shown, if the days are no whole number. */
  contents(notice: Notice): Contents | null {
    const days = daysIn(this.days);
    if (days === null) return null;
    const quality = this.quality.value.replace(/\r\n?/g, "\n").trim();
    const announced = { ...(days === undefined ? {} : { delivery_days: days }), ...(quality === "" ? {} : { quality }) };
    return { offer: buildAnnouncement(notice, announced), attachments: this.files.attachments };
  }
}

/** One for each segment before the last. */
export function stageForms(notice: Notice, changed: () => void): readonly StageForm[] {
  return notice.policy.segmentNames.slice(0, -1).map((segment) => new StageForm(segment, changed));
}
