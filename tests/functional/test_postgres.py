"""The PostgreSQL of the tests: its databases are apart, its clock is real, and it never outlives the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]

OWN_SERVER = bool(os.environ.get(postgres.URL_VARIABLE))

# A run that starts its own server, tells where, and then ends in the way asked for.
CHILD = """
import os, signal, sys, time
from tests import postgres
run = postgres.Run()
server = postgres.ensure_server()
print((server.folder / "ready.json").read_text(), server.folder, sep="\\n", flush=True)
if sys.argv[1] == "close":
    run.close()
elif sys.argv[1] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
else:
    time.sleep(60)
"""


def test_answers_through_sqlalchemy(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bid (total numeric)"))
        connection.execute(text("INSERT INTO bid VALUES (0.1)"))
        assert str(connection.scalar(text("SELECT total FROM bid"))) == "0.1"
        version = connection.scalar(text("SHOW server_version_num"))
    engine.dispose()
    assert int(str(version)) >= 140000


def test_databases_are_apart(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as one, postgres_server.database() as other:
        for url in (one, other):
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                connection.execute("CREATE TABLE only_here (n int)")


def test_dropped_even_with_somebody_inside(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as url:
        connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("+psycopg", ""))


def test_template_is_built_once_and_copied(postgres_server: postgres.Server) -> None:
    built = []

    def build(url: str) -> None:
        built.append(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE copied (n int)")

    name = f"probe{os.getpid()}"
    template = postgres_server.template(name, build)
    assert postgres_server.template(name, build) == template
    assert len(built) == 1
    with postgres_server.database(template) as url, psycopg.connect(url.replace("+psycopg", "")) as copy:
        assert copy.execute("SELECT count(*) FROM copied").fetchone() == (0,)


@pytest.mark.skipif(OWN_SERVER, reason="a server of your own is used")
def test_listens_on_no_port(postgres_server: postgres.Server) -> None:
    with psycopg.connect(postgres_server.url.replace("+psycopg", "")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)


def gone(pid: int) -> bool:
    """True when the process has ended; one that ended but was not waited for counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def await_true(what: str, condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"still waiting for: {what}"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(OWN_SERVER, reason="a server of your own is used")
@pytest.mark.parametrize("ending", ["close", "kill", "keeper killed"])
def test_leaves_nothing_behind(ending: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k != postgres.FOLDER_VARIABLE}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, ending], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    with child.stdout:
        ready = json.loads(child.stdout.readline())
        folder = Path(child.stdout.readline().strip())
        if ending == "keeper killed":
            os.kill(ready["keeper"], signal.SIGKILL)
            await_true("the server's end", lambda: gone(ready["pid"]))
            child.kill()
        child.wait(30)
    await_true("the server's end", lambda: gone(ready["pid"]))
    if ending != "keeper killed":
        await_true("the folder's removal", lambda: not folder.exists())
    else:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
