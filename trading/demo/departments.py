"""The departments of the distributed demonstration: platform, custodians, witness, by their commands."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from signing.certificates import dump_pem, fingerprint
from signing.encoding import b64decode
from signing.keys import require_p256, spki
from signing.suite import by_name
from trading.client.api import Api
from trading.client.custodian_journal import Journal, Line
from trading.client.custodian_store import Store
from trading.client.errors import Language
from trading.client.keyfile import fetch_roots
from trading.client.transport import HttpTransport
from trading.demo.errors import DemoError
from trading.demo.parties import CUSTODIANS, CustodianMember, Enrolment
from trading.demo.platform import free_port
from trading.demo.processes import Process, run_command

WITNESS = "archives.demo/witness"
_START_SECONDS = 90.0
_POLL = "0.4"


@dataclass
class Department:
    """A custodian's department: its folder, its key store in it, and its agent."""

    member: CustodianMember
    process: Process
    store: Path
    passphrase: str

    def journal(self) -> list[Line]:
        """What its agent says that it did and refused."""
        return list(Journal(self.store).lines())

    def refusal(self) -> Line | None:
        """What it said last of why it does not serve a tender."""
        return next((line for line in reversed(self.journal()) if line.kind == "refused"), None)

    def swap_key(self, tender: str) -> None:
        """What somebody with access to the machine can do: another sealing key in the tender's place."""
        store = Store.open(self.store, self.passphrase)
        with store.alone():
            store.state.write(tender, "seed", by_name("sunseal-1").new_sealing_seed())


class Departments:
    """Everybody with a process: started one after the other, each in a folder of its own under `work`."""

    def __init__(self, work: Path, language: Language) -> None:
        self._work = work
        self._language = language
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.transport = HttpTransport(self.address, connections=8)
        self.public = Api(self.transport, None, language)
        self.custodians: list[Department] = []
        self.processes: list[Process] = []

    def _place(self, name: str) -> Path:
        place = self._work / name
        place.mkdir(mode=0o700)
        return place

    # --- platform and witness

    def start_platform(self) -> None:
        """The witness makes its key first, since the platform's policy names it."""
        self._witness_place = self._place("witness")
        said = run_command(
            "witness", "init", "--state", "state", "--name", WITNESS, folder=self._witness_place
        )
        line = f"witness archives {said.split()[-1]}\n"
        place = self._place("platform")
        # The platform asks no witness: this one comes by itself.
        (place / "policy").write_text(f"{line}group all 1 archives\nquorum all\n", "utf-8")
        self._witness_line = line
        token = place / "operator-token"
        settings = {
            "SUNSEAL_DATABASE_URL": f"sqlite:///{place / 'sunseal.db'}",
            "SUNSEAL_STORAGE_URL": f"file://{place / 'storage'}",
            "SUNSEAL_KEYS_DIR": str(place / "keys"),
            "SUNSEAL_LOG_POLICY": str(place / "policy"),
            "SUNSEAL_PUBLIC_URL": self.address,
            "SUNSEAL_LOG_ORIGIN": "sunseal.demo/log",
        }
        arguments = (
            "serve", "--port", str(self.port), "--operator-token", str(token),
            "--with-parent", str(os.getpid()),
        )  # fmt: skip
        self.platform = self._start(Process("platform", place, arguments, settings))
        end = time.monotonic() + _START_SECONDS
        while not token.exists() or not token.read_text("utf-8").endswith("\n"):
            self.platform.check()
            if time.monotonic() > end:
                raise DemoError("platform-start", reason=self.platform.tail())
            time.sleep(0.05)
        self.enrolment = Enrolment(self.transport, token.read_text("utf-8").strip(), self._language)
        token.unlink()
        self.log_key = self.public.raw("/log/key").decode().strip()
        self.roots = tuple(fetch_roots(self.public))

    def start_witness(self) -> None:
        """It watches the log whose key was compared, and reaches out; nobody can reach it."""
        place = self._witness_place
        run_command("witness", "add-log", self.log_key, "--state", "state", folder=place)
        self.witness = self._start(
            Process(
                "witness", place,
                ("witness", "run", "--state", "state", "--pull", self.address, "--poll", _POLL),
            )
        )  # fmt: skip

    @property
    def policy(self) -> str:
        """What custodians and readers want of the log: this key, and the witness's cosignature."""
        return f"log {self.log_key}\n{self._witness_line}group all 1 archives\nquorum all\n"

    # --- custodians

    def start_custodians(self, agency: str) -> None:
        """Each is enrolled by the operator, makes its store, and runs its agent."""
        for index, (role, name) in enumerate((("agency", agency), *CUSTODIANS), 1):
            self.custodians.append(self._custodian(index, role, name))

    def _custodian(self, index: int, role: str, name: str) -> Department:
        place = self._place(f"custodian-{index}")
        id_, token = self.enrolment.token(f"CUSTODIAN-{index}", name, "custodian", f"Custodian {index}")
        passphrase = secrets.token_urlsafe(16)
        for file, content in (("token", token), ("passphrase", passphrase), ("policy", self.policy)):
            path = place / file
            path.touch(0o600)
            path.write_text(content, "utf-8")
        run_command(
            "custodian", "enrol", "--server", self.address, "--token-file", "token", "--store", "store",
            "--passphrase-file", "passphrase", "--root", fingerprint(self.roots[0]), "--log-key",
            self.log_key, "--lang", "en", folder=place,
        )  # fmt: skip
        store = Store.open(place / "store", passphrase)
        public = require_p256(store.keys.signer.certificate.public_key())
        arguments = (
            "custodian", "run", "--store", "store", "--passphrase-file", "passphrase", "--policy", "policy",
            "--poll", _POLL,
        )  # fmt: skip
        process = self._start(Process(name, place, arguments))
        return Department(
            CustodianMember(id_, role, name, spki(public)), process, place / "store", passphrase
        )

    def _start(self, process: Process) -> Process:
        self.processes.append(process)
        process.start()
        return process

    # --- what readers have

    def verify(self, package: Path, folder: Path) -> str:
        """`sunseal verify` by a reader with root, log key, policy and all of the log; what it says."""
        (folder / "roots.pem").write_bytes(dump_pem(self.roots))
        (folder / "policy").write_text(self.policy, "utf-8")
        (folder / "entries").write_bytes(b"".join(entry + b"\n" for entry in self.entries()))
        return run_command(
            "verify", str(package), "--roots", "roots.pem", "--log-key", self.log_key, "--policy", "policy",
            "--log-entries", "entries", "--lang", self._language, folder=folder,
        )  # fmt: skip

    def entries(self) -> Iterator[bytes]:
        """All leaves of the log."""
        start = 0
        while page := self.public.get("/log/entries", start=start, limit=500)["entries"]:
            yield from (b64decode(str(each)) for each in page)
            start += len(page)

    def stop(self) -> None:
        """End all processes, the platform last."""
        for process in reversed(self.processes):
            process.stop()
