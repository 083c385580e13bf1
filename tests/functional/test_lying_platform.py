"""The custodian's agent and a platform that lies: nothing is released, and the reason is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bids.closing import build_closing
from bids.objects import build_statement, read_signed
from signing import canonical, merkle
from signing.encoding import b64decode, b64encode, format_time
from signing.notes import Checkpoint, format_checkpoint
from signing.statements import sign_statement
from tests.functional.agent_scene import CAST, Cast, Scene
from tests.functional.opening_house import AFTER, OpeningHouse
from trading.audit.services import AuditLog
from trading.client.api import Api
from trading.client.custodian import Custodian
from trading.client.custodian_keys import StateKeys
from trading.client.custodian_state import CustodianState


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    folder = tmp_path_factory.mktemp("agents")
    made = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}")
    CAST[made] = Cast(made)
    yield made
    del CAST[made]
    made.close()


@pytest.fixture
def scene(house: OpeningHouse, tmp_path: Path) -> Scene:
    made = Scene(house, tmp_path)
    made.step()
    return made


# --- a platform that lies


def test_another_deadline_in_the_notice(house: OpeningHouse, tmp_path: Path) -> None:
    scene = Scene(house, tmp_path)
    early = format_time(scene.tender.notice.deadline - timedelta(minutes=50))
    wanted = format_time(scene.tender.notice.deadline)
    scene.liar.lies["notice.json"] = lambda body: body.replace(wanted.encode(), early.encode())
    assert scene.refused() == "signature-invalid"
    assert scene.agents[0].state.read(scene.id, "notice.json") is None
    scene.close()
    scene.agents[0].start()
    assert scene.refused() == "signature-invalid"


def test_another_deadline_in_the_closing(house: OpeningHouse, scene: Scene) -> None:
    """Signed by the platform itself, whose clock says that the deadline has passed."""
    scene.close()

    def forge(answer: dict[str, Any]) -> dict[str, Any]:
        statement = dict(read_signed(b64decode(answer["file"]), "closing").statement)
        statement["deadline"] = format_time(scene.tender.notice.deadline - timedelta(minutes=1))
        return answer | {"file": b64encode(platform_signs(house, statement))}

    scene.liar.lies["/closing"] = forge
    assert scene.refused() == "closing-other-deadline"


def platform_signs(house: OpeningHouse, statement: Mapping[str, Any]) -> bytes:
    return sign_statement(dict(statement), house.platform.keys.statement, house.now())


def test_the_platforms_clock_is_not_believed(scene: Scene) -> None:
    scene.close()
    first = scene.agents[0]
    first.fast = -AFTER
    assert scene.refused() == "opening-early"
    first.fast = timedelta(0)
    assert first.step() == 1


def test_another_notice_of_the_same_agency(house: OpeningHouse, scene: Scene) -> None:
    """Agency and platform together put a notice in the place of the one that bids were sealed under."""
    raw, signature = house.notice(scene.agency, scene.id, title="另一个")
    with house.platform.database.transaction() as session:
        AuditLog(house.platform).append(
            session, "tender.amended", at=house.now(), tender=scene.id, actor=None, address=None,
            digests={"notice": canonical.digest(raw)}, statement=None,
        )  # fmt: skip
    scene.liar.lies["notice.json"] = lambda body: raw
    scene.liar.lies["notice.p7s"] = lambda body: signature
    assert scene.refused() == "notice-not-successor"
    scene.close()
    scene.agents[0].start()
    assert scene.refused() == "notice-not-successor"


def test_a_notice_of_another_tender(house: OpeningHouse, tmp_path: Path) -> None:
    other = Scene(house, tmp_path / "other")
    scene = Scene(house, tmp_path / "own")
    scene.liar.lies["notice.json"] = lambda body: other.tender.notice.raw
    scene.liar.lies["notice.p7s"] = lambda body: other.tender.signature
    assert scene.refused() == "notice-other-tender"


def test_a_second_closing(house: OpeningHouse, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.close()
    first = scene.agents[0]
    write_once = first.state.write_once

    def full_disk(tender: str, name: str, data: bytes) -> None:
        if name == "release.json":
            raise OSError(28, "No space left on device")
        write_once(tender, name, data)

    monkeypatch.setattr(first.state, "write_once", full_disk)
    first.step()
    assert first.state.read(scene.id, "closing") is not None, "the closing is remembered before the release"
    monkeypatch.undo()
    second_closing(house, scene)
    first.start()
    assert scene.refused() == "closing-second"


def second_closing(house: OpeningHouse, scene: Scene) -> None:
    """The platform signs and logs another closing of the same tender, with everything in order but that."""
    served = house.call("GET", scene.path("closing")).json
    statement = read_signed(b64decode(served["file"]), "closing").statement
    now = house.now() + timedelta(seconds=1)
    other = build_closing(
        at=now, tender=scene.id, policy=statement["policy"], deadline=scene.tender.notice.deadline,
        checkpoint=statement["checkpoint"].encode(), log=statement["log"],
    )  # fmt: skip
    file = sign_statement(other, house.platform.keys.statement, now)
    digest = read_signed(file, "closing").digest
    log = AuditLog(house.platform)
    with house.platform.database.transaction() as session:
        entry = log.append(
            session, "tender.closed", at=now, tender=scene.id, actor=None, address=None,
            digests={"closing": digest}, statement=None,
        )  # fmt: skip
    with house.platform.database.reading() as session:
        proof = log.proof(session, entry.position, log.head(session)).decode()
    answer = {
        "file": b64encode(file), "entry": b64encode(entry.raw), "entry_position": entry.position,
        "proof": proof,
    }  # fmt: skip
    scene.liar.lies["/closing"] = lambda _: answer


def test_a_missing_bid(scene: Scene) -> None:
    scene.close()
    scene.liar.lies["/ledger"] = lambda page: page | {"size": 1, "items": page["items"][:1]}
    assert scene.refused() == "ledger-size"


def test_an_added_bid(house: OpeningHouse, scene: Scene, tmp_path: Path) -> None:
    """A whole bid, properly signed and received, but of another tender."""
    other = Scene(house, tmp_path / "other")
    scene.house.past_deadline()
    house.work()
    strange = house.call("GET", other.path("ledger")).json["items"][0]
    scene.liar.lies["/ledger"] = lambda page: page | {"size": 3, "items": [*page["items"], strange]}
    assert scene.refused() == "ledger-size"
    scene.liar.lies["/ledger"] = lambda page: page | {"items": [page["items"][0], strange]}
    scene.agents[0].start()
    assert scene.refused() == "ledger-root"


def test_a_bid_twice(scene: Scene) -> None:
    scene.close()
    scene.liar.lies["/ledger"] = lambda page: page | {"items": [page["items"][0]] * 2}
    assert scene.refused() == "ledger-bid-twice"


def test_a_replaced_bid_offered_as_current(house: OpeningHouse, scene: Scene) -> None:
    again = house.bid(scene.suppliers[0], scene.tender, replaces=scene.bids[0].bid)
    scene.close()

    def hide(page: dict[str, Any]) -> dict[str, Any]:
        kept = [
            item for item in page["items"] if canonical.loads(b64decode(item["leaf"]))["bid"] != again.bid
        ]  # type: ignore[index,call-overload]
        return page | {"items": kept, "size": len(kept)}

    scene.liar.lies["/ledger"] = hide
    assert scene.refused() == "ledger-size"

    def swap(page: dict[str, Any]) -> dict[str, Any]:
        first, _, last = page["items"]
        last = last | {name: first[name] for name in ("manifest", "signature", "receipt")}
        return page | {"items": [first, page["items"][1], last]}

    scene.liar.lies["/ledger"] = swap
    scene.agents[0].start()
    assert scene.refused() == "leaf-mismatch"


def test_a_manifest_with_another_byte(scene: Scene) -> None:
    scene.close()

    def spoil(page: dict[str, Any]) -> dict[str, Any]:
        manifest = b64decode(page["items"][0]["manifest"])
        digit = b"1" if manifest[-20:-19] != b"1" else b"2"
        changed = manifest[:-20] + digit + manifest[-19:]
        return page | {"items": [page["items"][0] | {"manifest": b64encode(changed)}, *page["items"][1:]]}

    scene.liar.lies["/ledger"] = spoil
    assert scene.refused() is not None


def test_a_forked_log(house: OpeningHouse, scene: Scene) -> None:
    """The platform rewrites an entry that the agent has read, and signs a log without it."""
    scene.close()
    entries = [b64decode(raw) for raw in house.call("GET", "/log/entries?limit=500").json["entries"]]
    forked = merkle.MemoryTree([merkle.leaf_hash(each) for each in [b"{}", *entries[1:]]])
    note = format_checkpoint(
        Checkpoint(house.platform.keys.log_origin, len(forked), forked.root()), house.platform.keys.log
    )

    def fork(answer: dict[str, Any]) -> dict[str, Any]:
        position = answer["entry_position"]
        from signing.notes import format_proof

        proof = format_proof(position, forked.inclusion(position, len(forked)), note)
        return answer | {"proof": proof.decode()}

    scene.liar.lies["/closing"] = fork
    scene.liar.lies["/log/checkpoint"] = lambda body: note
    assert scene.refused() == "log-rewritten"


def test_a_cancellation_kept_out_of_sight(house: OpeningHouse, scene: Scene) -> None:
    """Closed first, cancelled in the log, and the entry hidden from this agent."""
    scene.close()
    with house.platform.database.transaction() as session:
        entry = AuditLog(house.platform).append(
            session, "tender.cancelled", at=house.now(), tender=scene.id, actor=None, address=None,
            digests={}, statement=None,
        )  # fmt: skip
    assert scene.refused() == "tender-ended"
    first = scene.agents[0]
    first.state = CustodianState(first.state.folder)
    second = scene.agents[1]

    def hide(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"entries": [raw for raw in answer["entries"] if b64decode(raw) != entry.raw]}

    second.line.lies["/log/entries"] = hide
    second.step()
    assert second.refusal(scene.id) == "log-gap"
    assert second.line.count("PUT", "/release") == 0


def test_a_failure_that_is_none_keeps_the_key(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    statement = build_statement(
        "failure", {"at": format_time(house.now()), "tender": scene.id, "reason": "too few bidders"}
    )
    file = platform_signs(house, statement)
    with house.platform.database.transaction() as session:
        AuditLog(house.platform).append(
            session, "tender.failed", at=house.now(), tender=scene.id, actor=None, address=None, digests={},
            statement=file,
        )  # fmt: skip
    scene.liar.lies["/custody/tenders"] = lambda page: (
        page | {"items": [item | {"state": "failed", "erase": True} for item in page["items"]]}
    )
    assert scene.refused() == "erase-unjustified"
    assert scene.agents[0].state.read(scene.id, "seed") is not None


def test_an_opening_without_releases_keeps_the_keys(house: OpeningHouse, scene: Scene) -> None:
    """Signed and logged by the platform before anybody released; then a set of releases made up as well."""
    scene.close()
    closing = house.call("GET", scene.path("closing")).json
    digest = read_signed(b64decode(closing["file"]), "closing").digest
    record = build_statement(
        "opening-record",
        {"at": format_time(house.now()), "tender": scene.id, "closing": digest, "bids": []},
    )
    file = platform_signs(house, record)
    named = [agent.who.id for agent in scene.agents[:2]]
    invented = build_statement(
        "release-set",
        {
            "at": format_time(house.now()), "tender": scene.id, "closing": digest, "segment": "bid",
            "releases": [{"custodian": one, "sha256": "0" * 64} for one in named],
        },
    )  # fmt: skip

    def logged(act: str, digests: dict[str, str], statement: bytes | None = None) -> None:
        with house.platform.database.transaction() as session:
            AuditLog(house.platform).append(
                session, act, at=house.now(), tender=scene.id, actor=None, address=None,
                digests=digests, statement=statement,
            )  # fmt: skip

    logged("tender.opened", {"opening_record": canonical.digest(canonical.dumps(record))})
    for agent in scene.agents:
        agent.line.lies["/custody/tenders"] = lambda page: (
            page | {"items": [item | {"state": "failed", "erase": True} for item in page["items"]]}
        )
        agent.line.lies["/opening"] = lambda answer: answer | {"record": b64encode(file)}
    assert scene.refused() == "erase-unreleased"
    logged("opening.frozen", {"closing": digest}, platform_signs(house, invented))
    scene.agents[0].start()
    assert scene.refused() == "erase-unreleased"
    scene.step()
    kept = [agent for agent in scene.agents if agent.state.read(scene.id, "seed") is not None]
    assert len(kept) >= scene.tender.notice.policy.threshold


def test_a_hint_alone_erases_nothing(scene: Scene) -> None:
    scene.liar.lies["/custody/tenders"] = lambda page: (
        page | {"items": [item | {"state": "cancelled", "erase": True} for item in page["items"]]}
    )
    assert scene.refused() == "erase-unproved"
    assert scene.agents[0].state.read(scene.id, "seed") is not None


def test_another_agencys_envelope_key(house: OpeningHouse, scene: Scene, tmp_path: Path) -> None:
    stranger = house.enrol("agency")
    house.put_envelope_key(stranger)
    served = house.call("GET", f"/organisations/{stranger.id}/envelope-key").json
    scene.close()
    scene.liar.lies["/envelope-key"] = lambda _: served
    assert scene.refused() == "not-enrolled"


def test_another_log_key_than_the_one_on_record(house: OpeningHouse, scene: Scene) -> None:
    from signing.notes import NoteSigner, generate_note_key

    other = NoteSigner(house.platform.keys.log_origin, generate_note_key()).vkey
    first = scene.agents[0]
    first.agent = Custodian(
        Api(first.line, first.who.token, "en"), StateKeys(first.state, (first.who.signer,)), first.state,
        house.platform.keys.roots, other, first.now,
    )  # fmt: skip
    scene.close()
    assert scene.refused() == "log-key-other"


def test_malformed_answers_end_nothing(scene: Scene) -> None:
    scene.close()
    scene.liar.lies["/trust"] = lambda _: {"roots": 1}
    assert scene.refused() == "answer-malformed"
    del scene.liar.lies["/trust"]
    scene.agents[0].start()
    assert scene.agents[0].step() == 1
