"""Persons who work in a browser: invited, signed in with a code, at their desk."""

from __future__ import annotations

from collections.abc import Sequence

import pyotp
from playwright.sync_api import Page

from tests.browser.chromium import Reader
from tests.functional.house import House, Who
from trading.accounts.models import Organisation
from trading.sign_in.people import People

PASSWORD = "correct horse battery staple"  # noqa: S105


def invitation(house: House, organisation: str, name: str, roles: Sequence[str], admin: bool = False) -> str:
    """The path of a link for a new person of the organisation."""
    platform = house.platform
    with platform.database.transaction() as session:
        place = session.get_one(Organisation, organisation)
        secret = People(platform).invite(session, place, name, roles, admin)[1]
    return f"/invitations/{secret}"


def settle(reader: Reader, house: House, link: str, username: str) -> str:
    """Accept the invitation and set up an authenticator app; its key.

    test_signing_in.py looks at the pages on the way.
    """
    page = reader.open(link, look=False, weigh=False)
    page.locator("#username").fill(username)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/sign-in/setup")
    secret = page.locator("main .mono").first.inner_text()
    page.locator("#code").fill(pyotp.TOTP(secret).at(house.now()))
    page.locator("form[action='/sign-in/setup'] button").click()
    page.wait_for_url("**/desk")
    return secret


def join(reader: Reader, house: House, organisation: str, name: str, *roles: str) -> str:
    """A new person of the organisation, signed in; their app's key."""
    username = f"user-{organisation[:8]}-{len(name)}-{house.now():%H%M%S%f}".lower()
    return settle(reader, house, invitation(house, organisation, name, roles), username)


def keep_anchors(page: Page) -> None:
    """Root and log key are the ones on paper: this browser keeps them."""
    page.locator("#pin").click()
    page.locator("#pin").wait_for(state="detached")


def set_clock(reader: Reader, house: House) -> None:
    """The reader's own clock goes with the house's, from the next page on."""
    reader.context.clock.set_system_time(house.now())


def choose(page: Page, custodians: Sequence[Who]) -> None:
    """Tick these custodians on the page of a draft."""
    for custodian in custodians:
        page.locator(f"input[name=custodian][value='{custodian.id}']").check()
