"""Jobs through real brokers: two workers, from the deadlines to the evidence."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dramatiq
import pytest

from tests.crash import roles
from tests.crash.processes import Child
from tests.crash.scene import Scene
from tests.crash.site import Site
from trading.config import Settings
from trading.queue import QUEUE, QUEUES, depths, make_broker

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

pytestmark = [pytest.mark.outside, pytest.mark.slow]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: Sequence[str], environ: Mapping[str, str], port: int, folder: Path) -> Iterator[None]:
    """Run it until the block ends; whatever it started ends with it."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environ}, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "server.log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def open_all(site: Site) -> None:
    """Two workers share everything from the closings to the evidence; each bid is opened once."""
    with Scene.at(site, site.folder, (3, 22), grace=2) as scene, scene.agents.at_work(2):
        children = [Child.start(roles.worker, site) for _ in range(2)]
        try:
            for child in children:
                child.listen()
            scene.settle()
        finally:
            for child in children:
                child.kill()
    assert all(child.lines for child in children), "both ran"


def settled(broker: dramatiq.Broker, wanted: tuple[int, int, int]) -> None:
    """Wait until the broker counts so; RabbitMQ takes a moment."""
    for _ in range(100):
        if depths(broker) == {**dict.fromkeys(QUEUES, (0, 0, 0)), QUEUE: wanted}:
            return
        time.sleep(0.1)
    raise AssertionError(depths(broker))


def count_messages(url: str) -> None:
    """What the operator's page says of the queues: what waits, and what failed for good."""
    broker = make_broker(Settings(broker_url=url))

    def fail(subject: str) -> None:
        raise ValueError(subject)

    actors = [
        dramatiq.actor(actor_name=name, broker=broker, queue_name=name, max_retries=0)(fail)
        for name in QUEUES
    ]
    assert depths(broker) == dict.fromkeys(QUEUES, (0, 0, 0))
    for n in range(3):
        actors[0].send(str(n))
    settled(broker, (3, 0, 0))
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=100)
    worker.start()
    settled(broker, (0, 0, 3))
    worker.stop()
    broker.flush_all()
    broker.close()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_redis(postgres_url: str, tmp_path: Path) -> None:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with server(command, {}, port, tmp_path):
        count_messages(f"redis://127.0.0.1:{port}/1")
        open_all(Site(postgres_url, tmp_path, broker_url=f"redis://127.0.0.1:{port}/0"))


@pytest.mark.skipif(not RABBIT.exists(), reason="rabbitmq-server is not installed")
def test_rabbitmq(postgres_url: str, tmp_path: Path) -> None:
    port, epmd = free_port(), str(free_port())
    environ = {
        "HOME": str(tmp_path),
        "ERL_EPMD_PORT": epmd,
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
        "RABBITMQ_NODENAME": f"sunseal{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_MNESIA_BASE": str(tmp_path / "mnesia"),
        "RABBITMQ_LOG_BASE": str(tmp_path / "log"),
        "RABBITMQ_PID_FILE": str(tmp_path / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(tmp_path / "plugins"),
    }
    try:
        with server([str(RABBIT)], environ, port, tmp_path):
            count_messages(f"amqp://guest:guest@127.0.0.1:{port}")
            open_all(Site(postgres_url, tmp_path, broker_url=f"amqp://guest:guest@127.0.0.1:{port}"))
    finally:
        subprocess.run(["epmd", "-port", epmd, "-kill"], capture_output=True, check=False)
