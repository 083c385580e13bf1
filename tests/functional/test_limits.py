"""Nobody is kept waiting by slow or large bodies, slow disks, or a database with no connection left."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from webtest import TestResponse

from signing.encoding import new_id
from tests.functional.drafting import ready_draft
from tests.functional.house import PREFIX, House, Tendering, Who
from trading.audit.models import PrivateAct
from trading.storage import Storage
from trading.submission.uploads import storage_key


class Slow(io.BytesIO):
    """A body on its way: while it is read, others write."""

    def __init__(self, house: House, data: bytes) -> None:
        super().__init__(data)
        self._house = house
        self.asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked += 1
        nothing_held(self._house)
        return super().read(size)


def nothing_held(house: House) -> None:
    assert house.platform.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def send(house: House, method: str, path: str, who: Who | str, body: io.BytesIO, **more: str) -> TestResponse:
    token = who if isinstance(who, str) else who.token
    environ: dict[str, Any] = {
        "wsgi.input": body, "CONTENT_LENGTH": str(len(body.getvalue())),
        "HTTP_AUTHORIZATION": f"Bearer {token}", **more,
    }  # fmt: skip
    return house.app.request(PREFIX + path, method=method, environ=environ, status="*", expect_errors=True)


def begun(house: House, supplier: Who, tender: Tendering, data: bytes) -> str:
    body = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return str(house.call("POST", f"/tenders/{tender.id}/uploads", supplier, body, 201).json["id"])


@pytest.mark.parametrize("key", [{}, {"HTTP_IDEMPOTENCY_KEY": "once"}])
def test_a_slow_body_holds_no_transaction(house: House, key: dict[str, str]) -> None:
    agency = house.enrol("agency")
    body = Slow(house, json.dumps({"number": new_id(), "title": "城北道路"}).encode())
    kind = {"CONTENT_TYPE": "application/json"}
    assert send(house, "POST", "/projects", agency, body, **kind, **key).status_int == 201
    assert body.asked


def test_who_sends_no_token_is_turned_away_unread(house: House) -> None:
    body = Slow(house, b"{}")
    environ = {"wsgi.input": body, "CONTENT_LENGTH": "2", "CONTENT_TYPE": "application/json"}
    answer = house.app.request(PREFIX + "/projects", method="POST", environ=environ, status=401)
    assert answer.json["code"] == "token-missing" and not body.asked


def test_a_body_that_breaks_off_is_refused(house: House) -> None:
    length = {"CONTENT_LENGTH": "3", "CONTENT_TYPE": "application/json"}
    answer = send(house, "POST", "/projects", house.operator, io.BytesIO(b"{}"), **length)
    assert (answer.status_int, answer.json["code"]) == (400, "body-cut-off")


@contextmanager
def watched(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is stored meanwhile, and never with a connection held."""
    keys: list[str] = []
    put = Storage.put_part

    def watching(storage: Storage, key: str, number: int, data: bytes) -> None:
        nothing_held(house)
        keys.append(key)
        put(storage, key, number, data)

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put_part", watching)
        yield keys


def test_while_a_part_is_stored_others_write(
    house: House, supplier: Who, tender: Tendering, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = begun(house, supplier, tender, b"part")
    with watched(house, monkeypatch) as keys:
        house.call("PUT", f"/uploads/{id}/parts/0", supplier, b"part", 204)
    assert keys == [storage_key(id)]


def test_while_a_document_is_stored_others_write_and_what_loses_is_removed(
    house: House, agency: Who, custodians: tuple[Who, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = ready_draft(house, agency, custodians)
    address = f"/tenders/{draft}/documents/plan.pdf"
    with watched(house, monkeypatch) as keys:
        house.call("PUT", address, agency, b"plan", 201)
        house.call("PUT", address, agency, b"plan", 201)
        house.call("PUT", address, agency, b"another", 409)
        house.call("PUT", f"/tenders/{draft}/documents/.hidden", agency, b"x", 422)
    assert len(keys) == 3, "a name that is refused stores nothing"
    folder = Path(house.platform.settings.storage_url.removeprefix("file://"))
    assert [(folder / f"{key}/000000").exists() for key in keys] == [True, False, False]


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "once"}])
def test_with_no_connection_left_it_is_unavailable(house: House, key: dict[str, str]) -> None:
    agency = house.enrol("agency")
    engine = house.platform.database.engine
    pool: Any = engine.pool
    pool._timeout = 0
    body = {"number": new_id(), "title": "城北道路"}
    with ExitStack() as stack:
        for _ in range(pool.size() + pool._max_overflow):
            stack.enter_context(engine.connect())
        answer = house.call("POST", "/projects", agency, body, 503, key)
    assert answer.json["code"] == "unavailable" and answer.headers["Retry-After"] == "1"
    house.call("POST", "/projects", agency, body, 201, key)


def test_a_fault_in_bidding_does_not_log_where_it_was(
    house: House, supplier: Who, tender: Tendering
) -> None:
    id = begun(house, supplier, tender, b"lost")
    house.call("PUT", f"/uploads/{id}/parts/0", supplier, b"lost", 204)
    house.platform.storage.delete(storage_key(id), 1)
    with capture_logs() as lines:
        house.call("POST", f"/uploads/{id}/completion", supplier, None, 500)
    (line,) = [each for each in lines if each["event"] == "unforeseen error"]
    assert line["route"] == ""


def test_acts_before_and_around_a_notice_are_kept(
    house: House, custodians: tuple[Who, ...]
) -> None:
    agency = house.enrol("agency")
    draft = ready_draft(house, agency, custodians)
    house.call("PUT", f"/tenders/{draft}", agency, house.facts(agency, custodians, title="第二稿"))
    document = house.call("PUT", f"/tenders/{draft}/documents/plan.pdf", agency, b"plan", 201).json
    house.call("GET", f"/tenders/{draft}/documents/plan.pdf", agency)
    with house.platform.database.reading() as session:
        rows = session.query(PrivateAct).order_by(PrivateAct.at).all()
    kept = {row.act: row for row in rows if row.organisation_id == agency.id or row.tender_id == draft}
    for act in ("project.created", "tender.drafted", "tender.changed", "document.stored", "document.fetched"):
        assert kept[act].person_id and kept[act].address, act
        assert kept[act].organisation_id == agency.id
    assert kept["project.created"].tender_id is None
    for act in kept.keys() & {"tender.drafted", "tender.changed", "sealing-key.handed-in", "document.stored"}:
        assert kept[act].tender_id == draft, act
    assert json.loads(kept["tender.changed"].details)["title"] == "第二稿"
    assert json.loads(kept["document.stored"].details) == document
    assert json.loads(kept["document.fetched"].details)["sha256"] == document["sha256"]
    assert kept["document.fetched"].tender_id == draft
    assert kept["sealing-key.handed-in"].role == "custodian"
