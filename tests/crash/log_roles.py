"""Processes that append to the log, write its tiles and read its checkpoints, until they are killed."""

from __future__ import annotations

import hashlib
import os
import signal
from multiprocessing.connection import Connection

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.crash.processes import Reporter
from tests.crash.site import Site
from trading.audit.services import AuditLog
from trading.audit.tiles import Tiles
from trading.platform import Platform

COMMIT, COMMITTED = "COMMIT", "committed"


def append(platform: Platform, names: list[str]) -> list[int]:
    """Append an entry for each name in one transaction; their positions, once it is committed."""
    log = AuditLog(platform)
    with platform.database.transaction() as session:
        at = platform.clock.now(session)
        return [
            log.append(
                session, "tender.published", at=at,
                digests={"notice": hashlib.sha256(name.encode()).hexdigest()},
            ).position
            for name in names
        ]  # fmt: skip


def writer(connection: Connection, site: Site, name: str) -> None:
    """A node that appends as fast as it can, three entries in every fourth transaction."""
    report, platform, count = Reporter(connection), site.platform(), 0
    while True:
        count += 1
        names = [f"{name}/{count}/{part}" for part in range(3 if count % 4 == 0 else 1)]
        try:
            positions = append(platform, names)
        except OperationalError:  # SQLite gave others the lock for too long: nothing was written
            continue
        for each, position in zip(names, positions, strict=True):
            report({"event": "appended", "name": each, "position": position})


def doomed(connection: Connection, site: Site, name: str, statements: int) -> None:
    """A node that kills itself before the so many-th statement of an append; 0 is its COMMIT. Where there are
    fewer it is when all is committed and nobody has heard of it."""
    report, platform, left = Reporter(connection), site.platform(), statements

    def pass_by(place: str) -> None:
        nonlocal left
        left -= 1
        if left == 0 or (place == COMMIT and statements == 0):
            die(place)

    def die(place: str) -> None:
        report({"event": "died", "at": place})
        os.kill(os.getpid(), signal.SIGKILL)

    append(platform, [f"{name}/before"])  # what is done once is done
    engine = platform.database.engine
    event.listen(engine, "before_cursor_execute", lambda *told: pass_by(" ".join(told[2].split())))
    event.listen(engine, "commit", lambda _: pass_by(COMMIT))
    while True:
        try:
            append(platform, [f"{name}/{part}" for part in range(3)])
        except OperationalError:
            continue
        die(COMMITTED)


def tiler(connection: Connection, site: Site) -> None:
    """A node that writes tiles, and shows checkpoints to the world."""
    report, platform = Reporter(connection), site.platform()
    log, tiles = AuditLog(platform), Tiles(platform)
    while True:
        with platform.database.reading() as session:
            note = log.checkpoint(session).decode()
        report({"event": "checkpoint", "size": int(note.split("\n")[1]), "root": note.split("\n")[2]})
        tiles.write()
