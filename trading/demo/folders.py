"""Folders of a demonstration: one that goes away, one that appears whole; and an orderly end."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from trading.demo.errors import DemoError


def new_folder(out: Path | None) -> Path:
    """Where results go: `out`, or var/demo/<time>; DemoError "out-exists"."""
    folder = (out or Path("var", "demo", datetime.now().astimezone().strftime("%Y%m%d-%H%M%S"))).absolute()
    if folder.exists():
        raise DemoError("out-exists", path=folder)
    return folder


@contextmanager
def terminated() -> Iterator[None]:
    """SIGTERM and a closed terminal end it as Ctrl-C does: platform stopped, folders removed."""

    ending = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in ending:  # keys lie in the work folder: nothing may cut its removal short
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ending}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def work_folder() -> Iterator[Path]:
    """Keys and the platform's state; gone at the end."""
    work = Path(tempfile.mkdtemp(prefix="sunseal-demo-"))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def results(folder: Path) -> Iterator[Path]:
    """A folder beside the one asked for, to be renamed when it is whole; removed otherwise."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        aside.chmod(0o755)
    except OSError as error:
        raise DemoError("out-unwritable", path=folder, reason=error.strerror) from None
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)
