"""Progress: a table that fills on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from trading.client.errors import Language
from trading.demo.source import Contract

if TYPE_CHECKING:
    from rich.console import RenderableType

STATES = {
    "waiting": ("待发布", "waiting", "dim"),
    "published": ("招标中", "bidding", "cyan"),
    "closed": ("已截止", "closed", "yellow"),
    "opening": ("开标中", "opening", "yellow"),
    "opened": ("已开标", "opened", "blue"),
    "evaluated": ("已评标", "evaluated", "blue"),
    "awarded": ("已定标", "awarded", "green"),
    "failed": ("流标", "failed", "magenta"),
    "verified": ("已核对", "verified", "bold green"),
}


@dataclass
class Line:
    """A tender's line of the table."""

    contract: Contract
    state: str = "waiting"
    submitted: int = 0
    winner: str = ""
    total: str = ""


@dataclass
class Board:
    """What is known so far, changed by many threads and shown by one."""

    lines: dict[str, Line]
    stage: str = ""
    until: float | None = None
    lock: Lock = field(default_factory=Lock)


class Progress(Protocol):
    """Where the demonstration tells how far it is."""

    def stage(self, chinese: str, english: str, seconds: float | None = None) -> None:
        """What is being done now; `seconds` until it ends by the clock."""
        ...

    def submitted(self, contract: str) -> None:
        """One more bid is in."""
        ...

    def state(self, contract: str, state: str) -> None:
        """A tender has come to a state (a key of STATES)."""
        ...

    def winner(self, contract: str, bidder: str, total: str) -> None:
        """A tender has a winner."""
        ...


class PlainProgress:
    """A line for each thing that happens."""

    def __init__(self, contracts: Sequence[Contract], language: Language) -> None:
        self._board = Board({one.number: Line(one) for one in contracts})
        self._language = language
        self._began = time.monotonic()

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", flush=True)

    def stage(self, chinese: str, english: str, seconds: float | None = None) -> None:
        """As Progress."""
        self._say(chinese if self._language == "zh" else english)

    def submitted(self, contract: str) -> None:
        """As Progress; said once all of a tender's bids are in."""
        with self._board.lock:
            line = self._board.lines[contract]
            line.submitted += 1
            complete = line.submitted == len(line.contract.bids)
        if complete:
            words = "份投标已送达" if self._language == "zh" else "bids are in"
            self._say(f"{contract}  {line.submitted} {words}")

    def state(self, contract: str, state: str) -> None:
        """As Progress."""
        with self._board.lock:
            if self._board.lines[contract].state == state:
                return
            self._board.lines[contract].state = state
        self._say(f"{contract}  {STATES[state][0 if self._language == 'zh' else 1]}")

    def winner(self, contract: str, bidder: str, total: str) -> None:
        """As Progress."""
        self._say(f"{contract}  {bidder}  {total}")


class TableProgress:
    """A table that fills, redrawn in place."""

    def __init__(self, contracts: Sequence[Contract], language: Language) -> None:
        self._board = Board({one.number: Line(one) for one in contracts})
        self._zh = language == "zh"

    def stage(self, chinese: str, english: str, seconds: float | None = None) -> None:
        """As Progress."""
        with self._board.lock:
            self._board.stage = chinese if self._zh else english
            self._board.until = None if seconds is None else time.monotonic() + seconds

    def submitted(self, contract: str) -> None:
        """As Progress."""
        with self._board.lock:
            self._board.lines[contract].submitted += 1

    def state(self, contract: str, state: str) -> None:
        """As Progress."""
        with self._board.lock:
            self._board.lines[contract].state = state

    def winner(self, contract: str, bidder: str, total: str) -> None:
        """As Progress."""
        with self._board.lock:
            self._board.lines[contract].winner = bidder
            self._board.lines[contract].total = total

    def __rich__(self) -> RenderableType:
        from rich import box
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        heads = ("合同", "名称", "投标", "状态", "第一名", "总价") if self._zh else (
            "Contract", "Title", "Bids", "State", "Lowest", "Total",
        )  # fmt: skip
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
        for index, head in enumerate(heads):
            table.add_column(
                head,
                justify="right" if index in (2, 5) else "left",
                no_wrap=True,
                overflow="ellipsis",
                ratio={1: 3, 4: 3}.get(index),
            )
        with self._board.lock:
            for line in self._board.lines.values():
                chinese, english, style = STATES[line.state]
                wanted = len(line.contract.bids)
                bids = Text(f"{line.submitted}/{wanted}", "green" if line.submitted == wanted else "")
                table.add_row(
                    line.contract.number, line.contract.title, bids,
                    Text(chinese if self._zh else english, style), line.winner, line.total,
                )  # fmt: skip
            stage = Text("  ") + Text(self._board.stage, "bold")
            if self._board.until is not None:
                left = max(0.0, self._board.until - time.monotonic())
                stage += Text(f"  {left:4.1f} s", "cyan")
        return Group(stage, table)


@contextmanager
def progress_on(contracts: Sequence[Contract], language: Language) -> Iterator[Progress]:
    """The table on a terminal, plain lines elsewhere; what it showed last stays on the screen."""
    if not sys.stdout.isatty():
        yield PlainProgress(contracts, language)
        return
    from rich.live import Live

    table = TableProgress(contracts, language)
    with Live(table, refresh_per_second=8, transient=False):
        yield table
