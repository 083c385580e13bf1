"""Prices from spreadsheets, read in the page: what other people's writers make, and what is wrong with it."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from signing.encoding import b64encode
from tests.bids_factory import World
from tests.typescript.node import Node

NOTICE = b64encode(World(13).tender(items=4).notice.raw)
ROWS = [
    ["No.", "Item", "Unit price"],
    ["1", '挖土方 <&> "x"\n两行', "12.5"],
    ["2", "b, c\td", "1,234.50"],
    ["3", "", ".95"],
    ["4", "d", "0.1"],
]


def workbook(rows: list[list[Any]], zipped: int = zipfile.ZIP_DEFLATED) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("另一张").append(["nothing"])
    out = io.BytesIO()
    book.save(out)
    if zipped == zipfile.ZIP_DEFLATED:
        return out.getvalue()
    again = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(again, "w", zipped) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return again.getvalue()


def cells(node: Node, data: bytes, name: str = "报价.xlsx") -> Any:
    return node.ask("sheet.file", name=name, bytes=b64encode(data))


@pytest.mark.parametrize("zipped", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_workbooks(node: Node, zipped: int) -> None:
    assert cells(node, workbook(ROWS, zipped)) == ROWS


def test_numbers_in_workbooks_are_those_shown(node: Node) -> None:
    numbers = [12.5, 0.1 + 0.2, 1e-7, 123456789012345, 1e15, -3, 0, 48.2, 1 / 3, 1.23e20, 100, 1203.40]
    told = cells(node, workbook([[number] for number in numbers]))
    shown = [row[0] for row in told]
    assert shown == [
        "12.5", "0.3", "0.0000001", "123456789012345", "1000000000000000", "-3", "0", "48.2",
        "0.333333333333333", "123000000000000000000", "100", "1203.4",
    ]  # fmt: skip


def test_workbooks_by_the_server_s_reader(node: Node) -> None:
    """Gaps, formulas' results, booleans and empty rows are where calamine finds them."""
    book = Workbook()
    sheet = book.active
    sheet["B2"], sheet["AA3"], sheet["C5"] = "序号", "far", 7
    sheet["D5"] = True
    out = io.BytesIO()
    book.save(out)
    mine = cells(node, out.getvalue())
    theirs = (
        CalamineWorkbook.from_filelike(io.BytesIO(out.getvalue()))
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
    )
    for line, row in enumerate(theirs):
        for column, value in enumerate(row):
            found = mine[line][column] if line < len(mine) and column < len(mine[line]) else ""
            shown = {7.0: "7", True: "1"}.get(value, value) if not isinstance(value, bool) else "1"
            assert found == shown, (line, column)


@pytest.mark.parametrize("data", [b"PK", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(100)])
def test_what_is_no_workbook(node: Node, data: bytes) -> None:
    assert cells(node, data)[0].startswith("无法读取此工作簿")


def test_a_workbook_cut_or_altered_anywhere_is_refused_or_read(node: Node) -> None:
    data = workbook(ROWS)
    for cut in range(0, len(data), 97):
        told = cells(node, data[:cut] or b"PK")
        assert isinstance(told, list)
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, bytes(80 << 20) if name.endswith("sheet1.xml") else old.read(name))
    assert cells(node, bomb.getvalue())[0].startswith("无法读取此工作簿")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("dialect", ["excel", "excel-tab"])
def test_csv(node: Node, encoding: str, dialect: str) -> None:
    text = io.StringIO()
    csv.writer(text, dialect).writerows(ROWS)
    assert cells(node, text.getvalue().encode(encoding), "报价.csv") == ROWS


def test_other_files(node: Node) -> None:
    assert cells(node, b"\xd0\xcf\x11\xe0", "old.xls")[1].startswith("Save it as XLSX")
    assert cells(node, b"\xff\xff\xff", "a.csv")[1].startswith("Its encoding")


CELL = st.text('ab,"\n\r 序1.', max_size=4)


@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=3), min_size=1, max_size=4))
def test_any_csv(node: Node, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    assert node.ask("sheet.text", text=text.getvalue()) == rows


def prices(node: Node, rows: list[list[str]]) -> Any:
    return node.ask("sheet.prices", notice=NOTICE, rows=rows)


def test_prices_by_titles(node: Node) -> None:
    told = prices(node, ROWS)
    assert told["prices"] == {"1": "12.5", "2": "1234.50", "3": "0.95", "4": "0.1"}
    assert told["wrong"] == told["missing"] == []
    chinese = [
        ["工程量清单"],
        ["项号", "名称", "综合单价（元）"],
        ["1", "x", "￥１２．５"],
        ["合计", "", "99"],
    ]
    told = prices(node, chinese[1:])
    assert told["prices"] == {"1": "12.5"} and told["missing"] == ["2", "3", "4"] and not told["wrong"]


def test_prices_without_titles(node: Node) -> None:
    assert prices(node, [["1", "x", "2.5"], ["2", "y", "3"]])["prices"] == {"1": "2.5", "2": "3"}
    assert prices(node, [["2.5"], ["3"], ["004"], ["5元"]])["prices"] == {
        "1": "2.5",
        "2": "3",
        "3": "4",
        "4": "5",
    }


def test_what_is_wrong_is_told_by_cell(node: Node) -> None:
    told = prices(
        node,
        [["No.", "Unit price"], ["1", "abc"], ["9", "1"], ["2", "-1"], ["2", "1"], ["3", "1.123456789"],
         ["4", "1,2"]],
    )  # fmt: skip
    assert [zh.partition("：")[0] for zh, _ in told["wrong"]] == ["B2", "A3", "B4", "B5", "B6", "B7"]
    assert [en for _, en in told["wrong"]][:4] == [
        "B2: a number like 1234.50 is wanted, not “abc”.",
        "A3: the bill has no item “9”.",
        "B4: a price cannot be negative, not “-1”.",
        "B5: item “2” has a price in B4 already.",
    ]
    assert told["prices"] == {}
    assert prices(node, [["1"], ["2"], ["3"], ["4"], ["5"]])["wrong"][0][1].startswith(
        "A5: the bill has 4 items"
    )
    assert prices(node, [])["wrong"][0][1].startswith("No price was found")
