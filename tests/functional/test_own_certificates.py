"""A party finds what the platform certified in its name unasked, and proves it to a supervisor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bids.enrolment_days import day_digest
from bids.trust import build_enrolment
from signing import canonical
from signing.certificates import create_csr, load_pem, party_of
from signing.encoding import b64encode
from signing.keys import Signer, generate_signing_key, save_pkcs12
from signing.statements import sign_statement
from tests.functional.house import Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.wsgi_transport import LyingTransport
from trading.accounts.enrolment_days import catch_up, log_day, prepare
from trading.audit.services import AuditLog
from trading.cli import sunseal
from trading.client import custodian_session
from trading.client.own_record import NAME
from trading.clock import SHANGHAI
from trading.commands import options
from trading.commands.certificates_check import EXIT_FOREIGN

pytestmark = pytest.mark.one_database

_A_DAY = timedelta(days=1, hours=2)


class Scene:
    """A platform, and parties with a folder each for what they keep."""

    def __init__(self, house: OpeningHouse, folder: Path) -> None:
        self.house, self.folder = house, folder
        self.line = LyingTransport(house.app.app)
        (folder / "roots.pem").write_bytes(house.call("GET", "/certificates/roots.pem").body)
        (folder / "log.key").write_bytes(house.call("GET", "/log/key").body)
        (folder / "password").write_text("pw")

    def enrol(self, role: str) -> Who:
        """A party with its key file and its token in a folder of its own."""
        who = self.house.enrol(role)
        home = self.home(who)
        home.mkdir()
        signer = who.signer
        chain = (*signer.chain, *self.house.platform.keys.roots)
        (home / "key.p12").write_bytes(save_pkcs12(signer.key, signer.certificate, chain, b"pw"))
        (home / "token").write_text(who.token)
        return who

    def home(self, who: Who) -> Path:
        return self.folder / who.id

    def check(self, who: Who, *more: object, signed_in: bool = True) -> int:
        home = self.home(who)
        given = ["certificates", "check", "--server", "http://platform", "--key", home / "key.p12",
                 "--password-file", self.folder / "password", "--state", home / "log",
                 "--log-key", self.folder / "log.key", "--lang", "en"]  # fmt: skip
        if signed_in:
            given += ["--token-file", home / "token"]
        return sunseal.run([str(one) for one in (*given, *more)])

    def prove(self, proof: Path, roots: str = "roots.pem") -> int:
        anchors = ("--roots", self.folder / roots, "--log-key", self.folder / "log.key")
        return sunseal.run([str(one) for one in ("certificates", "proof", proof, *anchors, "--lang", "en")])

    def certify(self, who: Who) -> Who:
        """The platform certifies a key of its own in the party's name."""
        house, key = self.house, generate_signing_key()
        body = {"person": "nobody", "role": who.role, "days": 9}
        token = house.call("POST", f"/organisations/{who.id}/tokens", house.operator, body).json["token"]
        request = {"csr": create_csr(key, who.name).decode()}
        issued = house.call("POST", "/certificates", token, request, 201).json
        certificate = load_pem(issued["certificate"].encode())[0]
        return replace(
            who, signer=Signer(key, certificate, who.signer.chain), fingerprint=issued["fingerprint"]
        )

    @property
    def now(self) -> datetime:
        with self.house.platform.database.reading() as session:
            return self.house.clock.now(session)

    def day(self, days: int = 0) -> str:
        """So many days from today."""
        return (self.now.astimezone(SHANGHAI).date() + timedelta(days=days)).isoformat()

    def log(self, act: str, **digests: str) -> None:
        """The platform logs what it should not."""
        with self.house.platform.database.transaction() as session:
            AuditLog(self.house.platform).append(session, act, at=self.now, digests=digests)

    def a_day_later(self, days: int = 1) -> None:
        self.house.clock.ahead(days * _A_DAY)
        self.house.work()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    made = Scene(house, tmp_path)
    for module in (options, custodian_session):
        monkeypatch.setattr(module, "HttpTransport", lambda *given, **more: made.line)
    yield made
    house.close()


def test_all_is_ones_own(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    agency, supplier, custodian = (scene.enrol(role) for role in ("agency", "supplier", "custodian"))
    for who in (agency, supplier, custodian):
        assert scene.check(who) == 0
        said = capsys.readouterr().out
        assert "Every certificate in your name is your own" in said and who.fingerprint in said
    scene.a_day_later()
    assert scene.check(supplier) == 0
    assert "your place was checked: 1" in capsys.readouterr().out
    assert scene.check(supplier, "--token-file", scene.home(agency) / "token") == 1
    said = capsys.readouterr()
    assert f"another party's ({agency.name})" in said.err and "supervisor" not in said.out + said.err
    scene.line.sent.clear()
    assert scene.check(agency, signed_in=False) == 0, "the log is read from where it was read before"
    assert scene.line.count("GET", "/enrolment") == 0
    assert "were not opened" in capsys.readouterr().out


def test_a_custodian_by_its_store(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    house, who = scene.house, scene.house.enrol("custodian")
    home = scene.home(who)
    home.mkdir()
    (home / "token").write_text(who.token)
    (home / "passphrase").write_text("a passphrase")
    root = hashlib.sha256(house.platform.keys.root.public_bytes(Encoding.DER)).hexdigest()
    store = ("--store", home / "store", "--passphrase-file", home / "passphrase", "--lang", "en")
    given = ("--server", "http://platform", "--token-file", home / "token")
    pinned = ("--root", root, "--log-key", house.platform.keys.log.vkey)
    enrol = ("custodian", "enrol", *given, *store, *pinned)
    assert sunseal.run([str(one) for one in enrol]) == 0
    check = [str(one) for one in ("certificates", "check", *given, *store, "--state", home / "log")]
    # The first certificate, of before there was a store, is on no record yet.
    assert sunseal.run(check) == EXIT_FOREIGN
    assert f"{who.fingerprint}  NOT YOURS" in capsys.readouterr().out
    assert sunseal.run([*check, "--mine", who.fingerprint]) == 0
    assert capsys.readouterr().out.count("enrolled (custodian)") == 2


def test_an_agency_finds_a_certificate_that_it_never_asked_for(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    agency = scene.enrol("agency")
    false = scene.certify(agency)
    assert scene.check(agency, signed_in=False) == EXIT_FOREIGN, "the public log tells"
    said = capsys.readouterr().out
    assert f"{false.fingerprint}  NOT YOURS" in said and "sunseal revoke" in said
    (proof,) = (scene.home(agency) / "log" / "proofs").iterdir()
    assert scene.prove(proof) == 0
    said = capsys.readouterr().out
    assert false.fingerprint in said and "The proof holds" in said
    (scene.folder / "other.pem").write_bytes(scene.house.other_root())
    assert scene.prove(proof, "other.pem") == 1
    assert "does not hold" in capsys.readouterr().out
    # A colleague's, after all: a person says so, once.
    assert scene.check(agency, "--mine", false.fingerprint) == 0
    assert false.fingerprint in (scene.home(agency) / NAME).read_text()
    assert scene.check(agency) == 0


def test_a_supplier_finds_one_under_the_days_root_and_what_it_signed(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    house, supplier = scene.house, scene.enrol("supplier")
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    tender = house.tender(house.enrol("agency"), custodians)
    false = scene.certify(supplier)
    bid = house.bid(false, tender).bid
    assert scene.check(supplier, signed_in=False) == 0, "nobody may learn who has bid"
    capsys.readouterr()
    house.past_deadline()
    house.work()
    assert scene.check(supplier, signed_in=False) == EXIT_FOREIGN
    said = capsys.readouterr().out
    assert f"bid {bid}" in said and tender.id in said
    (proof,) = (scene.home(supplier) / "log" / "proofs").iterdir()
    assert scene.prove(proof) == 0
    assert "It signed a bid" in capsys.readouterr().out
    scene.a_day_later()
    assert scene.check(supplier) == EXIT_FOREIGN
    assert "under the daily root of" in capsys.readouterr().out
    assert scene.prove(proof) == 0
    assert "in the party's place under the day's root" in capsys.readouterr().out


def test_what_the_platform_keeps_back_is_told(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    agency, supplier = scene.enrol("agency"), scene.enrol("supplier")
    false = scene.certify(agency)
    scene.certify(supplier)
    scene.a_day_later()
    # Another's enrolment in the place of the one that the log names.
    honest = scene.house.call("GET", f"/certificates/{agency.fingerprint}/enrolment").json
    scene.line.lies[f"{false.fingerprint}/enrolment"] = lambda answer: honest
    assert scene.check(agency, signed_in=False) == 1
    assert f"a certificate {false.fingerprint} whose enrolment" in capsys.readouterr().out
    scene.line.lies.clear()
    assert scene.check(agency, signed_in=False) == EXIT_FOREIGN, "it is asked for again"
    capsys.readouterr()
    # The daily root is not opened; the list leaves the false one out.
    scene.line.lies["/certificates/days"] = lambda answer: {"items": []}
    scene.line.lies["/certificates"] = lambda answer: (
        answer | {"items": [one for one in answer["items"] if one["fingerprint"] == supplier.fingerprint]}
    )
    assert scene.check(supplier) == 1
    assert "did not open your place under it" in capsys.readouterr().out
    del scene.line.lies["/certificates/days"]
    assert scene.check(supplier) == EXIT_FOREIGN, "the root itself has it"
    capsys.readouterr()
    # What is the party's own is left out of the list.
    scene.line.lies["/certificates"] = lambda answer: answer | {"items": []}
    assert scene.check(supplier) == EXIT_FOREIGN
    assert "does not list your certificate" in capsys.readouterr().out


def test_a_second_entry_does_not_stand_for_the_first(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    agency, other = scene.enrol("agency"), scene.enrol("agency")
    false = scene.certify(agency)
    statement = build_enrolment(
        at=scene.now, certificate=false.signer.certificate, party=party_of(other.signer.certificate)
    )
    file = b64encode(sign_statement(statement, scene.house.platform.keys.statement, scene.now))
    digest = canonical.digest(canonical.dumps(statement))
    scene.log("certificate.issued", certificate=false.fingerprint, enrolment=digest)
    scene.line.lies[f"{false.fingerprint}/enrolment"] = lambda answer: {"file": file}
    for _ in range(2):
        assert scene.check(agency, signed_in=False) == 1
        assert f"a certificate {false.fingerprint} whose enrolment" in capsys.readouterr().out


def test_a_root_of_a_day_before_one_was_there(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.house.clock.noon()
    supplier = scene.enrol("supplier")
    scene.log("certificates.day", day=day_digest(scene.day(-1)), root="0" * 64)
    assert scene.check(supplier) == 0, "it may come late"
    scene.log("certificates.day", day=day_digest(scene.day(-1)), root="1" * 64)
    assert scene.check(supplier) == 1, "but not twice"
    assert "did not open your place under it" in capsys.readouterr().out
    other = scene.enrol("supplier")
    scene.house.clock.noon(1)
    scene.house.work()
    scene.log("certificates.day", day=day_digest(scene.day(-3)), root="2" * 64)
    assert scene.check(other) == 1, "nor behind a later day's"


def test_who_came_just_after_midnight_was_not_there_the_day_before(scene: Scene) -> None:
    clock = scene.house.clock
    clock.noon()
    scene.house.enrol("agency")
    clock.ahead(clock.offset + timedelta(hours=12, minutes=4))
    supplier = scene.enrol("supplier")
    clock.ahead(clock.offset + timedelta(hours=2))
    scene.house.work()
    assert scene.check(supplier) == 0


def test_a_job_that_comes_late_logs_no_day_behind_a_later_one(scene: Scene) -> None:
    house, platform = scene.house, scene.house.platform
    house.clock.noon()
    supplier = scene.enrol("supplier")
    first = scene.day()
    house.clock.noon(1)
    with platform.database.reading() as session:
        prepared = prepare(platform, session, first)
    assert prepared is not None
    house.clock.noon(2)
    catch_up(platform)
    with platform.database.transaction() as session:
        assert prepare(platform, session, first) is None
        assert log_day(platform, session, prepared) is None
    assert scene.check(supplier) == 0
