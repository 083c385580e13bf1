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
    _sign_in(reader, house, who.id, who.role, name or f"张三 {new_id()[:6]}")


def newcomer(house: House, reader: Reader, role: str, name: str) -> str:
    """The reader is a person in this role, of an organisation of their own, or the operator's; their id."""
    if role == "operator":
        id_ = house.call("GET", "/me", house.operator).json["organisation"]
    else:
        with house.platform.database.transaction() as session:
            id_ = new_id()
            facts = {"scheme": "X-TEST", "identifier": id_, "name": f"{name}所在单位", "roles": role}
            session.add(Organisation(id=id_, enrolled_at=house.now(), **facts))
    return _sign_in(reader, house, id_, role, name)


def _sign_in(reader: Reader, house: House, organisation: str, role: str, name: str) -> str:
    platform = house.platform
    with platform.database.transaction() as session:
        place = session.get_one(Organisation, organisation)
        person, _ = People(platform).invite(session, place, name, [role], False)
        browser = Browser("127.0.0.1", "chromium")
        id_ = person.id
        opened = begin(session, person.id, "password", "whole", browser, platform.clock.now(session))
    reader.context.add_cookies([{"name": "sunseal", "value": opened.secret, "url": reader.origin}])
    return id_
