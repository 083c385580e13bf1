"""Commands for acts that are seldom needed: what they do, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from cryptography import x509
from webtest import TestApp

from bids.unlock_file import UnlockFile, write_unlock_file
from signing.certificates import fingerprint
from signing.encoding import b64encode, format_time
from tests.functional.agent_scene import CAST, Cast, Scene
from tests.functional.house import Who
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.test_receipt_check import served
from tests.functional.test_unlocking import WINDOW, answering
from trading.accounts.revocation_lists import RevocationLists
from trading.cli import sunseal
from trading.client.keyfile import KeyFile
from trading.commands.platform import data_overrides, settings_from
from trading.platform import build_platform
from trading.web.app import make_app

pytestmark = pytest.mark.one_database

PASSWORD = "correct horse battery"


class Shell:
    """A person with a token, a password and a folder, at a platform's address."""

    def __init__(
        self, house: OpeningHouse, address: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.house, self.address, self.folder, self._capsys = house, address, folder, capsys
        (folder / "password").write_text(PASSWORD + "\n")
        (folder / "roots.pem").write_bytes(house.call("GET", "/certificates/roots.pem").body)

    def run(self, *arguments: object, status: int = 0) -> str:
        """A command's words; its exit status must be `status`, and it shows nobody a stack."""
        self._capsys.readouterr()
        found = sunseal.run([*map(str, arguments), "--lang", "en"])
        told = self._capsys.readouterr()
        assert found == status, told
        assert "Traceback" not in told.err
        return told.out + told.err

    def of(self, who: Who, key: bool = True) -> tuple[object, ...]:
        """The options by which somebody acts; the key file is made by `sunseal enrol`."""
        token = self.folder / f"{who.id}.token"
        token.write_text(who.token)
        options = ("--server", self.address, "--token-file", token)
        if not key:
            return options
        file = self.folder / f"{who.id}.p12"
        password = ("--password-file", self.folder / "password")
        if not file.exists():
            self.run("enrol", *options, *password, "--out", file)
        return (*options, "--key", file, *password)

    def certificate(self, who: Who) -> str:
        """Of the key file that `of` made."""
        key = KeyFile.read(self.folder / f"{who.id}.p12", PASSWORD.encode())
        return fingerprint(key.signer.certificate)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    (tmp_path / "house").mkdir()
    house = OpeningHouse(tmp_path / "house", f"sqlite:///{tmp_path / 'house' / 'sunseal.db'}")
    with served(house) as address:
        yield Shell(house, address, tmp_path, capsys)
    house.close()


def test_a_certificate_is_revoked_at_once_and_signs_nothing_more(shell: Shell) -> None:
    house = shell.house
    supplier, thief = house.enrol("supplier"), house.enrol("supplier")
    mine, theirs = shell.of(supplier), shell.of(thief, key=False)
    name = shell.certificate(supplier)
    for arguments, status, words in (
        ((*mine[:4],), 2, "Give one of --key and --certificate"),
        ((*mine, "--certificate", name), 2, "Give one of"),
        ((*mine[:4], "--certificate", "abc"), 1, "fingerprint"),
        ((*theirs, "--certificate", name), 1, "certificate"),
        ((*mine[:4], "--certificate", "0" * 64), 1, "certificate"),
    ):
        said = shell.run("revoke", *arguments, "--reason", "keyCompromise", status=status)
        assert words in said, said
    assert "Invalid value" in shell.run("revoke", *mine, "--reason", "boredom", status=2)
    done = shell.run("revoke", *mine, "--reason", "keyCompromise")
    assert f"Certificate {name} was revoked at" in done
    assert shell.run("revoke", *mine, "--reason", "superseded") == done, "the first time is when it was"
    # Of a key file that is lost the fingerprint will do; and the operator may where its holder is gone.
    lost = house.enrol("supplier")
    shell.of(lost)
    by_name = ("--certificate", shell.certificate(lost), "--reason", "cessationOfOperation")
    shell.run("revoke", "--server", shell.address, "--token", house.operator, *by_name)
    # What it signs from now on is refused by a rule; what it had signed stands.
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    tender = house.tender(house.enrol("agency"), custodians)
    (shell.folder / "notice.json").write_bytes(tender.notice.raw)
    (shell.folder / "notice.p7s").write_bytes(tender.signature)
    (shell.folder / "offer.json").write_text('{"unit_prices": {"1": "2", "2": "3"}}')
    with time_machine.travel(house.now(), tick=True):
        of_bid = ("--notice", shell.folder / "notice.json", "--offer", shell.folder / "offer.json")
        shell.run("bid", "prepare", *of_bid, *mine[4:], "--out", shell.folder / "bid.sealed")
        said = shell.run("bid", "submit", shell.folder / "bid.sealed", *mine, status=1)
    assert "revoked" in said


def test_unlocked_decided_judged_and_cancelled(shell: Shell) -> None:
    """A course with a lock and two segments, as bidder and agency go it from their shells."""
    house = shell.house
    CAST[house] = Cast(house)
    scene = Scene(house, shell.folder / "agents", segments=["qualification", "price"], lock=True)
    (mine, late), tender = scene.suppliers, scene.tender
    sealed = dict(zip((mine.id, late.id), scene.bids, strict=True))
    files = {who: shell.folder / f"{who}.unlock" for who in sealed}
    for who, bid in sealed.items():
        assert bid.secret is not None
        opens = format_time(tender.notice.policy.opens_at)
        files[who].write_bytes(write_unlock_file(UnlockFile(tender.id, bid.bid, opens, bid.secret)))
    of_tender = ("--tender", tender.id, *shell.of(scene.agency))
    options = (*shell.of(mine, key=False), "--roots", shell.folder / "roots.pem")
    assert "opening time" in shell.run("bid", "unlock", files[mine.id], *options, status=1)
    assert "no opening record yet" in shell.run("agency", "stage", *of_tender, status=1)
    answering(house, [(0, 31)])
    scene.close()
    assert scene.step() == 3
    with time_machine.travel(house.now(), tick=True):
        said = shell.run("bid", "unlock", files[mine.id], *options)
        receipt = files[mine.id].with_suffix(".unlocked.json")
        assert "was unlocked at" in said and str(receipt) in said
        # Nobody unlocks another's bid, and who has another secret is on record.
        shell.run("bid", "unlock", files[late.id], *options, status=1)
    body = {"secret": b64encode(bytes(32))}
    place = f"/tenders/{tender.id}/bids/{sealed[late.id].bid}/unlocking"
    house.refused("POST", place, late, body, "unlock-secret-wrong")
    house.clock.ahead(AFTER + WINDOW + timedelta(seconds=5))
    house.work()
    assert house.state(tender) == "judging"
    check = ("receipt", "check", receipt, "--roots", shell.folder / "roots.pem", "--server", shell.address)
    assert "The platform kept its promise" in shell.run(*check)
    with time_machine.travel(house.now(), tick=True):
        bid, other = sealed[late.id].bid, sealed[mine.id].bid
        decide = ("agency", "decide-unlocking", *of_tender, "--reason", "the page failed")
        assert "Name each bid once" in shell.run(*decide, status=2)
        assert "Name each bid once" in shell.run(*decide, "--revoked", bid, "--withdrawn", bid, status=2)
        shell.run(*decide, "--revoked", other, status=1)
        assert f"Bid {bid} counts as withdrawn" in shell.run(*decide, "--withdrawn", bid)
        shell.run(*decide, "--withdrawn", bid, status=1)
        stage = ("agency", "stage", *of_tender)
        shell.run(*stage, "--reject", "no reason", status=2)
        shell.run(*stage, "--reject", f"{bid}=it never opened", status=1)
        said = shell.run(*stage)
        assert f"{other}  goes on" in said and "price of 1 bid(s) now opens" in said
        shell.run(*stage, status=1)
        assert "Cancelled" in shell.run("agency", "cancel", *of_tender, "--reason", "no budget")
        assert "Error" in shell.run("agency", "cancel", *of_tender, "--reason", "no budget", status=1)
    assert house.state(tender) == "cancelled"


def test_a_platform_key_is_replaced_and_the_operator_invited(shell: Shell) -> None:
    data = shell.folder / "state"
    shell.run("migrate", "--data", data)
    settings = settings_from(None, data_overrides(data))
    before = build_platform(settings)
    replaced = before.keys.receipt.certificate
    old = fingerprint(replaced)
    before.close()
    assert "Invalid value" in shell.run("platform-key", "log", "--data", data, status=2)
    said = shell.run("platform-key", "receipt", "--data", data, "--reason", "superseded")
    after = build_platform(settings)
    new = fingerprint(after.keys.receipt.certificate)
    assert new != old and f"Revoked {old}; new: {new}" in said
    with after.database.reading() as session:
        found = RevocationLists(after).published(session, "platform")
    row = x509.load_der_x509_crl(found.der).get_revoked_certificate_by_serial_number(replaced.serial_number)
    assert row is not None, "everybody who asks for the lists learns of it"
    file = shell.folder / "link"
    shell.run("invite", "--data", data, "--out", file)
    assert file.stat().st_mode & 0o077 == 0
    shell.run("invite", "--data", data, "--out", file, status=1)
    # A person's newest link is good in a browser, and names whom it is for.
    app = TestApp(make_app(after))
    shown = shell.run("invite", "--data", data, "--person", "Zhang San").strip()
    assert "Zhang San" in app.get(urlsplit(shown).path).text
    assert app.get(urlsplit(file.read_text().strip()).path).status_int == 200, "a refusal makes no newer one"
    app.get(urlsplit(shown[:-4]).path, status=404)
    after.close()


def test_a_witness_is_made_and_told_of_logs(shell: Shell) -> None:
    log = shell.house.platform.keys.log.vkey
    state = ("--state", shell.folder / "witness")
    said = shell.run("witness", "init", *state, "--name", "gov.example/finance", "--log", log)
    key = said.splitlines()[-1]
    assert key.startswith("gov.example/finance+")
    assert shell.run("witness", "key", *state).strip() == key
    shell.run("witness", "init", *state, "--name", "gov.example/finance", status=1)
    shell.run("witness", "add-log", log, *state, status=1)
    shell.run("witness", "add-log", "rubbish", *state, status=1)
    other = log.replace(log.partition("+")[0], "other.example/log", 1)
    shell.run("witness", "add-log", other, *state, status=1)
