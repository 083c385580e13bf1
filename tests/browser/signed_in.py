"""Sessions for readers: signed in as a person of an organisation, without typing passwords again."""

from __future__ import annotations

from signing.encoding import new_id
from tests.browser.chromium import Reader
from tests.functional.house import House, Who
from trading.accounts.models import Organisation
from trading.sign_in.people import People
from trading.sign_in.sessions import Browser, begin


def sign_in(reader: Reader, house: House, who: Who, name: str = "") -> None:
    """The reader is a new person of `who`'s organisation, in its role."""
    platform = house.platform
    with platform.database.transaction() as session:
        place = session.get_one(Organisation, who.id)
        person, _ = People(platform).invite(session, place, name or f"张三 {new_id()[:6]}", [who.role], False)
        browser = Browser("127.0.0.1", "chromium")
        opened = begin(session, person.id, "password", "whole", browser, platform.clock.now(session))
    reader.context.add_cookies([{"name": "sunseal", "value": opened.secret, "url": reader.origin}])
