"""Ways to sign in that need a real browser: passkeys and keys of the browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from signing.encoding import new_id
from tests.browser.chromium import Language, Reader
from tests.browser.conftest import Enter
from tests.browser.journeys import PASSWORD, invitation, join
from tests.browser.served import served
from tests.functional import compiled_once
from tests.functional.house import House
from tests.functional.opening_house import OpeningHouse
from trading.accounts.models import Organisation
from trading.sign_in.models import WebSession
from trading.web.app import make_app


@pytest.fixture
def house(own_house: OpeningHouse) -> House:
    return own_house


@pytest.fixture
def door(house: House) -> Iterator[str]:
    """The portal under a name, as passkeys want it; it knows its address only when it listens."""
    app = house.app.app
    with served(house.platform.settings, lambda environ, start: app(environ, start)) as at:
        named = f"http://localhost:{urlsplit(at).port}"
        settings = dataclasses.replace(house.platform.settings, public_url=named)
        app = compiled_once.share(make_app(dataclasses.replace(house.platform, settings=settings)))
        yield named


def authenticator(reader: Reader) -> None:
    """A virtual authenticator that verifies its user, as a laptop's fingerprint reader."""
    session = reader.context.new_cdp_session(reader.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_from_the_invitation_on(enter: Enter, house: House, door: str) -> None:
    agency = house.enrol("agency")
    reader = enter(door, "zh")
    page = reader.open(invitation(house, agency.id, "张敏", ["agency"]))
    authenticator(reader)
    page.locator("#username").fill("zhang.min")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="创建通行密钥").click()
    page.wait_for_url("**/desk")
    with page.expect_navigation():
        page.get_by_role("button", name="退出").click()
    page.goto("/sign-in")
    reader.look()
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/desk")
    page.goto("/account")
    page.get_by_text("通行密钥：这台设备").wait_for()
    reader.look()


def test_a_key_of_the_browser(enter: Enter, house: House, door: str) -> None:
    agency, custodian = house.enrol("agency"), house.enrol("custodian")
    reader = enter(door, "en")
    join(reader, house, agency.id, "张敏", "agency")
    facts = house.facts(agency, (custodian,), threshold=1)
    tender = house.call("POST", "/tenders", agency, facts, 201).json["id"]
    house.hand_in_key(custodian, tender)
    page = reader.open(f"/agency/tenders/{tender}", weigh=False)
    page.get_by_role("button", name="Make a key in this browser").click()
    page.get_by_text("Signing key (in this browser)").wait_for()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    reader.look()
    page.get_by_role("button", name="Use a certificate").click()
    page.wait_for_url("**/desk")
    with house.platform.database.reading() as session:
        methods = [row.method for row in session.query(WebSession).order_by(WebSession.created_at)]
    assert methods[-1] == "certificate"


def test_a_supplier_registers_and_is_let_in(enter: Enter, house: House, door: str, lang: Language) -> None:
    zh = lang == "zh"
    supplier, operator = enter(door, lang), enter(door, lang)
    page = supplier.open("/register")
    page.locator("#identifier").fill("91440400MA4UQD1Y9A")
    for name, value in {
        "name": "珠海某某建设有限公司", "person": "陈一", "contact": "13800000000", "username": "chen.yi",
        "password": PASSWORD,
    }.items():  # fmt: skip
        page.locator(f"#{name}").fill(value)
    supplier.expect("/register")
    button = page.get_by_role("button", name="提交注册" if zh else "Register")
    button.click()
    page.get_by_text("校验不符" if zh else "check character does not fit").wait_for()
    supplier.look()
    assert page.locator("#name").input_value() == "珠海某某建设有限公司"
    page.locator("#identifier").fill("91110000600037341L")
    page.locator("#password").fill(PASSWORD)
    button.click()
    page.get_by_text("已收到注册申请" if zh else "has come in").wait_for()
    with house.platform.database.transaction() as session:
        place = Organisation(
            id=new_id(), scheme="X-OPERATOR", identifier=lang, name="运营中心", roles="operator",
            enrolled_at=house.now(),
        )  # fmt: skip
        session.add(place)
        session.flush()
    join(operator, house, place.id, "值班员", "operator")
    desk = operator.open("/registrations")
    desk.get_by_role("button", name="核验通过" if zh else "Accept").click()
    desk.get_by_text("没有待核验的注册申请" if zh else "No registration waits").wait_for()
    operator.look()
    page = supplier.open("/sign-in")
    page.locator("#username").fill("chen.yi")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="下一步" if zh else "Next").click()
    page.wait_for_url("**/sign-in/setup")
    supplier.look()
