// Reading the first sheet of an XLSX workbook as text, in the page: a ZIP of XML, of which only cells matter.
const MAX_ENTRIES = 10_000;
const MAX_INFLATED = 64 * 1024 * 1024; // bytes of one entry: a bill of 10,000 lines has some 3 MiB
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;

/** The file is no workbook that can be read. */
export class WorkbookError extends Error {}

interface Entry {
  readonly method: number;
  readonly size: number;
  readonly at: number;
}

/** The cells of the first sheet, as text; `rows` is the most that are read. */
export async function readWorkbook(file: Blob, rows: number): Promise<string[][]> {
  const data = new Uint8Array(await file.arrayBuffer());
  const entries = directory(data);
  const text = async (name: string): Promise<string | null> => {
    const entry = entries.get(name);
    return entry === undefined ? null : new TextDecoder("utf-8", { fatal: true }).decode(await inflated(data, entry));
  };
  try {
    const sheet = await text(await firstSheet(text));
    if (sheet === null) throw new WorkbookError("no sheet");
    const strings = sharedStrings((await text("xl/sharedStrings.xml")) ?? "");
    return cellsOf(sheet, strings, rows);
  } catch (error) {
    throw error instanceof WorkbookError ? error : new WorkbookError(String(error));
  }
}

function directory(data: Uint8Array<ArrayBuffer>): Map<string, Entry> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found = new Map<string, Entry>();
  let end = data.length - 22;
  while (end >= 0 && end > data.length - 22 - 0xffff && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0 || view.getUint32(end, true) !== END) throw new WorkbookError("no ZIP");
  try {
    const count = view.getUint16(end + 10, true);
    if (count > MAX_ENTRIES) throw new WorkbookError("too many entries");
    let at = view.getUint32(end + 16, true);
    for (let n = 0; n < count; n += 1) {
      if (view.getUint32(at, true) !== CENTRAL) throw new WorkbookError("a damaged ZIP");
      const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
      const local = view.getUint32(at + 42, true);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const key = new TextDecoder().decode(data.subarray(at + 46, at + 46 + name)).replace(/^\//, "");
      found.set(key, { method: view.getUint16(at + 10, true), size: view.getUint32(at + 20, true), at: start });
      at += 46 + name + extra + comment;
    }
  } catch (error) {
    throw error instanceof WorkbookError ? error : new WorkbookError("a ZIP cut short");
  }
  return found;
}

async function inflated(data: Uint8Array<ArrayBuffer>, entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  const packed = data.subarray(entry.at, entry.at + entry.size);
  if (entry.method === STORED) return packed;
  if (entry.method !== DEFLATED) throw new WorkbookError("packed in another way");
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_INFLATED) {
      await reader.cancel();
      throw new WorkbookError("too large");
    }
    pieces.push(value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

async function firstSheet(text: (name: string) => Promise<string | null>): Promise<string> {
  const book = (await text("xl/workbook.xml")) ?? "";
  const id = Array.from(tags(book)).find((tag) => tag.name === "sheet" && tag.opens)?.attribute("r:id", "id");
  const relations = Array.from(tags((await text("xl/_rels/workbook.xml.rels")) ?? ""));
  const target = relations.find((tag) => tag.attribute("Id") === id)?.attribute("Target");
  if (target === undefined) return "xl/worksheets/sheet1.xml";
  return target.startsWith("/") ? target.slice(1) : `xl/${target}`;
}

interface Tag {
  readonly name: string; // without its prefix
  readonly opens: boolean;
  readonly closes: boolean;
  readonly before: string; // the text in front of it
  attribute(...names: readonly string[]): string | undefined;
}

/** The tags of an XML text in order. What a spreadsheet never has, processing instructions apart, is passed over. */
function* tags(xml: string): Generator<Tag> {
  const pattern = /<(\/?)(?:[\w.-]+:)?([\w.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<!\[CDATA\[([^]*?)\]\]>/g;
  let after = 0;
  let kept = "";
  for (const found of xml.matchAll(pattern)) {
    const [whole, slash, name, attributes = "", empty, literal] = found;
    kept += entities(xml.slice(after, found.index));
    after = found.index + whole.length;
    if (name === undefined) {
      kept += literal ?? "";
      continue;
    }
    yield {
      name,
      opens: slash === "",
      closes: slash !== "" || empty !== "",
      before: kept,
      attribute: (...names) => {
        for (const one of names) {
          const value = new RegExp(`(?:^|\\s)${one}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
          if (value !== null) return entities(value[1] ?? value[2] ?? "");
        }
        return undefined;
      },
    };
    kept = "";
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function entities(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);/g, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = name[1] === "x" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

/** Each string of the table; what is said of its pronunciation is no part of it. */
function sharedStrings(xml: string): string[] {
  const strings: string[] = [];
  let current: string | null = null;
  let spoken = false;
  for (const tag of tags(xml)) {
    if (tag.name === "si") {
      if (tag.opens) current = "";
      if (tag.closes) {
        strings.push(current ?? "");
        current = null;
      }
    } else if (tag.name === "rPh") {
      spoken = tag.opens && !tag.closes;
    } else if (tag.name === "t" && !tag.opens && current !== null && !spoken) {
      current += tag.before;
    }
  }
  return strings;
}

function cellsOf(xml: string, strings: readonly string[], most: number): string[][] {
  const rows: string[][] = [];
  let place: readonly [number, number] = [0, -1];
  let kind = "";
  let value = "";
  for (const tag of tags(xml)) {
    if (tag.name === "row" && tag.opens) {
      place = [Number(tag.attribute("r") ?? place[0] + 1), -1];
    } else if (tag.name === "c") {
      if (tag.opens) {
        place = placeOf(tag.attribute("r")) ?? [Math.max(place[0], 1), place[1] + 1];
        kind = tag.attribute("t") ?? "n";
        value = "";
      }
      const [row, column] = place;
      if (tag.closes && row <= most && column < 16_384) {
        while (rows.length < row) rows.push([]);
        const cells = rows[row - 1] as string[];
        while (cells.length < column) cells.push("");
        cells[column] = kind === "s" ? (strings[Number(value)] ?? "") : kind === "n" ? plainNumber(value) : value;
      }
    } else if ((tag.name === "v" || tag.name === "t") && !tag.opens) {
      value += tag.before;
    }
  }
  return rows;
}

/** Row (from 1) and column (from 0) of a reference like "AB12". */
function placeOf(reference: string | undefined): readonly [number, number] | null {
  const found = /^([A-Z]{1,3})([0-9]{1,7})$/.exec(reference ?? "");
  if (found === null) return null;
  const [, letters = "", digits = ""] = found;
  return [Number(digits), [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1];
}

/** The name of a column (from 0): "A", "AB". */
export function columnName(column: number): string {
  const rest = column % 26;
  return (column >= 26 ? columnName(Math.floor(column / 26) - 1) : "") + String.fromCharCode(65 + rest);
}

/** A number as a spreadsheet shows it: it keeps 15 digits, more are the binary fraction's. */
function plainNumber(text: string): string {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(value.toPrecision(15)) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const split = Math.max(point, 1);
  const before = padded.slice(0, split).replace(/^0+(?=\d)/, "");
  const after = padded.slice(split).replace(/0+$/, "");
  return `${sign}${before}${after === "" ? "" : `.${after}`}`;
}
