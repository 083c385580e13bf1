"""The operator's pages: organisations enrolled and kept in order, jobs, health; and nothing about bids."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.functional.house import House, Tendering, Who
from tests.functional.test_sign_in import Reader
from trading.accounts.models import PartyCertificate, Token
from trading.audit.models import LogEntry
from trading.config import Settings
from trading.migrations import migrate
from trading.operating.pages import JOB_WORDS
from trading.platform import build_platform
from trading.queue import jobs
from trading.sign_in.people import invite_operator
from trading.storage import Storage
from trading.web.app import make_app
from trading.web.liveness import beat

HERE = "/operating/organisations"


class Page:
    """Reads and posts with a token, which needs no form's token."""

    def __init__(self, house: House, token: str, lang: str = "en") -> None:
        self._app = house.app
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "text/html", "Accept-Language": lang}

    def get(self, path: str, status: int = 200) -> str:
        page = self._app.get(path, headers=self._headers, status=status).text
        return re.sub(r"<time[^>]*>[^<]*</time>|data-now=\"\d+\"|in \d+ ms|by [\d.]+ s", "", page)

    def post(self, path: str, fields: dict[str, object], status: int = 303) -> str:
        answer = self._app.post(path, fields, headers=self._headers, status=status)
        return str(answer.location if status == 303 else answer.text)


@pytest.fixture
def operator(house: House) -> Page:
    return Page(house, house.operator)


def enrolled(operator: Page, identifier: str, *roles: str) -> str:
    fields = {"scheme": "XTEST", "identifier": identifier, "name": f"机构 {identifier}", "roles": roles}
    return operator.post(HERE + "/new", fields).rpartition("/")[2]


def test_an_organisation_is_enrolled_and_found(house: House, operator: Page) -> None:
    page = operator.post(HERE + "/new", {"scheme": "CN-USCC", "identifier": "123", "name": "某局"}, 422)
    assert "check character" in page and "Choose at least one role" in page and 'value="某局"' in page
    id_ = enrolled(operator, "enrolled-1", "agency", "custodian")
    page = operator.get(f"{HERE}/{id_}")
    assert "机构 enrolled-1" in page
    assert not [each for each in re.findall("<input[^>]*checkbox[^>]*>", page) if "required" in each]
    again = {"scheme": "XTEST", "identifier": "enrolled-1", "name": "x", "roles": ["agency"]}
    assert "enrolled already" in operator.post(HERE + "/new", again, 409)
    for query, found in (("q=enrolled-1", True), ("q=%E6%9E%84+enrolled-1", True), ("q=nobody%25", False),
                         ("q=enrolled-1&role=supplier", False), ("role=custodian&q=enrolled-1", True)):
        assert (id_ in operator.get(f"{HERE}?{query}")) is found, query


def test_the_operator_s_role_is_given_by_no_form(house: House, operator: Page) -> None:
    fields = {"scheme": "XTEST", "identifier": "would-be", "name": "x", "roles": ["operator"]}
    operator.post(HERE + "/new", fields, 422)
    with house.platform.database.reading() as session:
        own = session.scalar(select(Token).where(Token.role == "operator"))
        assert own is not None
    me = house.call("GET", "/me", house.operator).json["organisation"]
    operator.post(f"{HERE}/{me}", {"roles": ["custodian"]})
    held = house.call("GET", f"/organisations/{me}", house.operator).json["roles"]
    assert held == ["custodian", "operator"]


def test_the_list_goes_on_by_key(house: House, operator: Page) -> None:
    ids = {enrolled(operator, f"paged-{n:02}", "agency") for n in range(53)}
    seen: list[str] = []
    following = f"{HERE}?q=paged-"
    while following:
        page = operator.get(following)
        seen += re.findall(HERE + r"/([0-9a-f]{32})", page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        following = link[1].replace("&amp;", "&") if link else ""
    assert len(seen) == len(ids) and set(seen) == ids


def test_a_role_taken_away_ends_at_once(house: House, operator: Page) -> None:
    agency = house.enrol("agency", "custodian")
    reader = Reader(house)
    reader.settle(reader.invited(["agency"], organisation=agency.id), f"role.{agency.id[:8]}")
    reader.get("/agency/tenders")
    operator.post(f"{HERE}/{agency.id}", {"roles": []}, 422)
    operator.post(f"{HERE}/{agency.id}", {"roles": ["custodian"]})
    house.call("GET", "/me", agency, status=401)
    reader.get("/agency/tenders", status=303)
    with house.platform.database.reading() as session:
        last = session.scalars(select(LogEntry.act).order_by(LogEntry.position.desc()).limit(1)).one()
    assert last == "organisation.changed"


def test_roles_in_use_are_not_taken_away(house: House, operator: Page, tender: Tendering) -> None:
    page = operator.post(f"{HERE}/{tender.agency.id}", {"roles": ["supplier"]}, 409)
    assert "the agency of unfinished tenders" in page
    page = operator.post(f"{HERE}/{tender.custodians[0].id}", {"roles": ["supplier"]}, 409)
    assert "a custodian of unfinished tenders" in page
    house.call("GET", "/me", tender.agency)


def test_certificates_are_revoked_with_a_reason(house: House, operator: Page) -> None:
    agency, other = house.enrol("agency"), house.enrol("agency")
    place = f"{HERE}/{agency.id}"
    assert agency.fingerprint in operator.get(place)
    fields = {"fingerprint": agency.fingerprint, "reason": ""}
    assert "Choose the reason" in operator.post(place + "/certificates", fields, 422)
    operator.post(place + "/certificates", {**fields, "reason": "made up"}, 422)
    wrong = {"fingerprint": other.fingerprint, "reason": "superseded"}
    operator.post(place + "/certificates", wrong, 404)
    operator.post(place + "/certificates", {**fields, "reason": "keyCompromise"})
    assert "Key compromised" in operator.get(place)
    with house.platform.database.reading() as session:
        row = session.get_one(PartyCertificate, agency.fingerprint)
        assert row.revocation_reason == "keyCompromise" and row.revoked_at is not None
        assert session.get_one(PartyCertificate, other.fingerprint).revoked_at is None


def test_tokens_are_listed_and_revoked(house: House, operator: Page) -> None:
    agency, other = house.enrol("agency"), house.enrol("agency")
    place = f"{HERE}/{agency.id}"
    found = re.search(r'name="token" value="([0-9a-f]{32})"', operator.get(place))
    assert found
    operator.post(f"{HERE}/{other.id}/tokens/revoke", {"token": found[1]}, 404)
    operator.post(place + "/tokens/revoke", {"token": found[1]})
    house.call("GET", "/me", agency, status=401)
    house.call("GET", "/me", other)


def test_health_says_what_to_do(house: House, operator: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    # The house's tables are made without migrations, and its clock may have been moved.
    page = operator.get("/operating")
    assert "Run sunseal migrate" in page and "Public log" in page and "Versions" in page
    house.enrol("agency")
    with house.later(timedelta(days=3)):
        page = operator.get("/operating")
        assert "jobs are due for more than 2 minutes" in page and "is a worker running" in page
        assert "Check time synchronisation" in page
        row = operator.get("/operating/jobs").partition("Log a day&#39;s enrolments")[2]
        assert '<span class="due">1</span>' in row.partition("</tr>")[0]
    assert "Does not answer" not in page
    monkeypatch.setattr(Storage, "folder", property(lambda self: None))
    monkeypatch.setattr(Storage, "answers", lambda self: False)
    page = operator.get("/operating")
    assert page.index("Does not answer or cannot be written") < page.index("Public log")


def test_a_sound_platform_is_well(tmp_path: Path) -> None:
    """The real set-up: migrated, nothing due."""
    url = f"sqlite:///{tmp_path / 'sunseal.db'}"
    migrate(url)
    settings = Settings(
        database_url=url, storage_url=f"file://{tmp_path / 'storage'}", keys_dir=tmp_path / "keys"
    )
    platform = build_platform(settings)
    try:
        link = invite_operator(platform, "首位运营")
        assert link.startswith("http://127.0.0.1:6543/invitations/")
        page = make_app(platform)
        del page
        from trading.operating.health import findings

        beat(platform)  # as the processes that serve do
        with platform.database.reading() as session:
            found = {each.part.en: each.how for each in findings(platform, session)}
    finally:
        platform.close()
    found.pop("Disk space")  # the machine's own
    found.pop("Jobs")  # a first revocation list is due, and nobody works here
    assert found.pop("Witnesses of the log") == "warn"  # there are none yet
    assert set(found.values()) == {"good"}, found


def test_a_fresh_platform_gets_its_operator(house: House) -> None:
    reader = Reader(house)
    link = invite_operator(house.platform, "首位运营")
    reader.settle(link[link.index("/invitations") :], f"first.{house.now():%f}")
    assert "The platform" in reader.get("/operating").text
    assert "/operating/organisations" in reader.get("/desk").text


def test_nothing_tells_of_bids(house: House, operator: Page, tender: Tendering, supplier: Who) -> None:
    """Before and after a bid the operator's pages are the same to the byte, times apart."""
    pages = ("/operating", "/operating/jobs", HERE, f"{HERE}/{supplier.id}", "/desk")
    before = [operator.get(page) for page in pages]
    house.bid(supplier, tender)
    for page, told in zip(pages, before, strict=True):
        assert operator.get(page).splitlines() == told.splitlines(), page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_are_whole_in_both_languages(house: House, supplier: Who, lang: str) -> None:
    reader = Page(house, house.operator, lang)
    for path in ("/operating", "/operating/jobs", HERE, HERE + "/new", f"{HERE}/{supplier.id}", "/desk"):
        page = reader.get(path)
        assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in page and "Both(" not in page


def test_it_is_the_operator_s_alone(house: House, agency: Who) -> None:
    page = Page(house, agency.token)
    for path in ("/operating", "/operating/jobs", HERE, HERE + "/new", f"{HERE}/{agency.id}"):
        page.get(path, 403)
        Reader(house).get(path, status=303)
    page.post(f"{HERE}/{agency.id}/tokens/revoke", {"token": "0" * 32}, 403)


def test_every_job_is_called_in_both_languages(house: House) -> None:
    assert set(JOB_WORDS) == set(jobs())
