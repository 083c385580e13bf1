// The bill of quantities as a form: amounts and the total as you type, prices from spreadsheets and pasted cells.
import { BidError } from "../bids/errors";
import { formatAmount } from "../bids/money";
import type { Item, Notice } from "../bids/notice";
import { amountOf, totalSoFar, type Announced } from "../bids/offer";
import { readFile, readPrices, readText } from "../bids/prices";
import { byId, h } from "./dom";
import { grouped, sentence, t } from "./words";

/** What was typed, as it is kept for the next visit. */
export interface Draft {
  readonly prices: ReadonlyArray<readonly [string, string]>;
  readonly delivery: string;
  readonly words: string;
  readonly quality: string;
}

interface Row {
  readonly item: Item;
  readonly input: HTMLInputElement;
  readonly amount: HTMLElement;
}

/** The days typed, undefined for none; null, with the field shown, for what is no whole number of them. */
export function daysIn(input: HTMLInputElement): number | undefined | null {
  const days = input.value.normalize("NFKC").trim();
  const fits = /^\d{0,5}$/.test(days) && Number(days) <= 36_500;
  input.classList.toggle("is-invalid", !fits);
  input.setAttribute("aria-invalid", String(!fits));
  if (!fits) {
    input.focus();
    return null;
  }
  return days === "" ? undefined : Number(days);
}

/** The table of prices and what is announced beside them. */
export class PriceForm {
  private readonly rows: readonly Row[];
  private readonly delivery = byId<HTMLInputElement>("delivery");
  private readonly words = byId<HTMLInputElement>("words");
  private readonly quality = byId<HTMLTextAreaElement>("quality");
  private readonly said = byId("sheet-said");

  /** `changed` is told of every change. */
  constructor(private readonly notice: Notice, private readonly changed: () => void) {
    const items = new Map(notice.items.map((item) => [item.number, item]));
    this.rows = Array.from(document.querySelectorAll<HTMLInputElement>("input.price"), (input) => {
      const item = items.get(input.dataset["number"] ?? "");
      if (item === undefined) throw new BidError("offer-item-unknown", { item: input.dataset["number"] ?? "" });
      return { item, input, amount: input.closest("tr")?.querySelector(".amount") as HTMLElement };
    });
    if (this.rows.length !== notice.items.length) throw new BidError("offer-item-order");
    for (const row of this.rows) {
      row.input.addEventListener("input", () => {
        this.compute(row);
        this.total();
        changed();
      });
      row.input.addEventListener("paste", (event) => this.pasted(event, row));
    }
    for (const field of [this.delivery, this.words, this.quality]) field.addEventListener("input", changed);
    const sheet = byId<HTMLInputElement>("sheet");
    const read = (): void => {
      const [file] = sheet.files ?? [];
      if (file !== undefined) void this.fromFile(file);
    };
    sheet.addEventListener("change", read);
    // What was typed or chosen while the page still loaded counts.
    for (const row of this.rows) this.compute(row);
    this.total();
    read();
  }

  get draft(): Draft {
    return {
      prices: this.rows.flatMap(({ item, input }) => (input.value === "" ? [] : [[item.number, input.value] as const])),
      delivery: this.delivery.value, words: this.words.value, quality: this.quality.value,
    };
  }

  set draft(draft: Draft) {
    this.fill(new Map(draft.prices));
    this.delivery.value = draft.delivery;
    this.words.value = draft.words;
    this.quality.value = draft.quality;
  }

  /** Prices as typed, by item; null, with the field shown, if one is missing or no price. */
  get prices(): ReadonlyMap<string, string> | null {
    const wrong = this.rows.filter((row) => !this.compute(row, true));
    wrong[0]?.input.focus();
    return wrong.length > 0 ? null : new Map(this.rows.map(({ item, input }) => [item.number, plain(input.value)]));
  }

  /** What is announced beside the prices; null, with the field shown, if the days are no whole number. */
  get announced(): Announced | null {
    const days = daysIn(this.delivery);
    if (days === null) return null;
    const words = this.words.value.trim();
    const quality = this.quality.value.replace(/\r\n?/g, "\n").trim();
    return {
      ...(days === undefined ? {} : { delivery_days: days }),
      ...(words === "" ? {} : { total_in_words: words }),
      ...(quality === "" ? {} : { quality }),
    };
  }

  /** Show a row's amount; whether it has a price. What is typed is not called wrong before it is `asked` for. */
  private compute({ item, input, amount }: Row, asked = false): boolean {
    const { digits } = this.notice;
    const value = plain(input.value);
    let fits = true;
    try {
      amount.textContent = value === "" ? "–" : grouped(formatAmount(amountOf(item, value, digits), digits));
      fits = value !== "";
    } catch (error) {
      if (!(error instanceof BidError)) throw error;
      amount.textContent = t("不是数字", "no number");
      fits = false;
    }
    const shown = !fits && (asked || value !== "");
    input.classList.toggle("is-invalid", shown);
    input.setAttribute("aria-invalid", String(shown));
    return fits;
  }

  private total(): void {
    const typed = new Map(this.rows.map(({ item, input }) => [item.number, plain(input.value)]));
    const { total, missing } = totalSoFar(this.notice, typed);
    byId("total").textContent = grouped(formatAmount(total, this.notice.digits));
    byId("missing").textContent = missing === 0 ? "" : t(`（还差 ${missing} 项单价）`, `(${missing} prices missing)`);
  }

  private fill(prices: ReadonlyMap<string, string>): void {
    for (const row of this.rows) {
      row.input.value = prices.get(row.item.number) ?? row.input.value;
      this.compute(row);
    }
    this.total();
  }

  /** Cells pasted into a price: into this field and those below, or by number if there are more columns. */
  private pasted(event: ClipboardEvent, row: Row): void {
    const cells = readText(event.clipboardData?.getData("text/plain") ?? "").filter((one) => one.some((cell) => cell !== ""));
    if (cells.length <= 1 && (cells[0]?.length ?? 0) <= 1) return;
    event.preventDefault();
    if (cells.some((one) => one.length > 1)) {
      this.take(cells);
      return;
    }
    const below = this.rows.slice(this.rows.indexOf(row));
    const column = { ...this.notice, items: below.map(({ item }) => item) };
    this.take(cells, column);
  }

  private async fromFile(file: File): Promise<void> {
    try {
      this.take(await readFile(file));
    } catch (error) {
      this.said.replaceChildren(h("p", { class: "wrong" }, sentence(error)));
    }
  }

  private take(cells: string[][], notice = this.notice): void {
    const { prices, wrong, missing } = readPrices(cells, notice);
    this.fill(prices);
    this.changed();
    const told = t(
      `已读入 ${prices.size} 项单价。${missing.length > 0 ? `表中没有的 ${missing.length} 项未改动。` : ""}`,
      `${prices.size} prices read.${missing.length > 0 ? ` The ${missing.length} items that the table lacks are as they were.` : ""}`,
    );
    const faults = wrong.slice(0, 50).map((both) => h("li", {}, t(...both)));
    this.said.replaceChildren(
      ...(prices.size > 0 ? [h("p", { class: "quiet mb-1" }, told)] : []),
      ...(faults.length > 0 ? [h("ul", { class: "wrong" }, ...faults)] : []),
    );
  }
}

const plain = (typed: string): string => typed.normalize("NFKC").trim();
