"""The operator enrols organisations, gives roles, revokes, and sees whether all is well; of bids nothing."""

from __future__ import annotations

import re

import pytest

from tests.functional.house import House, Tendering, Who
from tests.functional.test_sign_in import Reader


@pytest.fixture
def operator(house: House) -> Reader:
    reader = Reader(house, "zh")
    reader.settle(reader.invited(["operator"], "值班员"), f"op-{house.now():%H%M%S%f}")
    return reader


def test_an_organisation_from_enrolment_to_its_first_person(operator: Reader, house: House) -> None:
    number = f"{house.now():%H%M%S%f}"
    wish = {"name": "珠海公证处", "scheme": "CN-USCC", "identifier": "中文", "roles": "custodian"}
    page = operator.post("/operating/organisations", wish, status=422).text
    assert "只能用字母、数字" in page and "珠海公证处" in page
    made = operator.post("/operating/organisations", {**wish, "identifier": number})
    place = re.sub(r"^http://[^/]+", "", made.location)
    assert "珠海公证处" in operator.get(f"/operating/organisations?q={number}").text
    again = operator.post("/operating/organisations", {**wish, "identifier": number}, status=409).text
    assert "已经登记" in again
    operator.post(place, {"roles": "supervisor"})
    assert re.search(r'checked[^>]*value="supervisor"', operator.get(place).text)
    people = place.replace("/operating", "") + "/people"
    page = operator.post(people, {"name": "赵六", "roles": "supervisor"}, status=200).text
    link = re.search(r'value="(http[^"]+/invitations/[^"]+)"', page)
    assert link
    Reader(house).settle(link[1][link[1].index("/invitations") :], f"zhao-{number}")


def test_roles_in_use_are_not_taken_away(operator: Reader, tender: Tendering) -> None:
    page = operator.post(f"/operating/organisations/{tender.agency.id}", {"roles": "supplier"}, status=409)
    assert "招标人" in page.text and "未结束的标段" in page.text
    page = operator.post(
        f"/operating/organisations/{tender.custodians[0].id}", {"roles": "supplier"}, status=409
    )
    assert "密钥保管人" in page.text


def test_certificates_and_tokens_are_revoked(operator: Reader, house: House) -> None:
    one = house.enrol("supplier")
    place = f"/operating/organisations/{one.id}"
    operator.post(place + "/certificates", {"certificate": one.fingerprint, "reason": "whim"}, 422, place)
    operator.post(
        place + "/certificates", {"certificate": one.fingerprint, "reason": "keyCompromise"}, 303, place
    )
    assert "已撤销" in operator.get(place).text
    token = re.search(r'name="token" value="([0-9a-f]{32})"', operator.get(place).text)
    assert token
    operator.post(place + "/tokens", {"token": token[1]}, 303, place)
    house.call("GET", "/me", one, status=401)
    other = f"/operating/organisations/{house.enrol('supplier').id}"
    operator.post(
        other + "/certificates", {"certificate": one.fingerprint, "reason": "keyCompromise"}, 404, other
    )


def test_health_is_told_in_words(operator: Reader, house: House) -> None:
    page = operator.get("/operating").text
    assert "数据库" in page and "正常" in page
    reader = Reader(house)
    reader.post(
        "/register",
        {
            "identifier": "91110000600037341L",
            "name": "某公司",
            "person": "甲",
            "contact": "1",
            "username": f"u{house.now():%H%M%S%f}",
            "password": "correct horse battery staple",
        },
        status=200,
    )
    page = operator.get("/operating").text
    assert page.index("需要处理") < page.index("正常") and "注册核验" in page


def test_the_operator_learns_nothing_of_bids(
    operator: Reader, house: House, tender: Tendering, supplier: Who
) -> None:
    def seen() -> list[str]:
        pages = ("/operating", "/desk", f"/tenders/{tender.id}", "/log")
        return [re.sub(r'data-now="\d+"|[\d.]+ 秒', "", operator.get(page).text) for page in pages]

    before = seen()
    house.bid(supplier, tender)
    assert seen() == before


def test_operating_is_the_operators(house: House, supplier: Who, agency: Who) -> None:
    for who in (supplier, agency):
        headers = {"Authorization": f"Bearer {who.token}", "Accept": "text/html"}
        for path in ("/operating", "/operating/organisations", f"/operating/organisations/{who.id}"):
            house.app.get(path, headers=headers, status=403)
