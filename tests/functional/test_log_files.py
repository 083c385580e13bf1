"""The log's files as anybody fetches them (C2SP tlog-tiles), and its witnesses (tlog-witness)."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from webob import Request
from webtest import TestResponse

from signing import merkle, notes
from signing.cosignatures import bare
from signing.notes import NoteVerifier, parse_checkpoint, parse_proof, read_checkpoint, verify_proof
from signing.policies import parse_policy
from signing.tiles import Tile, TileTree, read_bundle, tiles_of
from tests.functional.house import House
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_audit import leaves
from tests.functional.witnessed import Watcher, policy_file, watchers
from tests.functional.wsgi_transport import WsgiTransport
from trading.audit.models import LogEntry, LogTiles
from trading.audit.services import AuditLog
from trading.audit.tiles import PLACE, Tiles
from trading.audit.witnesses import Witnesses
from trading.client.api import Api
from trading.client.witness_pull import PullingWitness
from trading.errors import TradingError
from trading.storage import PartExists

IMMUTABLE = "public, max-age=31536000, immutable"


def grow(house: House, count: int) -> None:
    log = AuditLog(house.platform)
    with house.platform.database.transaction() as session:
        for number in range(count):
            digests = {"notice": hashlib.sha256(str(number).encode()).hexdigest()}
            log.append(session, "tender.published", at=house.clock.now(session), digests=digests)


def get(house: House, path: str, status: Any = 200, **headers: str) -> TestResponse:
    return house.app.get(f"/log/{path}", headers=headers, status=status)


@pytest.fixture(scope="module")
def grown(house: House) -> House:
    grow(house, 600)
    return house


def test_the_whole_log_from_its_files_alone(grown: House) -> None:
    note = get(grown, "checkpoint")
    assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert note.headers["Cache-Control"] == "public, max-age=1"
    key = NoteVerifier.from_vkey(grown.platform.keys.log.vkey)
    checkpoint = parse_checkpoint(note.body, key, grown.platform.keys.log_origin)
    raws: list[bytes] = []
    for tile in tiles_of(0, checkpoint.size, None):
        answer = get(grown, tile.path)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == IMMUTABLE
        raws += read_bundle(answer.body, tile.width)
    assert raws == leaves(grown)
    tree = TileTree(checkpoint.size, lambda path: get(grown, path).body)
    assert merkle.root_at(checkpoint.size, tree.read) == checkpoint.root
    for place in (0, 255, 256, checkpoint.size - 1):
        proof = merkle.inclusion_proof(place, checkpoint.size, tree.read)
        leaf = merkle.leaf_hash(raws[place])
        merkle.verify_inclusion(place, checkpoint.size, leaf, proof, checkpoint.root)


def test_bundles_are_compressed_for_those_who_take_it(grown: House) -> None:
    # Not by the test's client, which would unpack it unasked.
    place = "/log/tile/entries/000"
    plain = Request.blank(place).get_response(grown.app.app)
    packed = Request.blank(place, headers={"Accept-Encoding": "gzip"}).get_response(grown.app.app)
    assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize(
    "path", ["tile/0/009", "tile/0/002.p/255", "tile/2/000.p/1", "tile/entries/009", "tile/0/0",
             "tile/9999/000", "tile/x", "tile/0/../000", "tile/63/000",
             "tile/0/x999/x999/x999/x999/x999/999"],
)  # fmt: skip
def test_what_is_not_there_is_404_in_plain_text(grown: House, path: str) -> None:
    answer = get(grown, path, 404)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_full_tiles_are_written_once_as_files(grown: House) -> None:
    tiles, storage = Tiles(grown.platform), grown.platform.storage
    tiles.write()
    assert storage.folder is not None
    place = storage.folder / PLACE
    names = {str(path.relative_to(place)) for path in place.glob("**/*") if path.is_file()}
    assert names == {f"tile/{kind}/00{number}" for kind in ("0", "entries") for number in (0, 1)}
    with grown.platform.database.transaction() as session:
        for name in names:
            tile = Tile.parse(name)
            assert tile is not None
            assert tiles.stored(tile) == tiles.made(session, tile) == get(grown, name).body
        # A run that was killed before it noted what it wrote: the next one writes the same again.
        session.execute(delete(LogTiles))
    tiles.write()
    with grown.platform.database.reading() as session:
        assert session.scalar(select(LogTiles.bundles)) == 2


def test_a_tile_of_another_log_is_never_overwritten(grown: House) -> None:
    storage = grown.platform.storage
    assert storage.folder is not None
    place = storage.folder / PLACE / "tile/0/000"
    before = place.read_bytes()
    with pytest.raises(PartExists):
        storage.put_file(f"{PLACE}/tile/0/000", b"x" * len(before))
    assert place.read_bytes() == before


def test_a_statement_is_proved_by_its_digest(grown: House) -> None:
    raws = leaves(grown)
    digest = hashlib.sha256(b"77").hexdigest()  # named by the entry that `grow` made 78th
    for asked in (digest, hashlib.sha256(raws[-1]).hexdigest()):
        proof = grown.call("GET", f"/log/proof/statement?digest={asked}").body
        leaf = raws[parse_proof(proof).index]
        assert asked.encode() in leaf or leaf == raws[-1]
        key = NoteVerifier.from_vkey(grown.platform.keys.log.vkey)
        verify_proof(proof, leaf, key, grown.platform.keys.log_origin)
    grown.refused("GET", f"/log/proof/statement?digest={'0' * 64}", None, None, "log-digest-not-found")
    grown.refused("GET", "/log/proof/inclusion?position=0&cosigned=true", None, None, "log-not-cosigned")
    grown.refused("POST", "/log/cosignatures", None, {"size": 1, "cosignature": "x"}, "log-size-not-offered")


def test_an_entry_that_no_bundle_holds_is_refused_before_it_is_logged(house: House) -> None:
    size = len(leaves(house))
    digests = {f"d{number}": "0" * 64 for number in range(64)}
    long = b'{"signature":"' + b"A" * 65_000 + b'","statement":{"type":"x"}}'
    with house.platform.database.transaction() as session, pytest.raises(TradingError) as caught:
        AuditLog(house.platform).append(
            session, "tender.evaluated", at=house.now(), digests=digests, statement=long
        )
    assert caught.value.code == "log-entry-too-large"
    assert len(leaves(house)) == size


# --- witnesses


@pytest.fixture(params=("sqlite", "postgresql"))
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[OpeningHouse, list[Watcher]]]:
    """Two witnesses that are asked, and one that asks."""
    url = f"sqlite:///{tmp_path / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with watchers(tmp_path, 2, 1) as made:
        house = OpeningHouse(tmp_path, url, log_policy=policy_file(tmp_path, made, 2))
        for each in made:
            each.watch(house)
        house.work()  # what a new platform logs by itself
        yield house, made
        house.close()


def pulling(house: House, watcher: Watcher) -> PullingWitness:
    assert watcher.own is not None
    return PullingWitness(watcher.own, Api(WsgiTransport(house.app.app)))


def offer(house: OpeningHouse, ahead: int = 3) -> bytes:
    """The newest checkpoint, offered `ahead` seconds after the start."""
    house.clock.ahead(timedelta(seconds=ahead))
    house.work()
    return get(house, "checkpoint").body


def cosigned_by(house: House, note: bytes) -> list[str]:
    return sorted(house.platform.settings.witnesses.cosigned(note))


def test_new_checkpoints_are_cosigned_by_all(watched: tuple[OpeningHouse, list[Watcher]]) -> None:
    house, made = watched
    grow(house, 3)
    offer(house)
    puller = pulling(house, made[2])
    assert puller.step() is True and puller.step() is False
    note = get(house, "checkpoint").body
    assert cosigned_by(house, note) == ["0", "1", "2"] and read_checkpoint(note).size == len(leaves(house))
    # Two seconds later, and 300 entries on: the witness that asks makes its proof from the tiles.
    grow(house, 300)
    assert get(house, "checkpoint").body == note, "the newest offered, for a moment"
    offer(house, 6)
    assert puller.step() is True
    newer = get(house, "checkpoint").body
    assert cosigned_by(house, newer) == ["0", "1", "2"] and read_checkpoint(newer).size == len(leaves(house))
    found = house.call("GET", f"/log/cosigned?after={read_checkpoint(note).size - 1}").json["checkpoints"]
    assert [each.encode() for each in found] == [note, newer]
    assert house.call("GET", f"/log/cosigned?after={read_checkpoint(newer).size}").json == {"checkpoints": []}
    proof = house.call("GET", "/log/proof/inclusion?position=1&cosigned=true").body
    assert cosigned_by(house, parse_proof(proof).checkpoint) == ["0", "1", "2"]
    key = NoteVerifier.from_vkey(house.platform.keys.log.vkey)
    verify_proof(proof, leaves(house)[1], key, key.name, strict=False)


def test_a_witness_that_is_down_holds_up_nothing(watched: tuple[OpeningHouse, list[Watcher]]) -> None:
    house, made = watched
    assert made[0].server is not None
    made[0].server.shutdown()
    made[0].server.server_close()
    made[0].server.witness = None  # type: ignore[assignment]  # breaks the connection that is still open
    grow(house, 3)
    assert cosigned_by(house, offer(house)) == ["1"]
    assert parse_policy(house.platform.settings.log_policy.read_bytes()).satisfied(["1"]) is False  # type: ignore[union-attr]
    house.clock.ahead(timedelta(minutes=5))
    headers = {"Authorization": f"Bearer {house.operator}", "Accept-Language": "en"}
    page = house.app.get("/operating", headers=headers).text
    assert "Have not cosigned lately: 0 (not reached" in page and "will not release" in page
    made[0].server = None


def test_only_a_known_witness_hands_in_and_only_for_what_was_offered(
    watched: tuple[OpeningHouse, list[Watcher]],
) -> None:
    house, made = watched
    grow(house, 1)
    note = offer(house)
    own_name = house.platform.keys.log_origin
    size, own = read_checkpoint(note).size, bare(note, own_name)
    stranger = notes.generate_note_key()
    lines = {
        "log-witness-unknown": [
            type(made[2].signer)("witness.example/2", stranger).cosign(own, house.now()),
            own.decode().split("\n\n")[1], "", "rubbish\n", "\n\nx\n",
            made[2].signer.cosign(own.replace(b"\n", b"x\n", 1), house.now()),
        ],
    }  # fmt: skip
    for code, bad in lines.items():
        for line in bad:
            house.refused("POST", "/log/cosignatures", None, {"size": size, "cosignature": line}, code)
    good = {"size": size, "cosignature": made[2].signer.cosign(own, house.now())}
    for _ in range(2):
        house.call("POST", "/log/cosignatures", None, good, status=204)
    assert cosigned_by(house, get(house, "checkpoint").body) == ["0", "1", "2"]
    house.refused("POST", "/log/cosignatures", None, {**good, "size": size + 1}, "log-size-not-offered")
    # A line is public, and sent again by anybody it says nothing of its witness.
    grow(house, 1)
    newer = read_checkpoint(offer(house, 6)).size
    shown = bare(get(house, "checkpoint").body, own_name)
    line = {"size": newer, "cosignature": made[2].signer.cosign(shown, house.now())}
    house.call("POST", "/log/cosignatures", None, line, status=204)
    house.clock.ahead(timedelta(minutes=5))
    house.call("POST", "/log/cosignatures", None, good, status=204)
    with house.platform.database.reading() as session:
        third = Witnesses(house.platform).standings(session)[2]
    assert third.size == newer and third.at is not None and third.at < house.now() - timedelta(minutes=4)


def test_a_log_that_was_rewritten_is_cosigned_by_none(watched: tuple[OpeningHouse, list[Watcher]]) -> None:
    house, made = watched
    grow(house, 4)
    offer(house)
    puller = pulling(house, made[2])
    puller.step()
    # The operator changes an entry in the database, hashes and all, and goes on.
    with house.platform.database.transaction() as session:
        rewrite(session, house)
    grow(house, 2)
    note = offer(house, 6)
    assert puller.step() is False
    assert cosigned_by(house, note) == []
    origin = house.platform.keys.log_origin
    for each in made:
        assert each.own is not None
        kept = [path.read_bytes() for path in each.own.refused(origin)]
        assert len(kept) == 1 and bare(note, origin).rstrip(b"\n") in kept[0]


def rewrite(session: Any, house: House) -> None:
    from trading.audit.models import LogHead, LogNode

    entries = list(session.scalars(select(LogEntry).order_by(LogEntry.position)))
    entries[0].raw = entries[0].raw.replace(b'"act":"', b'"act":"x')
    tree = merkle.MemoryTree(merkle.leaf_hash(each.raw) for each in entries)
    for node in session.scalars(select(LogNode)):
        node.hash = tree.read(node.level, node.position)
    assert session.scalar(select(LogHead.size)) == len(entries)
