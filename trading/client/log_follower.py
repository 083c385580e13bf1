"""Follows the platform's public log entry by entry, so that nothing in it can be hidden or rewritten.

A consistency proof would show that the log only grew. Reading every entry on top of what was read before, and
computing the root, shows that too, and besides that no entry (a cancellation, a later notice) was kept from
this reader. Whole bundles of 256 entries are taken as the static files that they are (C2SP tlog-tiles), the
rest entry by entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from bids.custody import check_log_extends
from bids.entries import Entry
from bids.errors import BidError
from bids.trust import Trust
from signing import merkle
from signing.encoding import b64decode, b64encode
from signing.errors import MerkleError
from signing.notes import Checkpoint, NoteVerifier
from signing.tiles import WIDTH, Tile, read_bundle
from trading.client.api import Api, ApiProblem
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError, Language
from trading.client.files import write_record
from trading.client.witness import refusal_file

_RECORD = "log.json"
_KEY = "log-key"
_ENTRIES = "entries.json"
_PAGE = 500
_PREFIX = "/log/"


class SplitView(BidError):
    """The log's key signed a checkpoint that contradicts one seen before; both are kept in `place`."""

    def __init__(self, old: int, new: int, place: Path) -> None:
        super().__init__("log-rewritten", old=old, new=new)
        self.place = place

    def text(self, lang: Language) -> str:
        """What happened, and where the proof is."""
        zh, en = f"两份检查点已存入 {self.place}，可作证据。", f" Both are kept in {self.place} as proof."
        return super().text(lang).rstrip() + (zh if lang == "zh" else en)


class Frontier:
    """The complete subtrees at the right edge of a Merkle tree: enough to append and to compute the root."""

    def __init__(self, size: int = 0, peaks: list[bytes] | None = None) -> None:
        self.size = size
        self.peaks = list(peaks or ())

    def append(self, leaf: bytes) -> None:
        """Add a leaf's bytes."""
        node = merkle.leaf_hash(leaf)
        size = self.size
        while size & 1:
            node = merkle.node_hash(self.peaks.pop(), node)
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of RFC 6962 over all leaves so far."""
        if not self.peaks:
            return merkle.empty_root()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = merkle.node_hash(peak, node)
        return node


class Listener(Protocol):
    """Who wants to know of entries beyond those of tenders: each is heard once, and in the log's order."""

    @property
    def heard(self) -> int:
        """How many entries were heard and are on record."""
        ...

    def hear(self, position: int, entry: Entry) -> None:
        """An entry that is not believed yet."""
        ...

    def keep(self, size: int) -> None:
        """All that was heard stands in a log of that size: on disk before this returns."""
        ...

    def forget(self) -> None:
        """What was heard since `keep` is not to be believed."""
        ...


class Listeners:
    """Several as one; each hears what it has not heard."""

    def __init__(self, *each: Listener) -> None:
        self._each = each

    @property
    def heard(self) -> int:
        """See `Listener`: of who has heard least."""
        return min(one.heard for one in self._each)

    def hear(self, position: int, entry: Entry) -> None:
        """See `Listener`."""
        for one in self._each:
            if position >= one.heard:
                one.hear(position, entry)

    def keep(self, size: int) -> None:
        """See `Listener`."""
        for one in self._each:
            if one.heard < size:
                one.keep(size)

    def forget(self) -> None:
        """See `Listener`."""
        for one in self._each:
            one.forget()


class LogFollower:
    """Remembers the latest checkpoint believed, on disk, and the entries of the tenders on record.

    Args:
        verifier: of the log's checkpoints; its name is the log's origin.
        listener: hears of every entry, on a record that is older than it of those before as well.
    """

    def __init__(
        self, api: Api, state: CustodianState, verifier: NoteVerifier, listener: Listener | None = None
    ) -> None:
        self.verifier = verifier
        self._api = api
        self._state = state
        self._listener = listener
        self._trust = Trust((), log=verifier, log_origin=verifier.name)
        self.origin = verifier.name
        self._seen, self._frontier = self._load()

    def _load(self) -> tuple[bytes | None, Frontier]:
        record = self._state.read_shared(_RECORD)
        if record is None:
            return None, Frontier()
        members = json.loads(record)
        return str(members["checkpoint"]).encode(), Frontier(
            int(members["size"]), [b64decode(peak) for peak in members["peaks"]]
        )

    def follow(self, note: bytes | None = None) -> Checkpoint:
        """Check the signed checkpoint `note` (the platform's newest without one) and read up to it.

        1. It is signed by the log.
        2. If it is larger than the latest believed, all entries in between are fetched, and the root computed
           over everything read so far must be the checkpoint's.
        3. If it is smaller (an answer overtaken by a later one), a consistency proof must show that it is a
           beginning of the latest believed. Of the same size, it must have the same root.

        Raises:
            BidError: "note-invalid", "log-entries-false". SplitView ("log-rewritten"): both checkpoints are
                on record then.
            ClientError: "log-gap".
        """
        if note is None:
            note = self._api.raw("/log/checkpoint")
        new = check_log_extends(None, note, (), self._trust)
        if self._seen is not None and new.size < self._frontier.size:
            hashes = self._hashes(new.size, self._frontier.size)
            try:
                check_log_extends(note, self._seen, hashes, self._trust)
            except BidError as error:
                if error.code != "log-rewritten":
                    raise
                raise self._split(note, new) from None
            return new
        self._read_to(new, note)
        return new

    def entries(self, tender: str) -> tuple[bytes, ...]:
        """The tender's entries up to the latest checkpoint, in log order, as far as it was on record then."""
        return tuple(raw for _, raw in self.places(tender))

    def places(self, tender: str) -> list[tuple[int, bytes]]:
        """As `entries`, each after its position in the log."""
        kept = self._state.read(tender, _ENTRIES)
        pairs = sorted(json.loads(kept)) if kept else []
        return [(int(position), b64decode(raw)) for position, raw in pairs]

    def _contradiction(self, note: bytes, new: Checkpoint) -> BidError:
        """A split view, unless the log proves that it grew from what was seen: then entries are false."""
        if self._seen is not None:
            hashes = self._hashes(self._frontier.size, new.size)
            try:
                check_log_extends(self._seen, note, hashes, self._trust)
            except BidError:
                return self._split(note, new)
        return BidError("log-entries-false", size=new.size)

    def _split(self, note: bytes, new: Checkpoint) -> SplitView:
        """Keep both checkpoints, readable by anybody who is handed the file."""
        seen = self._seen or b""
        folder = self._state.folder / "split-views"
        folder.mkdir(mode=0o700, exist_ok=True)
        place = folder / f"{hashlib.sha256(seen + note).hexdigest()[:16]}.txt"
        if not place.exists():
            write_record(place, refusal_file("it does not extend the one seen before", seen, note))
        return SplitView(self._frontier.size, new.size, place)

    def _hashes(self, old: int, new: int) -> list[bytes]:
        if old in (0, new):
            return []
        try:
            answer = self._api.get("/log/proof/consistency", old=old, new=new)
        except ApiProblem as problem:
            if problem.status != HTTPStatus.NOT_FOUND:
                raise  # down, or we are turned away; a log that has lost entries has no proof to give
            return []
        return [b64decode(str(one)) for one in answer["hashes"]]

    def _read_to(self, new: Checkpoint, note: bytes) -> None:
        if self._listener is not None:
            self._listener.forget()  # what a reading heard that was broken off
        self._catch_up()
        frontier = Frontier(self._frontier.size, self._frontier.peaks)
        found: dict[str, dict[int, str]] = {}
        for position, raw in self._fetch(frontier.size, new.size):
            frontier.append(raw)
            entry = Entry.parse(raw)
            if entry.tender is not None and self._state.knows(entry.tender):
                found.setdefault(entry.tender, {})[position] = b64encode(raw)
            self._tell(position, entry)
        if frontier.root() != new.root:
            if self._listener is not None:
                self._listener.forget()
            raise self._contradiction(note, new)
        for tender, entries in found.items():
            self._keep(tender, entries)
        if self._listener is not None and self._listener.heard < frontier.size:
            self._listener.keep(frontier.size)
        if note != self._seen:
            record = {
                "checkpoint": note.decode(),
                "size": frontier.size,
                "peaks": [b64encode(peak) for peak in frontier.peaks],
            }
            self._state.write_shared(_RECORD, json.dumps(record).encode())
            self._seen, self._frontier = note, frontier

    def _tell(self, position: int, entry: Entry) -> None:
        if self._listener is not None and position >= self._listener.heard:
            self._listener.hear(position, entry)

    def _catch_up(self) -> None:
        """Tell a listener that came later what was read before it: the very entries that were believed."""
        if self._listener is None or self._listener.heard >= self._frontier.size:
            return
        again = Frontier()
        for position, raw in self._fetch(0, self._frontier.size):
            again.append(raw)
            self._tell(position, Entry.parse(raw))
        if again.root() != self._frontier.root():
            self._listener.forget()
            raise BidError("log-entries-false", size=self._frontier.size)
        self._listener.keep(self._frontier.size)

    def _fetch(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        while start < end:
            bundle = self._bundle(start // WIDTH) if end - start >= WIDTH else None
            if bundle is not None:
                for raw in bundle[start % WIDTH :][: end - start]:
                    yield start, raw
                    start += 1
                continue
            page = self._api.get("/log/entries", start=start, limit=min(_PAGE, end - start))["entries"]
            if not page:
                raise ClientError("log-gap", position=start)
            for raw in page[: end - start]:
                yield start, b64decode(str(raw))
                start += 1

    def _bundle(self, number: int) -> list[bytes] | None:
        """A whole bundle; None if it is not to be had, or is none. The root says whether it is right."""
        data = self._api.file(_PREFIX + Tile(None, number).path)
        try:
            return None if data is None else read_bundle(data, WIDTH)
        except MerkleError:
            return None

    def _keep(self, tender: str, entries: dict[int, str]) -> None:
        # Written before the checkpoint: a crash in between reads the same entries again.
        kept = self._state.read(tender, _ENTRIES)
        known = {int(position): str(raw) for position, raw in json.loads(kept)} if kept else {}
        self._state.write(tender, _ENTRIES, json.dumps(sorted((known | entries).items())).encode())


def pinned_verifier(api: Api, state: CustodianState, given: str | None) -> NoteVerifier:
    """The log's key: the one given, else the first one ever shown; never another.

    Raises:
        ClientError: "log-key-other". NoteError: it is no verifier key.
    """
    kept = state.read_shared(_KEY)
    wanted = given or (kept.decode() if kept else None)
    if wanted is None:
        wanted = api.raw("/log/key").decode().strip()
    verifier = NoteVerifier.from_vkey(wanted)
    if kept is None:
        state.write_shared(_KEY, wanted.encode())
    elif kept.decode() != wanted:
        raise ClientError("log-key-other")
    return verifier
