// Unit prices from spreadsheets: XLSX, CSV, or pasted cells; what is wrong is told by cell. Nothing leaves the page.
import { decimalProblem } from "./money";
import type { Notice } from "./notice";
import { WorkbookError, columnName, readWorkbook } from "./workbook";

/** A sentence in Chinese and English. */
export type Both = readonly [zh: string, en: string];

/** Prices by item number, what is wrong by cell, and the items without a price. */
export interface Prices {
  readonly prices: ReadonlyMap<string, string>;
  readonly wrong: readonly Both[];
  readonly missing: readonly string[];
}

/** The file is no spreadsheet that can be read. */
export class SheetError extends Error {
  constructor(readonly said: Both) {
    super(said[1]);
  }
}

const MOST_ROWS = 10_100;
const MOST_BYTES = 20 * 1024 * 1024;
const NUMBERS = new Set(["序号", "编号", "项号", "no", "no.", "number", "item no.", "item", "#"]);
const PRICES = new Set(["单价", "综合单价", "投标单价", "报价", "unit price", "unit_price", "price", "rate"]);

/** The cells of a file's first sheet. */
export async function readFile(file: File): Promise<string[][]> {
  if (file.size > MOST_BYTES) throw new SheetError(["文件超过 20 MiB。", "The file is larger than 20 MiB."]);
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (start[0] === 0x50 && start[1] === 0x4b) {
    try {
      return await readWorkbook(file, MOST_ROWS);
    } catch (error) {
      if (!(error instanceof WorkbookError)) throw error;
      throw new SheetError(["无法读取此工作簿。请另存为 XLSX 后重试。", "This workbook cannot be read. Save it as XLSX again."]);
    }
  }
  if (/\.(?:xls|ods)$/i.test(file.name)) {
    throw new SheetError(["请另存为 XLSX 或 CSV 后再选。", "Save it as XLSX or CSV, then choose it again."]);
  }
  const data = await file.arrayBuffer();
  // Excel writes CSV in the machine's own encoding, which in China is GB 18030.
  for (const encoding of ["utf-8", "gb18030"]) {
    try {
      return readText(new TextDecoder(encoding, { fatal: true }).decode(data));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  throw new SheetError([
    "无法识别此文件的编码。请另存为 XLSX 或 UTF-8 的 CSV。",
    "Its encoding is not known. Save it as XLSX, or as CSV in UTF-8.",
  ]);
}

/** Cells pasted from a spreadsheet (tabs) or written as CSV. */
export function readText(text: string): string[][] {
  const [first = ""] = text.split(/[\r\n]/, 1);
  const separator = first.includes("\t") || (!first.includes(",") && text.includes("\t")) ? "\t" : ",";
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length && rows.length < MOST_ROWS) {
    let cell = "";
    if (text[at] === '"') {
      let end = at + 1;
      while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1;
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    const rest = /[^\t,\r\n]*/y;
    for (;;) {
      rest.lastIndex = at;
      const plain = rest.exec(text)?.[0] ?? "";
      cell += plain;
      at += plain.length;
      const next = text[at];
      if (next === undefined || next === separator || next === "\r" || next === "\n") break;
      cell += next; // the other separator is a letter like others
      at += 1;
    }
    row.push(cell);
    if (text[at] === separator) {
      at += 1;
      if (at < text.length && text[at] !== "\r" && text[at] !== "\n") continue;
      row.push("");
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at += 1;
    at += 1;
    rows.push(row);
    row = [];
  }
  return rows;
}

const tidy = (cell: string): string => cell.normalize("NFKC").replace(/\s+/g, " ").trim();

/** Without currency sign, the commas of thousands and superfluous zeros in front. */
function plainPrice(cell: string): string {
  const bare = cell.replace(/^[¥￥$€]\s*/, "").replace(/\s*元$/, "");
  const grouped = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(bare) ? bare.replaceAll(",", "") : bare;
  return grouped.replace(/^0+(?=\d)/, "").replace(/^(?=\.\d)/, "0");
}

/** Prices from cells: by a first row of titles, else number and price; a single column goes by the items' order. */
export function readPrices(given: readonly (readonly string[])[], notice: Notice): Prices {
  const rows = given.map((row) => row.map(tidy));
  const wrong: Both[] = [];
  const prices = new Map<string, string>();
  const where = new Map<string, string>();
  const known = new Set(notice.items.map((item) => item.number));
  let start = rows.findIndex((row) => row.some((cell) => cell !== ""));
  if (start < 0) start = rows.length;
  const place = columns(rows[start] ?? []);
  if (place.titled) start += 1;
  const inOrder = place.number < 0;
  let next = 0;
  rows.slice(start).forEach((row, at) => {
    const line = start + at + 1;
    if (!row.some((cell) => cell !== "")) return;
    const price = row[place.price] ?? "";
    const cell = `${columnName(place.price)}${line}`;
    const number = inOrder ? (notice.items[next]?.number ?? "") : (row[place.number] ?? "");
    next += 1;
    if (inOrder && number === "") {
      wrong.push([`${cell}：清单只有 ${notice.items.length} 项，多出的价格没有对应项目。`,
        `${cell}: the bill has ${notice.items.length} items; this price belongs to none.`]);
      return;
    }
    if (!known.has(number)) {
      if (number === "" && price === "") return;
      if (/合计|总计|小计|total/i.test(row.join(" "))) return; // a line of sums
      const own = `${columnName(place.number)}${line}`;
      wrong.push([`${own}：清单中没有序号“${number}”。`, `${own}: the bill has no item “${number}”.`]);
      return;
    }
    if (price === "") return;
    const before = where.get(number);
    if (before !== undefined) {
      wrong.push([`${cell}：序号“${number}”在 ${before} 已有单价。`, `${cell}: item “${number}” has a price in ${before} already.`]);
      return;
    }
    where.set(number, cell);
    const plain = plainPrice(price);
    const problem = decimalProblem(plain);
    if (problem === null) {
      prices.set(number, plain);
    } else {
      wrong.push([`${cell}：${PROBLEMS[problem]?.[0] ?? "单价应为数字"}，现在是“${price.slice(0, 40)}”。`,
        `${cell}: ${PROBLEMS[problem]?.[1] ?? "a number is wanted"}, not “${price.slice(0, 40)}”.`]);
    }
  });
  if (prices.size === 0 && wrong.length === 0) {
    wrong.push(["没有找到任何单价。表中应有“序号”和“单价”两列。", "No price was found. The table should have the columns “No.” and “Unit price”."]);
  }
  const missing = notice.items.map((item) => item.number).filter((number) => !where.has(number));
  return { prices, wrong, missing };
}

const PROBLEMS: Readonly<Record<string, Both>> = {
  "number-negative": ["单价不能为负数", "a price cannot be negative"],
  "number-absurd": ["单价至多 15 位整数、8 位小数", "a price has at most 15 digits before and 8 after the point"],
  "number-form": ["单价应为数字，如 1234.50", "a number like 1234.50 is wanted"],
};

function columns(row: readonly string[]): { readonly number: number; readonly price: number; readonly titled: boolean } {
  const words = row.map((cell) => cell.toLowerCase().replace(/[（(].*[)）]$/, "").trim());
  const price = words.findIndex((word) => PRICES.has(word));
  if (price >= 0) return { number: words.findIndex((word) => NUMBERS.has(word)), price, titled: true };
  const filled = row.flatMap((cell, at) => (cell === "" ? [] : [at]));
  const [first = 0] = filled;
  return filled.length <= 1 ? { number: -1, price: first, titled: false } : { number: first, price: filled.at(-1) ?? 1, titled: false };
}
