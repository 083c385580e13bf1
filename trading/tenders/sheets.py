"""Bills of quantities from spreadsheets: XLSX, CSV, or pasted cells; what is wrong is told by cell."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from zipfile import BadZipFile

from python_calamine import CalamineError, CalamineWorkbook

from bids.money import decimal_problem
from trading.web.forms import Both, tidy

MOST_ROWS = 10_000
MOST_BYTES = 5 * 1024 * 1024

_COLUMNS = ("number", "code", "description", "unit", "quantity")
TITLES = {
    "number": Both("序号", "No."),
    "code": Both("编码", "Code"),
    "description": Both("项目", "Item"),
    "unit": Both("单位", "Unit"),
    "quantity": Both("数量", "Quantity"),
}
# What people call these columns, beside the titles above.
_NAMES = {
    "number": {"序号", "编号", "项号", "no", "no.", "number", "item no.", "#"},
    "code": {"编码", "项目编码", "清单编码", "code", "item code"},
    "description": {"项目", "名称", "项目名称", "描述", "项目特征", "item", "description", "name"},
    "unit": {"单位", "计量单位", "unit"},
    "quantity": {"数量", "工程量", "quantity", "qty"},
}
_LENGTHS = {"number": (1, 64), "code": (0, 64), "description": (1, 2000), "unit": (0, 64)}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Bill:
    """Items as the API wants them, and what is wrong, by cell."""

    items: list[dict[str, str]]
    wrong: list[Both]


class SheetError(Exception):
    """The file is no spreadsheet that can be read; `said` in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Both(zh, en)


def read_file(name: str, data: bytes) -> list[list[str]]:
    """The cells of the first sheet, as text.

    Raises:
        SheetError: too large, or neither XLSX nor CSV.
    """
    if len(data) > MOST_BYTES:
        size = MOST_BYTES // 1024 // 1024
        raise SheetError(f"文件超过 {size} MiB。请拆分标段。", f"Larger than {size} MiB. Split the tender.")
    if data.startswith(b"PK"):
        return _workbook(data)
    if name.lower().endswith((".xls", ".ods")):
        raise SheetError("请另存为 XLSX 或 CSV 后上传。", "Save it as XLSX or CSV, then upload it.")
    # Excel writes CSV in the machine's own encoding, which in China is GB 18030.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return read_text(text)
    raise SheetError(
        "无法识别此文件的编码。请另存为 XLSX 或 UTF-8 的 CSV。",
        "Its encoding is not known. Save it as XLSX, or as CSV in UTF-8.",
    )


def read_text(text: str) -> list[list[str]]:
    """Cells pasted from a spreadsheet (tabs) or written as CSV."""
    dialect = csv.excel_tab if "\t" in text else csv.excel
    try:
        return [list(row) for row in csv.reader(io.StringIO(text), dialect)][: MOST_ROWS + 2]
    except csv.Error:
        raise SheetError(
            "这不是表格。每行一项，各列以制表符或逗号分隔。",
            "This is no table. One item a line, columns parted by tabs or commas.",
        ) from None


def _workbook(data: bytes) -> list[list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = book.get_sheet_by_index(0).to_python(nrows=MOST_ROWS + 2)
    except (CalamineError, BadZipFile, OSError, ValueError, IndexError):
        raise SheetError(
            "无法读取此工作簿。请另存为 XLSX 后重试。", "This workbook cannot be read. Save it as XLSX again."
        ) from None
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: object) -> str:
    if isinstance(value, float):
        # A spreadsheet keeps 15 digits; more are the binary fraction's.
        return format(Decimal(f"{value:.15g}").normalize(), "f")
    return "" if value is None else str(value)


def read_bill(rows: list[list[str]]) -> Bill:
    """Items from cells: by a first row of titles, else in the order number, code, item, unit, quantity."""
    rows = [[_clean(cell) for cell in row] for row in rows]
    wrong: list[Both] = []
    start = next((index for index, row in enumerate(rows) if any(row)), len(rows))
    columns = _columns(rows[start]) if start < len(rows) else None
    if columns is None:
        columns = {name: index for index, name in enumerate(_COLUMNS)}
    else:
        start += 1
    items: list[dict[str, str]] = []
    seen: dict[str, int] = {}
    for line, row in enumerate(rows[start:], start + 1):
        if not any(row):
            continue
        item = {name: row[at] if at < len(row) else "" for name, at in columns.items()}
        item = {name: item.get(name, "") for name in _COLUMNS}
        item["quantity"] = _plain(item["quantity"])
        wrong += _wrong_in(item, line)
        if item["number"] in seen and item["number"]:
            wrong.append(
                Both(
                    f"第 {line} 行：序号“{item['number']}”与第 {seen[item['number']]} 行重复。",
                    f"Row {line}: number “{item['number']}” stands in row {seen[item['number']]} already.",
                )
            )
        seen.setdefault(item["number"], line)
        items.append(item)
    if not items:
        wrong.append(Both("清单中没有任何项目。", "There is no item."))
    if len(items) > MOST_ROWS:
        wrong.append(
            Both(f"最多 {MOST_ROWS} 项。请拆分标段。", f"At most {MOST_ROWS} items. Split the tender.")
        )
    return Bill(items, wrong)


def write_text(items: list[dict[str, str]], lang: str) -> str:
    """Items as cells to be pasted, with titles."""
    text = io.StringIO()
    rows = csv.writer(text, csv.excel_tab, lineterminator="\n")
    rows.writerow(TITLES[name][lang != "zh"] for name in _COLUMNS)
    rows.writerows([item[name] for name in _COLUMNS] for item in items)
    return text.getvalue().rstrip("\n")


def _clean(cell: str) -> str:
    return _UNPRINTABLE.sub(" ", tidy(cell.replace("\n", " ").replace("\r", " "))).strip()


def _columns(row: list[str]) -> dict[str, int] | None:
    found: dict[str, int] = {}
    for index, cell in enumerate(row):
        for name, words in _NAMES.items():
            if cell.casefold() in words and name not in found:
                found[name] = index
    return found if {"description", "quantity"} <= found.keys() else None


def _plain(quantity: str) -> str:
    """Without the commas of thousands, and without superfluous zeros in front."""
    plain = quantity.replace(",", "").replace(" ", "")
    return re.sub(r"^0+(?=\d)", "", plain)


def _wrong_in(item: dict[str, str], line: int) -> list[Both]:
    wrong = []
    for name, (least, most) in _LENGTHS.items():
        title = TITLES[name]
        if len(item[name]) < least:
            wrong.append(Both(f"第 {line} 行“{title.zh}”为空。", f"Row {line}, {title.en}: empty."))
        elif len(item[name]) > most:
            wrong.append(
                Both(
                    f"第 {line} 行“{title.zh}”超过 {most} 个字。",
                    f"Row {line}, {title.en}: more than {most} characters.",
                )
            )
    if decimal_problem(item["quantity"]) or not any(digit in item["quantity"] for digit in "123456789"):
        wrong.append(
            Both(
                f"第 {line} 行“数量”应为大于零的数，现在是“{item['quantity'][:40]}”。",
                f"Row {line}, Quantity: a number above zero is wanted, not “{item['quantity'][:40]}”.",
            )
        )
    return wrong
