"""A big attachment's way from the supplier's disk to the agency's, and the memory that it takes.

Everything runs as its user runs it: the supplier's command line, the platform's web process under waitress,
the agency's client. Jobs are not in question; they run in the process that calls.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bids.container import SealedBid
from signing.keys import save_pkcs12
from tests.benchmarks.paper import unit_prices
from tests.crash.agents import Agents
from tests.crash.dust import states
from tests.crash.site import Site
from tests.crash.world import Published, World
from tests.functional.measured import peak
from trading.client.api import Api, ApiProblem
from trading.client.transport import ConnectionFailed, HttpTransport
from trading.opening.services import Openings

LIMIT = 200 * 1024  # KiB, for each process
LATER = timedelta(hours=2)
ROOT = Path(__file__).resolve().parents[2]


def carry(folder: Path, size: int) -> dict[str, int]:
    """Seal, upload and open an attachment of `size` bytes; the peak memory of each process, in KiB.

    Raises:
        AssertionError: a step failed, or what was opened is not what was sealed.
    """
    site = Site.on_sqlite(folder, claim_seconds=10.0, scan_seconds=0.25)
    world = World.create(site)
    agents = Agents(world, folder / "agents", lambda: datetime.now(UTC) + world.clock.ahead)
    draft = world.draft(world.now() + LATER)
    agents.round()
    tender = world.publish(draft)
    agents.round()
    drawings = folder / "drawings.dwg"
    _write_sparse(drawings, size)
    _write_supplier_files(world, tender, folder)
    peaks = {}
    with _platform(site) as (server, process):
        sealed = folder / "bid.sealed"
        peaks["prepare"] = _measured(
            folder, "sunseal", "bid", "prepare", "--notice", "notice.json", "--offer", "offer.json",
            "--attach", drawings.name, "--key", "supplier.p12", "--roots", "roots.pem", "--out", sealed.name,
        )  # fmt: skip
        with sealed.open("rb") as source:
            manifest = SealedBid.open(source).manifest
        assert sealed.stat().st_size > size
        peaks["submit"] = _measured(
            folder, "sunseal", "bid", "submit", sealed.name, "--server", server, "--token-file", "token",
            "--roots", "roots.pem",
        )  # fmt: skip
        sealed.unlink()
        _open(world, agents, tender)
        (folder / "manifest.json").write_bytes(manifest.raw)
        (folder / "opened").mkdir()
        job = {
            "server": server, "token": world.parties.agency.token, "notice": "notice.json",
            "manifest": "manifest.json", "seed": world.parties.envelope_seed.hex(), "folder": "opened",
        }  # fmt: skip
        peaks["open"] = _measured(folder, "open-files", json.dumps(job))
        peaks["platform"] = peak(process.pid)
    world.close()
    opened = folder / "opened" / drawings.name
    assert opened.stat().st_size == size
    with opened.open("rb") as file:
        assert file.read(7) == b"opening"
        file.seek(size - 7)
        assert file.read() == b"closing"
    return peaks


def _write_sparse(path: Path, size: int) -> None:
    """Zeros that take no room, but for both ends."""
    with path.open("wb") as file:
        file.write(b"opening")
        file.seek(size - 7)
        file.write(b"closing")


def _write_supplier_files(world: World, tender: Published, folder: Path) -> None:
    """What a supplier has on its machine."""
    supplier = world.suppliers(1)[0]
    (folder / "notice.json").write_bytes(tender.raw)
    (folder / "notice.p7s").write_bytes(world.api().raw(f"/tenders/{tender.id}/notice.p7s"))
    (folder / "roots.pem").write_bytes(world.api().raw("/certificates/roots.pem"))
    signer = supplier.signer
    packed = save_pkcs12(signer.key, signer.certificate, signer.chain, b"secret")
    (folder / "supplier.p12").write_bytes(packed)
    (folder / "token").write_text(supplier.token)
    prices = unit_prices(len(tender.notice.items))
    (folder / "offer.json").write_text(json.dumps({"unit_prices": prices, "delivery_days": 60}))


def _open(world: World, agents: Agents, tender: Published) -> None:
    """Two hours later: the tender closes, its custodians release, it is opened."""
    world.clock.ahead = LATER + timedelta(seconds=1)
    openings = Openings(world.platform)
    assert openings.close(tender.id)
    agents.round()
    openings.open(tender.id)
    assert states(world)[tender.id] == "opened"


@contextmanager
def _platform(site: Site) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`sunseal web` on the site, and its address."""
    settings = site.settings()
    port = _free_port()
    server = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "SUNSEAL_DATABASE_URL": settings.database_url,
        "SUNSEAL_STORAGE_URL": settings.storage_url,
        "SUNSEAL_KEYS_DIR": str(settings.keys_dir),
        "SUNSEAL_PUBLIC_URL": server,
        "SUNSEAL_LISTEN_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    with (site.folder / "web.log").open("wb") as log:
        command = [sys.executable, "-m", "trading.cli", "web", "--server", "waitress"]
        process = subprocess.Popen(command, env=environment, cwd=site.folder, stdout=log, stderr=log)
    try:
        _await_answer(server, process, site.folder / "web.log")
        yield server, process
    finally:
        process.terminate()
        process.wait(30)


def _await_answer(server: str, process: subprocess.Popen[bytes], log: Path) -> None:
    api = Api(HttpTransport(server))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            api.raw("/log/key")
        except (ConnectionFailed, ApiProblem):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def _measured(folder: Path, *step: str) -> int:
    """A step in a process of its own: the most memory it had, in KiB."""
    told = folder / "peak"
    command = [sys.executable, "-m", "tests.functional.measured", str(told), *step]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SUNSEAL_PASSWORD": "secret"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(told.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
