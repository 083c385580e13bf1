"""Signing in as people do: links, passwords, codes, sessions, guesses, registration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse

from signing.encoding import new_id
from tests.functional.house import House
from trading.accounts.models import Organisation
from trading.audit.models import PrivateAct
from trading.sign_in.people import People
from trading.web.app import make_app

pytestmark = pytest.mark.one_database

GOOD = "correct horse battery staple"


class Reader:
    """A browser of its own: cookies, forms with their tokens."""

    def __init__(self, house: House, lang: str = "en", address: str = "198.51.100.7") -> None:
        self.house = house
        self.app = TestApp(make_app(house.platform), extra_environ={"REMOTE_ADDR": address})
        self.headers = {"Accept": "text/html", "Accept-Language": lang}

    def get(self, path: str, status: int | str = 200) -> TestResponse:
        return self.app.get(path, headers=self.headers, status=status)

    def post(
        self, path: str, fields: dict[str, Any], status: int | str = 303, page: str | None = None
    ) -> TestResponse:
        """As from the form on `page` (by default the same address)."""
        token = self.token(page or path)
        return self.app.post(path, {"csrf_token": token, **fields}, headers=self.headers, status=status)

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found, page
        return found[1]

    def invited(
        self, roles: list[str], name: str = "张三", organisation: str = "", admin: bool = False
    ) -> str:
        """A link for a new person of the house's organisation with these roles; its path."""
        platform = self.house.platform
        with platform.database.transaction() as session:
            id_ = organisation or new_id()
            if not organisation:
                facts = {"scheme": "X-TEST", "identifier": id_, "name": "测试单位", "roles": ",".join(roles)}
                session.add(Organisation(id=id_, enrolled_at=self.house.now(), **facts))
                session.flush()
            place = session.get_one(Organisation, id_)
            secret = People(platform).invite(session, place, name, roles, admin)[1]
        return f"/invitations/{secret}"

    def settle(self, link: str, username: str) -> str:
        """Accept an invitation and set up an app: the app's key."""
        first = self.post(link, {"username": username, "password": GOOD})
        assert first.location.endswith("/sign-in/setup")
        page = self.get("/sign-in/setup").text
        found = re.search(r'<span class="mono">([A-Z2-7]{32})</span>', page)
        assert found
        code = pyotp.TOTP(found[1]).at(self.house.now())
        self.post("/sign-in/setup", {"code": code})
        return found[1]

    def enter(self, username: str, key: str, password: str = GOOD) -> None:
        self.post("/sign-in", {"username": username, "password": password})
        self.house.clock.ahead(self.house.clock._offset + timedelta(seconds=60))
        self.post("/sign-in/code", {"code": pyotp.TOTP(key).at(self.house.now())}, page="/sign-in/code")


@pytest.fixture
def reader(house: House) -> Reader:
    return Reader(house)


def test_from_invitation_to_signing_out(reader: Reader) -> None:
    key = reader.settle(reader.invited(["agency"]), "zhang.san")
    assert "张三" in reader.get("/desk").text
    reader.post("/sign-out", {}, page="/desk")
    assert reader.get("/desk", status=303).location.endswith("/sign-in?next=%2Fdesk")
    reader.enter("zhang.san", key)
    assert "Agency" in reader.get("/desk").text


def test_a_code_counts_once(reader: Reader) -> None:
    key = reader.settle(reader.invited(["agency"]), "once")
    reader.post("/sign-out", {}, page="/desk")
    reader.enter("once", key)
    reader.post("/sign-out", {}, page="/desk")
    reader.post("/sign-in", {"username": "once", "password": GOOD})
    page = reader.post("/sign-in/code", {"code": pyotp.TOTP(key).at(reader.house.now())}, status=403)
    assert "wrong or was used already" in page.text


def test_a_link_is_good_once_and_for_three_days(reader: Reader) -> None:
    link = reader.invited(["supplier"])
    reader.settle(link, "li.si")
    assert "used, has expired or was replaced" in Reader(reader.house).get(link, status=404).text
    late = reader.invited(["supplier"])
    offset = reader.house.clock._offset
    reader.house.clock.ahead(offset + timedelta(days=3, seconds=1))
    try:
        Reader(reader.house).get(late, status=404)
    finally:
        reader.house.clock.ahead(offset)


def test_the_password_alone_is_not_enough(reader: Reader) -> None:
    reader.settle(reader.invited(["agency"]), "wang")
    other = Reader(reader.house)
    other.post("/sign-in", {"username": "wang", "password": GOOD})
    assert other.get("/desk", status=303).location.endswith("/sign-in?next=%2Fdesk")
    other.app.get("/api/v1/me", status=401)


def test_wrong_name_and_wrong_password_read_alike(reader: Reader) -> None:
    reader.settle(reader.invited(["agency"]), "zhao")
    other = Reader(reader.house)
    pages = [
        other.post("/sign-in", {"username": name, "password": "wrong wrong wrong"}, status=403).text
        for name in ("zhao", "nobody-at-all")
    ]
    clean = [re.sub(r'value="[^"]*"', "", page) for page in pages]
    assert clean[0] == clean[1]
    assert "Username or password is wrong" in pages[0]


def test_guesses_stop_strangers_and_nobody_else(reader: Reader) -> None:
    key = reader.settle(reader.invited(["agency"]), "target")
    reader.post("/sign-out", {}, page="/desk")
    stranger = Reader(reader.house, address="203.0.113.9")
    for _ in range(10):
        stranger.post("/sign-in", {"username": "target", "password": "guess guess guess"}, status=403)
    page = stranger.post("/sign-in", {"username": "target", "password": GOOD}, status=429)
    assert "15 minutes" in page.text
    # The person's own browser is known and goes on.
    reader.enter("target", key)
    assert reader.get("/desk")


def test_a_script_needs_the_form_token(reader: Reader) -> None:
    reader.settle(reader.invited(["supplier"]), "sun")
    refused = reader.app.post("/sign-out", {}, headers=reader.headers, status=400)
    assert "open too long" in refused.text
    reader.app.post_json("/api/v1/certificates", {"csr": "x"}, status=400)
    token = reader.token("/account")
    answer = reader.app.post_json(
        "/api/v1/certificates", {"csr": "x"}, headers={"X-CSRF-Token": token}, status="4*"
    )
    assert answer.json["code"] != "form-stale"


def test_sessions_are_listed_and_ended(reader: Reader) -> None:
    key = reader.settle(reader.invited(["agency"]), "zhou")
    second = Reader(reader.house, address="192.0.2.44")
    second.enter("zhou", key)
    page = reader.get("/account").text
    assert "192.0.2.44" in page
    found = re.search(r'name="session" value="([0-9a-f]{32})"', page)
    assert found
    reader.post("/account/session-end", {"session": found[1]}, page="/account")
    second.get("/desk", status=303)
    reader.get("/desk")


def test_idle_sessions_end(reader: Reader) -> None:
    reader.settle(reader.invited(["agency"]), "wu.ji")
    offset = reader.house.clock._offset
    try:
        for minutes in (100, 200):  # each within two hours of the last use
            reader.house.clock.ahead(offset + timedelta(minutes=minutes))
            reader.get("/desk")
        reader.house.clock.ahead(offset + timedelta(minutes=321))
        reader.get("/desk", status=303)
    finally:
        reader.house.clock.ahead(offset)


def test_another_password_ends_other_sessions(reader: Reader) -> None:
    key = reader.settle(reader.invited(["agency"]), "zheng")
    second = Reader(reader.house)
    second.enter("zheng", key)
    reader.post(
        "/account/password", {"old": "not the one, no", "password": "another one entirely"}, status=403
    )
    reader.post("/account/password", {"old": GOOD, "password": "another one entirely"})
    second.get("/desk", status=303)
    reader.get("/desk")
    Reader(reader.house).post("/sign-in", {"username": "zheng", "password": "another one entirely"})


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "At least 12"),
        ("aaaaaaaaaaaaaaaa", "repeated"),
        ("my-name-feng-here", "holds your name"),
        ("password12345", "common"),
    ],
)
def test_easy_passwords_are_refused_and_the_name_is_kept(reader: Reader, password: str, said: str) -> None:
    page = reader.post(reader.invited(["agency"]), {"username": "feng", "password": password}, status=422)
    assert said in page.text and 'value="feng"' in page.text and password not in page.text


def test_a_supplier_registers_and_is_checked(reader: Reader) -> None:
    wish = {
        "identifier": "91440400MA4UQD1Y9A", "name": "珠海某某建设有限公司", "person": "陈一",
        "contact": "13800000000", "username": "chen.yi", "password": GOOD,
    }  # fmt: skip
    page = reader.post("/register", wish, status=422).text
    assert "check character" in page and "珠海某某建设有限公司" in page
    wish["identifier"] = "91110000600037341L"
    assert "has come in" in reader.post("/register", wish, status=200).text
    page = reader.post("/sign-in", {"username": "chen.yi", "password": GOOD}, status=403).text
    assert "being checked" in page
    operator = Reader(reader.house)
    operator.settle(operator.invited(["operator"]), "operator.one")
    page = operator.get("/registrations").text
    chosen = re.search(r'name="registration" value="([0-9a-f]{32})"', page)
    assert chosen and "珠海某某建设有限公司" in page
    operator.post("/registrations/accept", {"registration": chosen[1]}, page="/registrations")
    first = reader.post("/sign-in", {"username": "chen.yi", "password": GOOD})
    assert first.location.endswith("/sign-in/setup")


def test_people_are_managed_by_their_own(reader: Reader) -> None:
    place = reader.house.enrol("supplier").id
    reader.settle(reader.invited(["supplier"], organisation=place, admin=True), "boss")
    page = reader.post(
        f"/organisations/{place}/people", {"name": "新人", "roles": "supplier"}, status=200
    ).text
    link = re.search(r'value="(http[^"]+/invitations/[^"]+)"', page)
    assert link
    second = Reader(reader.house)
    second.settle(link[1][link[1].index("/invitations") :], "junior")
    second.get(f"/organisations/{place}/people", status=403)
    page = reader.get(f"/organisations/{place}/people").text
    row = re.search(r'/disable">.*?name="person" value="([0-9a-f]{32})"', page, re.S)
    assert row
    reader.post(
        f"/organisations/{place}/people/disable", {"person": row[1]}, page=f"/organisations/{place}/people"
    )
    second.get("/desk", status=303)
    elsewhere = reader.house.enrol("supplier").id
    reader.get(f"/organisations/{elsewhere}/people", status=403)


def test_every_sign_in_is_on_record(reader: Reader) -> None:
    reader.settle(reader.invited(["agency"]), "recorded")
    Reader(reader.house).post(
        "/sign-in", {"username": "recorded", "password": "wrong wrong wrong"}, status=403
    )
    with reader.house.platform.database.reading() as session:
        acts = list(session.scalars(select(PrivateAct.act).order_by(PrivateAct.at)))
    assert {"invitation.accepted", "code.set", "signed-in", "sign-in.failed"} <= set(acts)


def test_onward_stays_here(reader: Reader) -> None:
    key = reader.settle(reader.invited(["agency"]), "onward")
    reader.post("/sign-out", {}, page="/desk")
    for wanted, to in (
        ("/tenders?q=路", "/tenders?q="),
        ("//evil.example", "/desk"),
        ("https://evil.example", "/desk"),
    ):
        reader.post("/sign-in", {"username": "onward", "password": GOOD, "next": wanted}, page="/sign-in")
        reader.house.clock.ahead(reader.house.clock._offset + timedelta(seconds=60))
        code = pyotp.TOTP(key).at(reader.house.now())
        page = reader.post("/sign-in/code", {"code": code, "next": wanted}, page="/sign-in/code")
        assert page.location.startswith(("http://localhost" + to, to)), page.location
        reader.post("/sign-out", {}, page="/desk")


def test_both_languages(reader: Reader) -> None:
    for path in ("/sign-in", "/register"):
        assert 'lang="zh-CN"' in Reader(reader.house, "zh").get(path).text
    assert "登录" in Reader(reader.house, "zh").get("/sign-in").text
