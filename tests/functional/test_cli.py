"""The command line against a platform that runs as a process of its own, as its users would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing.certificates import fingerprint, load_pem
from signing.encoding import b64decode, format_time
from trading.cli import sunseal
from trading.client.api import Api
from trading.client.keyfile import KeyFile
from trading.client.transport import ConnectionFailed, HttpTransport

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
LEAD = 9.0


class Site:
    """A running `sunseal serve`, and the people who use it from a shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        token = folder / "operator-token"
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SUNSEAL_")}
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "trading.cli", "serve", "--data", str(folder / "data"), "--port",
                str(self.port), "--operator-token", str(token), "--lang", "en",
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log, env=environ, text=True,
        )  # fmt: skip
        for _ in range(600):
            if token.exists() or self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.operator = Api(HttpTransport(self.address), token.read_text().strip(), "en")
        self.password = folder / "password"
        self.password.write_text(PASSWORD + "\n")
        self.count = 0

    def organisation(self, role: str) -> tuple[str, Path]:
        """A new organisation: its id, and a file with a token of its person."""
        self.count += 1
        id_ = self.operator.post(
            "/organisations",
            {
                "scheme": "XX-TEST",
                "identifier": str(self.count),
                "name": f"{role} {self.count}",
                "roles": [role],
            },
        )["id"]
        token = self.operator.post(
            f"/organisations/{id_}/tokens", {"person": "Somebody", "role": role, "days": 1}
        )["token"]
        file = self.folder / f"token-{self.count}"
        file.write_text(token)
        return str(id_), file

    def api(self, token: Path) -> Api:
        return Api(HttpTransport(self.address), token.read_text(), "en")

    def key(self, token: Path) -> Path:
        """A key file, made by the command."""
        path = token.with_suffix(".p12")
        run(
            "enrol",
            "--server",
            self.address,
            "--token-file",
            token,
            "--password-file",
            self.password,
            "--out",
            path,
        )
        assert path.stat().st_mode & 0o077 == 0
        return path

    def store(self, token: Path, folder: Path) -> Path:
        """A custodian's store, made by the command; what is published is compared by options."""
        root = fingerprint(load_pem(self.operator.raw("/certificates/roots.pem"))[0])
        run(
            "custodian", "enrol", "--server", self.address, "--token-file", token, "--store", folder,
            "--passphrase-file", self.password, "--root", root, "--log-key",
            self.operator.raw("/log/key").decode().strip(),
        )  # fmt: skip
        return folder

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=30)
        self.log.close()
        return out


def run(*arguments: object, status: int = 0) -> None:
    """A command in this process; its exit status must be `status`."""
    assert sunseal.run([str(each) for each in arguments]) == status


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    if made.process.poll() is None:
        made.stop()


def test_the_main_job_from_the_shell(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = ("--server", site.address)
    agency_token = site.organisation("agency")[1]
    custodians = [site.organisation("custodian") for _ in range(3)]
    agents: list[tuple[object, ...]] = [
        ("custodian", "run", "--store", site.store(token, tmp_path / f"agent-{n}"), "--passphrase-file",
         site.password, "--once")
        for n, (_, token) in enumerate(custodians)
    ]  # fmt: skip
    # The second one's department has a backup that its agent keeps up to date, and words on three sheets.
    words = backed_up(site, tmp_path)
    agents[1] += ("--backup", tmp_path / "backup")
    supplier_token = site.organisation("supplier")[1]
    supplier = ("--key", site.key(supplier_token), "--password-file", site.password)
    as_agency = (*server, "--token-file", agency_token, "--key", site.key(agency_token), "--password-file",
                 site.password, "--lang", "en")  # fmt: skip
    run("agency", "envelope-key", "--out", "envelope.key", *as_agency)
    assert (tmp_path / "envelope.key").stat().st_mode & 0o077 == 0
    facts = {
        "project": {"number": "P-1", "title": "Roads"}, "category": "works", "title": "Road, lot 1",
        "currency": "USD",
        "items": [{"number": "1", "code": "", "description": "Asphalt", "unit": "t", "quantity": "100"}],
        "rules": "generic", "sandbox": True, "threshold": 2, "grace_seconds": 1, "independent": False,
        "custodians": [{"organisation": id_, "role": "notary"} for id_, _ in custodians],
        "deadline": format_time(deadline := milliseconds(datetime.now(UTC) + timedelta(seconds=LEAD))),
    }  # fmt: skip
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    (tmp_path / "terms.pdf").write_bytes(b"%PDF-1.7 terms")
    (tmp_path / "other.json").write_text(json.dumps({**facts, "rules": "nobody's"}))
    run("agency", "draft", "other.json", *as_agency, status=1)
    project = {"number": "P-1", "title": "Another road"}
    (tmp_path / "other.json").write_text(json.dumps({**facts, "project": project}))
    capsys.readouterr()
    run("agency", "draft", "other.json", *as_agency, "--lang", "en", status=1)
    assert "already has a project numbered P-1" in capsys.readouterr().err
    run("agency", "draft", "facts.json", "--document", "terms.pdf", *as_agency)  # the project is there by now
    tender = capsys.readouterr().out.splitlines()[0]
    for agent in agents:
        run(*agent)
    (tmp_path / "other.json").write_text(json.dumps({**facts, "title": "Another road"}))
    publish = ("--tender", tender, "--out", "notice.json", *as_agency)
    run("agency", "publish", "other.json", *publish, status=1)
    assert "title" in capsys.readouterr().err
    run("agency", "publish", "facts.json", *publish)
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7 plan")
    prices = {"1": ".95"}
    (tmp_path / "offer.json").write_text(json.dumps({"unit_prices": prices, "delivery_days": 30}))
    prepare = ("bid", "prepare", "--notice", "notice.json", "--offer", "offer.json", "--attach", "plan.pdf")

    run(*prepare, *supplier, "--out", "bid.sealed", "--lang", "en")
    said = capsys.readouterr().out
    assert "Sealed to 3 custodians, any 2" in said and "rehearsal" in said
    token = (*server, "--token-file", supplier_token)
    run("bid", "submit", "bid.sealed", *token, *supplier, "--lang", "en")
    assert (tmp_path / "bid.sealed.receipt.json").exists()
    said = capsys.readouterr().out
    assert "custodians are not independent" in said and "rehearsal" in said
    run("bid", "withdraw", "bid.sealed", "--reason", "a mistake", *token, *supplier)
    run(*prepare, *supplier, "--out", "second.sealed")
    run("bid", "submit", "second.sealed", *token, *supplier)
    capsys.readouterr()
    run("bid", "status", "second.sealed", *token, "--lang", "en")
    said = capsys.readouterr().out
    assert "withdrawn" in said and "current" in said and "published" in said
    receipt = ("bid", "receipt", "second.sealed", *supplier)
    run(*receipt, "--file", "second.sealed.receipt.json")
    run(*receipt, "--file", "bid.sealed.receipt.json", "--lang", "en", status=1)
    assert "receipt" in capsys.readouterr().err
    for agent in agents:
        run(*agent)

    time.sleep(max(0.0, (deadline - datetime.now(UTC)).total_seconds()) + 1)
    run(*receipt, *token, "--proofs", "--out", "again.json")
    run("bid", "submit", "bid.sealed", *token, *supplier, "--lang", "en")  # received before: the same receipt
    run(*agents[0])
    release_by_hand(site, tmp_path, tender, words[1:], capsys)
    reader = site.api(agency_token)
    wait(lambda: reader.get(f"/tenders/{tender}/opening")["record"])
    of_tender = ("--tender", tender, *as_agency)
    capsys.readouterr()
    run("agency", "files", "--envelope-key", "envelope.key", "--out", "opened", *of_tender)
    (plan,) = map(Path, capsys.readouterr().out.split())
    assert plan.read_bytes() == b"%PDF-1.7 plan"
    run("agency", "evaluate", *of_tender, "--reject", "no reason", status=2)
    run("agency", "evaluate", *of_tender)
    said = capsys.readouterr().out
    assert "95.00" in said
    run("agency", "award", "--winner", plan.parent.name, *of_tender)
    wait(lambda: reader.get(f"/tenders/{tender}/evidence")["ready"])
    package = tmp_path / "evidence.zip"
    package.write_bytes(reader.raw(f"/tenders/{tender}/evidence.zip"))
    check_verify(site, package, capsys)


def backed_up(site: Site, folder: Path) -> list[Path]:
    """The backup of the second agent's store is made, and its words are dealt: two of three."""
    run(
        "custodian", "backup", "--store", folder / "agent-1", "--passphrase-file", site.password, "--out",
        folder / "backup", "--words", "2/3", "--words-out", folder / "words", "--lang", "en",
    )  # fmt: skip
    words = sorted((folder / "words").iterdir())
    assert len(words) == 3 and all(each.stat().st_mode & 0o077 == 0 for each in words)
    return words


def release_by_hand(
    site: Site, folder: Path, tender: str, sheets: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its machine is gone: with the backup and two sheets a person releases from a laptop."""
    (folder / "agent-1").rename(folder / "lost")
    words = [part for sheet in sheets for part in ("--words-file", sheet)]
    of_backup = ("--backup", folder / "backup", *words, "--lang", "en")
    run("custodian", "drill", *of_backup[:4], "--lang", "en", status=1)
    assert "not enough shares of the words yet (so far 1/2)" in capsys.readouterr().err
    run("custodian", "drill", *of_backup)
    said = capsys.readouterr().out
    assert "A sealed test tender" in said and "It holds" in said and "✗" not in said
    laptop = ("--store", folder / "laptop", "--passphrase-file", site.password)
    run("custodian", "recover", *laptop, *of_backup)
    run("custodian", "release", tender, *laptop, "--lang", "en", status=1)
    said = capsys.readouterr()
    assert "With --yes" in said.err and "1 current bids of 1 suppliers" in said.out
    run("custodian", "release", tender, *laptop, "--yes", "--destroy-store", "--lang", "zh")
    assert "份额已释放" in capsys.readouterr().out
    assert not list((folder / "laptop").rglob("seed")) and not (folder / "laptop" / "store.json").exists()
    run("custodian", "journal", "--store", folder / "laptop", "--lang", "en", "--tender", tender)
    said = capsys.readouterr().out
    assert "decided to release" in said and "the whole ledger was fetched" in said


def milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def wait(ask, seconds: float = 30.0):  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return answer


def check_verify(site: Site, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roots, key = package.with_name("roots.pem"), package.with_name("log-key")
    roots.write_bytes(site.operator.raw("/certificates/roots.pem"))
    key.write_bytes(site.operator.raw("/log/key"))
    capsys.readouterr()
    run("verify", package, "--roots", roots, "--log-key", key, "--lang", "en")
    said = capsys.readouterr().out
    assert "The package holds" in said and "nanchored" not in said and "  1 [ok]" in said
    log = package.with_name("log.jsonl")
    size = int(site.operator.raw("/log/checkpoint").splitlines()[1])
    pages = [site.operator.get("/log/entries", start=start, limit=500) for start in range(0, size, 500)]
    log.write_bytes(b"".join(b64decode(each) + b"\n" for page in pages for each in page["entries"]))
    anchors = ("--roots", roots, "--log-key", key)
    run("verify", package, *anchors, "--log-entries", log, "--no-documents", "--lang", "en")
    assert "has no entry of this tender that the package has not" in capsys.readouterr().out
    run("verify", package, "--no-documents", "--lang", "zh")
    assert "核对通过" in (said := capsys.readouterr().out) and "未锚定" in said
    spoiled = package.with_name("spoiled.zip")
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(spoiled, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(b"95.00", b"96.00") if name == "opening-record.json" else data)
    run("verify", spoiled, "--lang", "en", status=1)
    said = capsys.readouterr()
    assert "opening-record.json" in said.out + said.err


def test_wrong_tokens_and_addresses(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUNSEAL_TOKEN", raising=False)
    status = ("bid", "status", "--tender", "0" * 32)
    for arguments, words in (
        ((*status, "--server", site.address), "--token"),
        ((*status, "--server", site.address, "--token", "sst_wrong"), "no such tender"),
        ((*status, "--server", "http://127.0.0.1:1", "--token", "x"), "cannot be reached"),
    ):
        run(*arguments, "--lang", "en", status=1)
        said = capsys.readouterr().err
        assert words in said and said.startswith("Error: ") and "Traceback" not in said
    run(*status, "--server", site.address, "--lang", "zh", status=1)
    assert capsys.readouterr().err.startswith("错误：需要令牌")


def test_a_custodians_key_bids_nowhere(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = site.key(site.organisation("custodian")[1])
    run(
        "bid", "withdraw", "--tender", "0" * 32, "--bid", "0" * 32, "--reason", "x", "--key", key,
        "--password-file", site.password, "--server", site.address, "--token", "x", "--lang", "en", status=1,
    )  # fmt: skip
    assert "role custodian" in capsys.readouterr().err
    assert KeyFile.read(key, PASSWORD.encode()).party.role == "custodian"
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    store = site.store(site.organisation("custodian")[1], tmp_path / "store")
    run("custodian", "run", "--store", store, "--passphrase-file", wrong, "--once", "--lang", "en", status=1)
    assert "passphrase" in capsys.readouterr().err


def test_a_taken_port_is_a_sentence(site: Site, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trading.cli", "serve", "--data", tmp_path / "d", "--port", str(site.port)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "in use" in done.stderr


class Part:
    """A process command of the platform, until it is asked to end."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trading.cli", *map(str, arguments), "--lang", "en"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=30)
        return out


def test_the_parts_of_the_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", tmp_path / "state")
    early = Part("worker", *data)
    assert "sunseal migrate" in early.process.communicate(timeout=60)[0] and early.process.returncode == 1
    run("migrate", *data)
    run("token", *data, "--out", tmp_path / "token")
    assert (tmp_path / "token").read_text().startswith("sst_")
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    worker = Part("worker", *data)
    for server in ("waitress", "granian"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        web = Part("web", *data, "--port", port, "--server", server)
        api = Api(HttpTransport(f"http://127.0.0.1:{port}"), (tmp_path / "token").read_text().strip(), "en")
        assert wait(lambda api=api: answer_of(api))["role"] == "operator", server  # type: ignore[misc]
        said = web.end()
        assert web.process.returncode == 0 and "Traceback" not in said, said
    said = worker.end()
    assert worker.process.returncode == 0 and "The worker is running" in said and "Traceback" not in said


def answer_of(api: Api) -> dict[str, str] | None:
    try:
        return api.get("/me")
    except ConnectionFailed:
        return None


def test_wrong_settings_are_a_sentence(tmp_path: Path) -> None:
    ini = tmp_path / "a.ini"
    for text, words in (
        ("[app:main]\nsunseal.listen_port = many\n", "listen_port"),
        ("[app:main]\nsunseal.nonsense = 1\n", "sunseal.nonsense"),
        ("rubbish", "[app:main]"),
    ):
        ini.write_text(text)
        failed = Part("migrate", "--config", ini)
        said = failed.process.communicate(timeout=60)[0]
        assert failed.process.returncode == 1 and words in said and "Traceback" not in said, said


def test_ends_in_good_order(site: Site) -> None:
    out = site.stop()
    assert site.process.returncode == 0
    assert "running at" in out and "Stopping" in out


def test_a_database_that_does_not_answer_is_a_sentence_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUNSEAL_DATABASE_URL", "postgresql+psycopg://sunseal:hush@127.0.0.1:1/sunseal")
    for command in ("migrate", "worker", "serve"):
        run(command, status=1)
        said = capsys.readouterr().err
        assert "cannot be reached" in said and "database_url" in said and "hush" not in said
