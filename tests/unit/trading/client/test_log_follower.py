"""Following the log: every entry is read, and nothing read before may change."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bids.entries import build_entry
from bids.errors import BidError
from bids.objects import build_statement
from signing import canonical, merkle
from signing.encoding import b64encode, format_time
from signing.notes import Checkpoint, NoteSigner, NoteVerifier, format_checkpoint, generate_note_key
from signing.tiles import Tile, write_bundle
from tests.bids_factory import NOW
from trading.client.api import ApiProblem
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.log_follower import Frontier, LogFollower, SplitView
from trading.client.log_memory import LogMemory

TENDER = "ab" * 16


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_frontier_is_the_tree(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for count, leaf in enumerate(leaves, 1):
        frontier.append(leaf)
        assert frontier.root() == merkle.root([merkle.leaf_hash(each) for each in leaves[:count]])
    assert Frontier(frontier.size, frontier.peaks).root() == frontier.root()


class Log:
    """A log that serves itself, and can be made to lie."""

    def __init__(self) -> None:
        self.signer = NoteSigner("log.example/x", generate_note_key())
        self.entries: list[bytes] = []
        self.calls: list[str] = []

    def add(self, act: str = "tender.published", tender: str | None = TENDER) -> None:
        self.entries.append(
            build_entry(at=NOW, act=act, tender=tender, digests={"n": f"{len(self.entries):064x}"})
        )

    def set_envelope_key(self, at: datetime, party: str = TENDER) -> str:
        """An entry with a statement of an envelope key, whose signature nobody looks at here; its digest."""
        members = {"at": format_time(at), "party": party, "key": b64encode(bytes(1216))}
        stated = build_statement("envelope-key", members)
        file = canonical.dumps({"statement": stated, "signature": b64encode(b"x")})
        self.entries.append(build_entry(at=NOW, act="envelope-key.set", statement=file))
        return canonical.digest(canonical.dumps(stated))

    def tree(self) -> merkle.MemoryTree:
        return merkle.MemoryTree([merkle.leaf_hash(each) for each in self.entries])

    def note(self, size: int | None = None) -> bytes:
        size = len(self.entries) if size is None else size
        return format_checkpoint(Checkpoint(self.signer.name, size, self.tree().root(size)), self.signer)

    def raw(self, path: str) -> bytes:
        self.calls.append(path)
        return self.note()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        self.calls.append(path)
        if path == "/log/entries":
            page = self.entries[query["start"] : query["start"] + query["limit"]]
            return {"entries": [b64encode(raw) for raw in page]}
        return {"hashes": [b64encode(each) for each in self.tree().consistency(query["old"], query["new"])]}


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def state(tmp_path: Path) -> CustodianState:
    made = CustodianState(tmp_path)
    made.write(TENDER, "seed", b"x")
    return made


def follower(log: Log, state: CustodianState) -> LogFollower:
    return LogFollower(log, state, NoteVerifier.from_vkey(log.signer.vkey))  # type: ignore[arg-type]


def test_reads_what_is_new_and_keeps_what_concerns_it(log: Log, state: CustodianState) -> None:
    first = follower(log, state)
    assert first.follow().size == 0
    log.add()
    log.add("organisation.enrolled", None)
    log.add("tender.published", "cd" * 16)
    first.follow()
    log.add("tender.closed")
    again = follower(log, state)
    assert again.entries(TENDER) == (log.entries[0],)
    again.follow()
    assert again.entries(TENDER) == (log.entries[0], log.entries[3])
    assert not state.knows("cd" * 16)
    log.calls.clear()
    again.follow()
    assert log.calls == ["/log/checkpoint"], "nothing new, nothing fetched"


def test_an_earlier_answer_that_comes_late_is_a_beginning(log: Log, state: CustodianState) -> None:
    for _ in range(5):
        log.add()
    own = follower(log, state)
    own.follow()
    assert own.follow(log.note(3)).size == 3
    other = Log()
    other.signer = log.signer
    other.add("tender.cancelled")
    with pytest.raises(BidError) as error:
        own.follow(other.note(1))
    assert error.value.code == "log-rewritten"


@pytest.mark.parametrize("grown", [False, True])
def test_a_rewritten_log_is_refused_for_ever(log: Log, state: CustodianState, grown: bool) -> None:
    log.add()
    log.add()
    follower(log, state).follow()
    honest = list(log.entries)
    log.entries[0] = build_entry(at=NOW, act="tender.cancelled", tender=TENDER)
    if grown:
        log.add()
    for _ in range(2):
        with pytest.raises(BidError) as error:
            follower(log, state).follow()
        assert error.value.code == "log-rewritten"
    log.entries = honest
    log.add()
    assert follower(log, state).follow().size == 3


def test_the_newest_envelope_key_and_the_logs_own_time(log: Log, state: CustodianState) -> None:
    log.add()
    earlier = NOW - timedelta(days=1)
    log.set_envelope_key(earlier)
    follower(log, state).follow()  # before anybody listened
    newest = log.set_envelope_key(NOW)
    log.set_envelope_key(earlier)  # an old one, logged again
    log.set_envelope_key(NOW + timedelta(days=1))  # from times to come: it would stand for ever
    memory = LogMemory(state)
    LogFollower(log, state, NoteVerifier.from_vkey(log.signer.vkey), memory).follow()  # type: ignore[arg-type]
    assert memory.heard == 5 and memory.newest == NOW
    again = LogMemory(state)
    assert again.envelope_key(TENDER) == newest and again.envelope_key("cd" * 16) is None
    other = canonical.dumps({"statement": {"type": "sunseal/erasure/v1"}, "signature": "AA=="})
    log.entries.append(build_entry(at=NOW, act="envelope-key.set", statement=other))
    honest = list(log.entries)
    note, log.entries[3] = log.note(), log.entries[0]
    unheard = LogMemory(state)
    state.erase_shared("log-memory.json")
    unheard.forget()
    with pytest.raises(BidError) as false:
        LogFollower(log, state, NoteVerifier.from_vkey(log.signer.vkey), unheard).follow(note)  # type: ignore[arg-type]
    assert false.value.code == "log-entries-false" and unheard.envelope_key(TENDER) is None
    log.entries = honest


def test_an_entry_hidden_or_changed_on_the_way(log: Log, state: CustodianState) -> None:
    log.add()
    log.add("tender.cancelled")
    note = log.note()
    whole = list(log.entries)
    log.entries = whole[:1]
    with pytest.raises(ClientError) as gap:
        follower(log, state).follow(note)
    assert gap.value.code == "log-gap"
    log.entries = [whole[0], whole[0]]
    with pytest.raises(BidError) as error:
        follower(log, state).follow(note)
    assert error.value.code == "log-entries-false"
    assert follower(log, state).entries(TENDER) == (), "nothing of it was kept"


def test_a_checkpoint_of_another_key(log: Log, state: CustodianState) -> None:
    log.add()
    other = Log()
    with pytest.raises(BidError) as error:
        follower(log, state).follow(other.note())
    assert error.value.code == "note-invalid"


def test_whole_bundles_are_taken_as_files_and_the_rest_singly(log: Log, state: CustodianState) -> None:
    for number in range(700):
        log.add(tender=TENDER if number in (0, 300, 699) else None)
    served: list[str] = []

    def file(address: str) -> bytes | None:
        served.append(address)
        tile = Tile.parse(address.removeprefix("/log/"))
        assert tile is not None and tile.level is None
        if tile.number == 1:
            return b"rubbish"  # then it is asked for otherwise
        return write_bundle(log.entries[tile.number * 256 : (tile.number + 1) * 256])

    log.file = file  # type: ignore[attr-defined]
    own = follower(log, state)
    assert own.follow(log.note()).size == 700
    assert served == ["/log/tile/entries/000", "/log/tile/entries/001"]
    assert log.calls.count("/log/entries") == 1
    assert [position for position, _ in own.places(TENDER)] == [0, 300, 699]
    assert own.entries(TENDER) == tuple(log.entries[at] for at in (0, 300, 699))


def test_both_checkpoints_of_a_split_view_are_kept(log: Log, state: CustodianState) -> None:
    log.add()
    own = follower(log, state)
    own.follow(log.note())
    before = log.note()
    log.entries[0] = build_entry(at=NOW, act="tender.published", tender=TENDER, digests={"n": "f" * 64})
    log.add()
    with pytest.raises(SplitView) as caught:
        own.follow(log.note())
    kept = caught.value.place.read_bytes()
    assert before.rstrip(b"\n") in kept and log.note().rstrip(b"\n") in kept
    for lang in ("zh", "en"):
        assert str(caught.value.place) in caught.value.text(lang)  # type: ignore[arg-type]
    assert own.follow(before).size == 1, "it goes on with what it has seen"


def test_who_is_turned_away_accuses_nobody(log: Log, state: CustodianState) -> None:
    for _ in range(3):
        log.add()
    own = follower(log, state)
    own.follow()
    serve, early = log.get, log.note(2)

    def refuse(status: int) -> None:
        def get(path: str, **query: Any) -> dict[str, Any]:
            if path.endswith("consistency"):
                raise ApiProblem(status, {})
            return serve(path, **query)

        log.get = get  # type: ignore[method-assign]

    for status in (401, 403, 429, 503):
        refuse(status)
        with pytest.raises(ApiProblem):
            own.follow(early)
    assert not (state.folder / "split-views").exists()
    refuse(404)  # it has no proof to give
    with pytest.raises(SplitView):
        own.follow(early)
