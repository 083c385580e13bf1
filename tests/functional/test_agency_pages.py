"""An agency drafts in the browser: forms, spreadsheets, rules while typing, the second person."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import openpyxl
import pytest
from webtest import TestResponse, Upload

from signing.encoding import new_id
from tests.functional.house import House, Who
from tests.functional.test_sign_in import Reader
from trading.accounts.models import Organisation

pytestmark = pytest.mark.one_database

Desk = tuple[Reader, Who]

ITEMS = "序号\t编码\t项目\t单位\t数量\n1\t0301\t路基土方\tm3\t1,200.5\n2\t\t沥青面层\tm2\t3000"


@pytest.fixture(scope="module")
def desk(house: House) -> tuple[Reader, Who]:
    agency = house.enrol("agency")
    reader = Reader(house, "zh")
    reader.settle(reader.invited(["agency"], "起草人", agency.id), "drafter")
    return reader, agency


def typed(custodians: tuple[Who, ...], **changes: Any) -> list[tuple[str, Any]]:
    fields: dict[str, Any] = {
        "project_number": "DM-2027-001",
        "segments": "bid",
        "project_title": "斗门城北道路",
        "title": "道路改造第一标段",
        "category": "works",
        "rules": "cn-works",
        "currency": "CNY",
        "estimate": "1,200,000",
        "ceiling": "",
        "deadline": "2030-12-31T14:00",
        "threshold": "2",
        "minimum_bidders": "",
        "items": ITEMS,
        **changes,
    }
    chosen = [("custodian", each.id) for each in custodians]
    return [*fields.items(), *chosen, *((f"role-{each.id}", "notary") for each in custodians)]


def send(reader: Reader, path: str, fields: list[tuple[str, Any]], status: int) -> TestResponse:
    token = ("csrf_token", reader.token("/agency/tenders/new"))
    return reader.app.post(path, [token, *fields], headers=reader.headers, status=status)


def test_a_draft_is_saved_and_changed(desk: Desk, custodians: tuple[Who, ...]) -> None:
    reader, _ = desk
    page = send(reader, "/agency/tenders/new", typed(custodians), 303).follow(headers=reader.headers)
    assert "道路改造第一标段" in page.text and "1,200.5" in page.text and "等待保管人交来密钥" in page.text
    assert "1,200,000.00" in page.text and "2030年12月31日 14:00" in page.text
    address = page.request.path
    form = reader.get(address + "/draft").text
    assert 'value="DM-2027-001"' in form and "2030-12-31T14:00" in form
    changed = send(reader, address + "/draft", typed(custodians, title="改名后的标段"), 303)
    assert "改名后的标段" in changed.follow(headers=reader.headers).text
    assert "改名后的标段" in reader.get("/agency/tenders").text


def test_what_is_wrong_is_told_by_cell_and_kept(desk: Desk, custodians: tuple[Who, ...]) -> None:
    reader, _ = desk
    bad = ITEMS + "\n2\t\t路缘石\tm\tabc\n\t\t\tm\t0"
    page = send(reader, "/agency/tenders/new", typed(custodians, items=bad, estimate="12万"), 422).text
    for said in ("第 4 行“数量”应为大于零的数，现在是“abc”", "序号“2”与第 3 行重复", "第 5 行“项目”为空"):
        assert said in page, said
    assert "金额应为大于零的数" in page
    assert "路缘石" in page and "12万" in page


def test_no_custodian_is_refused_with_a_word(desk: Desk) -> None:
    page = send(desk[0], "/agency/tenders/new", typed(()), 422).text
    assert "请至少选择一个保管人" in page


def test_refusals_of_the_rules_stand_above_the_form(desk: Desk, custodians: tuple[Who, ...]) -> None:
    page = send(desk[0], "/agency/tenders/new", typed(custodians, threshold="1"), 422).text
    assert 'role="alert"' in page and "道路改造第一标段" in page
    page = send(desk[0], "/agency/tenders/new", typed(custodians, minimum_bidders="2"), 422).text
    assert "招标投标法第28条" in page


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "请从列出的选项中选择"), ("en", "Choose from what is offered")]
)
@pytest.mark.parametrize("field", ["category", "rules", "currency"])
def test_a_forged_choice_is_refused_in_the_readers_language(
    desk: Desk, custodians: tuple[Who, ...], field: str, lang: str, said: str
) -> None:
    reader, _ = desk
    token = ("csrf_token", reader.token("/agency/tenders/new"))
    headers = {**reader.headers, "Accept-Language": lang}
    fields = [token, *typed(custodians, **{field: "forged"})]
    page = reader.app.post("/agency/tenders/new", fields, headers=headers, status=422).text
    assert said in page.partition(f'id="{field}-error"')[2].partition("</div>")[0]
    assert "valid choice" not in page.lower()
    reader.app.post("/agency/findings", fields, headers=headers, status=200)


@pytest.mark.parametrize("kind", ["utf-8-sig", "gb18030", "xlsx"])
def test_spreadsheets(desk: Desk, custodians: tuple[Who, ...], kind: str) -> None:
    rows = [
        ["计量单位", "项目名称", "工程量", "编号"],
        ["t", "钢筋 Ⅱ级", "12.75", "A-1"],
        ["m3", "混凝土", "300", "A-2"],
    ]
    if kind == "xlsx":
        data = _workbook(rows)
    else:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        data = text.getvalue().encode(kind)
    fields = [
        *typed(custodians, items=""),
        ("read", "1"),
        ("sheet", Upload(f"清单.{'xlsx' if kind == 'xlsx' else 'csv'}", data)),
    ]
    page = send(desk[0], "/agency/tenders/new", fields, 200).text
    assert "共 2 项" in page and "A-1\t\t钢筋 II级\tt\t12.75" in page


def test_rules_are_judged_while_typing(desk: Desk, custodians: tuple[Who, ...]) -> None:
    reader, _ = desk
    page = send(reader, "/agency/findings", typed(custodians), 200).text
    assert "不符合" not in page and "招标投标法第24条" in page
    soon = (reader.house.now()).strftime("%Y-%m-%dT23:59")
    page = send(reader, "/agency/findings", typed(custodians, deadline=soon), 200).text
    assert "不符合" in page and "招标投标法第24条" in page
    page = send(reader, "/agency/findings", typed(custodians, deadline=soon, sandbox="y"), 200).text
    assert "豁免" in page


def test_custodians_are_found_among_many_suppliers(
    desk: Desk, house: House, custodians: tuple[Who, ...]
) -> None:
    reader, _ = desk
    with house.platform.database.transaction() as session:
        for number in range(501):  # before all others by name
            facts = {"scheme": "X-MANY", "identifier": str(number), "name": f"0{number}", "roles": "supplier"}
            session.add(Organisation(id=new_id(), enrolled_at=house.now(), **facts))
    page = reader.get("/agency/tenders/new").text
    assert all(custodian.id in page for custodian in custodians) and page.count('name="custodian"') < 500


def test_documents_are_uploaded(desk: Desk, custodians: tuple[Who, ...]) -> None:
    reader, _ = desk
    page = send(reader, "/agency/tenders/new", typed(custodians), 303).location
    address = re.sub(r"^http://[^/]+", "", page)
    upload = [("document", Upload("招标文件.pdf", b"%PDF-1.7 of the tender"))]
    send(reader, address + "/documents", upload, 303)
    assert "招标文件.pdf" in reader.get(address).text
    token = reader.token(address)
    reader.app.post(address + "/documents", {"csrf_token": token}, headers=reader.headers, status=422)


def test_drafts_are_the_agencys_alone(desk: Desk, house: House, custodians: tuple[Who, ...]) -> None:
    reader, _ = desk
    address = re.sub(
        r"^http://[^/]+", "", send(reader, "/agency/tenders/new", typed(custodians), 303).location
    )
    other = Reader(house)
    other.settle(other.invited(["agency"]), "other.agency")
    other.get(address, status=404)
    supplier = Reader(house)
    supplier.settle(supplier.invited(["supplier"]), "some.supplier")
    supplier.get("/agency/tenders/new", status=403)
    Reader(house).get("/agency/tenders/new", status=303)


def _workbook(rows: list[list[str]]) -> bytes:
    """As a spreadsheet program writes it, numbers as numbers."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
