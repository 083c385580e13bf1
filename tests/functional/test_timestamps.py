"""Our time-stamp authority over HTTP, and receipts that get their time-stamps from it or from others."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc3161_client
from asn1crypto import tsp
from sqlalchemy import func, select, text, update

from bids.package import bid_name
from bids.receipts import Receipt
from bids.tokens import examine_token, imprint_of
from signing import der
from signing import timestamp_messages as messages
from signing.certificates import dump_pem
from signing.encoding import b64decode
from signing.timestamps import verify_token
from tests.functional.bidding import withdrawal, withdrawals
from tests.functional.house import House, Tendering, Who, signed
from tests.functional.opening_house import OpeningHouse
from tests.outside_stamper import new_stamper
from tests.outside_tsa import outside_authority
from trading.operating.health import findings
from trading.timestamps.authorities import FAILURES, make_authorities
from trading.timestamps.models import AwaitedToken

pytestmark = pytest.mark.one_database

DIGEST = hashlib.sha256(b"anything").digest()
QUERY = {"Content-Type": "application/timestamp-query"}


def stamped(house: House, body: bytes, status: int = 200, headers: dict[str, str] = QUERY) -> bytes:
    return bytes(house.app.post("/tsa", body, headers=headers, status=status).body)


def test_anybody_gets_a_time_stamp(house: House) -> None:
    answer = house.app.post("/tsa", messages.build_request(messages.imprint_of(DIGEST), 5), headers=QUERY)
    assert answer.content_type == "application/timestamp-reply"
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers
    stamp = verify_token(messages.read_reply(answer.body), DIGEST, house.platform.keys.roots, nonce=5)
    assert abs(stamp.time - house.now()) < timedelta(seconds=5)
    with house.platform.database.transaction() as session:
        session.execute(text("UPDATE log_head SET size = size"))  # somebody bids; strangers wait for nobody
        assert stamped(house, messages.build_request(messages.imprint_of(DIGEST), 6))


def asking(algorithm: str, imprint: bytes, **members: object) -> bytes:
    """A request by asn1crypto, which shares no code with ours."""
    said = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": imprint}
    request = {"version": "v1", "message_imprint": said, "nonce": 9, "cert_req": True, **members}
    return bytes(tsp.TimeStampReq(request).dump())


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"not a request", "bad_data_format"),
        (b"", "bad_data_format"),
        (asking("sha256", DIGEST)[:-1], "bad_data_format"),
        (asking("sha256", DIGEST[:20]), "bad_data_format"),
        (asking("sha1", bytes(20)), "bad_alg"),
        (asking("sha256", DIGEST, req_policy="1.2.3.4"), "unaccepted_policy"),
        (asking("sha256", DIGEST, nonce=2**600), "bad_request"),
    ],
    ids=("rubbish", "nothing", "cut off", "wrong length", "SHA-1", "another policy", "vast nonce"),
)
def test_what_is_no_request_gets_the_refusal_of_the_protocol(house: House, body: bytes, failure: str) -> None:
    answer = house.app.post("/tsa", body, headers=QUERY)
    assert (answer.status_int, answer.content_type) == (200, "application/timestamp-reply")
    reply = der.Reader(answer.body).inside(der.SEQUENCE)
    status = tsp.PKIStatusInfo.load(reply.element(), strict=True)
    reply.end()  # no token
    assert status["status"].native == "rejection" and status["fail_info"].native == {failure}
    assert status["status_string"].native[0], "and in words"
    with pytest.raises(messages.TimeStampRefused):
        messages.read_reply(answer.body)


def test_what_is_too_long_or_of_another_kind_gets_an_error_of_http(house: House) -> None:
    """As RFC 3161 section 3.4 has it: a reply, or an HTTP error."""
    for headers, body, status in (
        ({"Content-Type": "text/plain"}, b"x", 415),
        (QUERY, b"\0" * 5000, 413),
    ):
        problem = house.app.post("/tsa", body, headers=headers, status=status).json
        assert problem["title"] and problem["detail"]


def test_too_many_are_told_to_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from trading.timestamps import views
    from trading.web.addresses import Attempts

    monkeypatch.setattr(views, "_asked", Attempts(2, 60))
    body = messages.build_request(messages.imprint_of(DIGEST), 5)
    for _ in range(2):
        stamped(house, body)
    refused = house.app.post("/tsa", body, headers=QUERY, status=429)
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.outside
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_is_a_client_of_ours(house: House, tmp_path: Path) -> None:
    def openssl(*arguments: str) -> str:
        command = ["openssl", "ts", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    (tmp_path / "data").write_bytes(b"what somebody wants stamped")
    (tmp_path / "roots.pem").write_bytes(dump_pem(house.platform.keys.roots))
    openssl("-query", "-data", "data", "-sha512", "-cert", "-out", "q.tsq")
    (tmp_path / "r.tsr").write_bytes(stamped(house, (tmp_path / "q.tsq").read_bytes()))
    said = openssl("-verify", "-in", "r.tsr", "-queryfile", "q.tsq", "-CAfile", "roots.pem")
    assert "Verification: OK" in said


def test_rfc3161_client_is_a_client_of_ours(house: House) -> None:
    data = b"what somebody wants stamped"
    asked = rfc3161_client.TimestampRequestBuilder().data(data).nonce(nonce=True).build()
    reply = rfc3161_client.decode_timestamp_response(stamped(house, asked.as_bytes()))
    (root,) = house.platform.keys.roots
    verifier = rfc3161_client.VerifierBuilder.from_request(asked).add_root_certificate(root).build()
    assert verifier.verify_message(reply, data)
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify_message(reply, data + b" ")


def test_a_receipt_comes_with_its_time_stamp(house: House, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    file = b64decode(house.submit(supplier, tender, sealed)["receipt"])
    receipt = Receipt.parse(file)
    found = examine_token(receipt, house.platform.keys.roots)
    assert found is not None and found.authority == "own" and found.time == receipt.received_at
    raw, signature = withdrawal(house, supplier, tender, sealed.bid)
    answer = house.call("POST", withdrawals(tender), supplier, signed(raw, signature)).json
    taken_back = examine_token(Receipt.parse(b64decode(answer["receipt"])), house.platform.keys.roots)
    assert taken_back is not None and taken_back.authority == "own"
    # The same again is the same receipt, to the byte.
    again = house.submit(supplier, tender, sealed, status=200)
    assert b64decode(again["receipt"]) == file


def waiting_house(folder: Path, urls: str) -> OpeningHouse:
    """A house that asks these authorities, whose roots lie in its folder."""
    database = f"sqlite:///{folder / 'sunseal.db'}"
    return OpeningHouse(folder, database, tsa_urls=urls, tsa_roots_file=folder / "roots.pem")


def scene(house: OpeningHouse) -> tuple[Tendering, list[tuple[Who, str]]]:
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    tender = house.tender(house.enrol("agency"), custodians)
    suppliers = [house.enrol("supplier") for _ in range(2)]
    return tender, [(who, house.bid(who, tender).bid) for who in suppliers]


def receipt_of(house: OpeningHouse, tender: Tendering, who: Who, bid: str) -> Receipt:
    answer = house.call("GET", f"/tenders/{tender.id}/bids/{bid}/receipt", who).json
    return Receipt.parse(b64decode(answer["file"]))


def test_outside_stamps_come_after_the_receipt_and_show_nothing_else(tmp_path: Path) -> None:
    stamper = new_stamper(datetime.now(UTC), "P-256")
    (tmp_path / "roots.pem").write_bytes(dump_pem([stamper.root, stamper.intermediate]))
    with outside_authority(stamper) as (url, tsa):
        house = waiting_house(tmp_path, f"{url} own")
        tender, bids = scene(house)
        first = receipt_of(house, tender, *bids[0])
        assert first.token is None and not tsa.asked, "nobody outside is asked while the lock is held"
        house.work()
        for who, bid in bids:
            receipt = receipt_of(house, tender, who, bid)
            found = examine_token(receipt, house.platform.keys.roots, [stamper.root, stamper.intermediate])
            assert found is not None and found.authority == "outside"
        read = [tsp.TimeStampReq.load(one)["message_imprint"] for one in tsa.asked]
        imprints = {one["hashed_message"].native for one in read}
        assert imprints == {imprint_of(receipt_of(house, tender, *one).cms) for one in bids}
        assert all(len(one) < 80 for one in tsa.asked), "an imprint, a nonce and nothing else"
        assert {frozenset(one) for one in tsa.headers_seen} == {
            frozenset({"Host", "Accept-Encoding", "Content-Length", "Content-Type", "Accept", "User-Agent"})
        }
        with house.platform.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(AwaitedToken)) == 0
        house.past_deadline()
        house.work()
        house.cancel(tender)
        package, report = house.verified(tender)
        said = {one.code: one.ok for one in report.findings if "tokens" in one.code}
        assert report.ok and said == {"verify-tokens": True, "verify-tokens-package": None}
        assert {bid_name(bid, "receipt.tsr") for _, bid in bids} < set(package.names)
        house.close()


def test_with_the_first_out_of_order_the_next_stamps_and_it_is_left_alone(tmp_path: Path) -> None:
    stamper = new_stamper(datetime.now(UTC), "P-256")
    (tmp_path / "roots.pem").write_bytes(dump_pem([stamper.root, stamper.intermediate]))
    with outside_authority(stamper, broken=True) as (broken, asked), outside_authority(stamper) as (good, _):
        house = waiting_house(tmp_path, f"{broken} {good}")
        tender, bids = scene(house)
        bids += [(who, house.bid(who, tender).bid) for who in (house.enrol("supplier") for _ in range(3))]
        house.work()
        assert all(receipt_of(house, tender, *one).token is not None for one in bids)
        # Two workers may ask at the same moment; after three failures nobody asks any more.
        assert 3 <= len(asked.asked) <= 4 < len(bids)
        house.close()


def told(house: OpeningHouse) -> str:
    """What the health page of another process says of time-stamps."""
    platform = house.platform
    fresh = replace(platform, timestamps=make_authorities(platform.settings, platform.keys, house.now))
    with platform.database.reading() as session:
        return next(one.how for one in findings(fresh, session) if one.part.en == "Time-stamps")


def test_with_all_out_of_order_the_receipt_stands_and_is_tried_again(tmp_path: Path) -> None:
    stamper = new_stamper(datetime.now(UTC), "P-256")
    (tmp_path / "roots.pem").write_bytes(dump_pem([stamper.root, stamper.intermediate]))
    with outside_authority(stamper, broken=True) as (url, tsa):
        house = waiting_house(tmp_path, url)
        tender, bids = scene(house)
        house.work()
        assert receipt_of(house, tender, *bids[0]).token is None
        for tries, how in ((FAILURES - 1, "good"), (FAILURES, "warn")):
            with house.platform.database.transaction() as session:
                session.execute(update(AwaitedToken).values(tries=tries))
            assert told(house) == how, "by a process that has asked nobody"
        tsa.broken = False
        house.clock.ahead(timedelta(seconds=30))
        house.work()
        assert receipt_of(house, tender, *bids[0]).token is not None
        assert receipt_of(house, tender, *bids[1]).token is not None
        house.close()
