"""kill -9 at each step of a stage and of the unlocking window: all is there once, and no act is lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bids.manifest import Manifest
from bids.objects import build_statement, read_signed
from signing.encoding import b64decode, b64encode, format_time
from signing.statements import sign_statement
from tests.crash.agents import Agents
from tests.crash.dust import award, check_evidence, states
from tests.crash.office import Office, office
from tests.crash.scene import EARLIER
from tests.crash.site import Site
from tests.crash.world import Prepared, Published, World
from trading.audit.models import LogEntry, PrivateAct
from trading.client.api import ApiProblem, statement
from trading.custody.models import Release
from trading.opening.models import OpenedBid, ReleaseSet, Stage
from trading.unlocking.models import UnlockDecision, UnlockedBid
from trading.web.liveness import beat

pytestmark = pytest.mark.crash

# In the order in which the course comes to them; "answered" is committed, and nobody heard of it.
WINDOW = ("release:logged", "freezing:logged", "unlocking:received", "answered")
ITS_END = ("unlocking:written", "unlocking:logged", "unlocking:committed")
FIRST = ("opening:batch-written", "finishing:logged", "finishing:committed")
DECISION = ("unlock-decision:written", "unlock-decision:logged", "answered")
STAGE = ("judging:checked", "judging:written", "judging:logged", "answered")
SECOND = ("release:written", "answered", "freezing:written", "opening:batch-kept", "finishing:signed")
DEATHS = WINDOW + ITS_END + FIRST + DECISION + STAGE + SECOND
ONCE = {
    "tender.published": 1, "tender.closed": 1, "custody.released": 6, "opening.frozen": 2,
    "opening.unlocked": 1, "tender.opened": 2, "opening.unlock-decided": 1, "tender.admitted": 1,
    "tender.evaluated": 1, "tender.awarded": 1,
}  # fmt: skip


def test_killed_in_stage_and_window_on_sqlite(tmp_path: Path) -> None:
    _course(Site.on_sqlite(tmp_path))


def test_killed_in_stage_and_window_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    _course(Site(postgres_url, tmp_path))


def _course(site: Site) -> None:
    world = World.create(site, EARLIER)
    tender, bids = _published(world, site.folder / "agents")
    with office(site, DEATHS) as desk:
        world.line = desk
        agents = Agents(world, site.folder / "agents", lambda: datetime.now(UTC) + world.clock.ahead)
        _until(desk, world, tender, "closed")
        _release(agents, desk, world, tender, "opening")
        receipts = _unlock(world, tender, bids)
        _let_the_window_pass(desk, world)
        _until(desk, world, tender, "judging")
        _decide(world, tender, bids[2])
        _judge(world, tender, bids[:2])
        _release(agents, desk, world, tender, "opened")
        award(world, tender)
        check_evidence(world, tender, 4)
        _check_receipts(world, tender, receipts)
        desk.listen(0)
        assert tuple(desk.died) == DEATHS
    _check_once(world, tender, bids)
    world.close()


def _published(world: World, folder: Path) -> tuple[Published, list[Prepared]]:
    """Two segments, a lock, three bids, and the deadline is past."""
    agents = Agents(world, folder)
    draft = world.draft(datetime.now(UTC), segments=["qualification", "price"], lock=True)
    agents.round()
    tender = world.publish(draft)
    agents.round()
    bids = [world.prepare(tender, supplier, step=n) for n, supplier in enumerate(world.suppliers(3))]
    for bid in bids:
        world.upload(tender, bid)
        world.submit(tender, bid)
    world.clock.ahead = timedelta(0)
    return tender, bids


def _until(desk: Office, world: World, tender: Published, state: str) -> None:
    desk.until(lambda: states(world)[tender.id] == state, lambda: states(world))


def _release(agents: Agents, desk: Office, world: World, tender: Published, state: str) -> None:
    """Custodians do their rounds until the tender is there."""

    def there() -> bool:
        agents.round()
        return states(world)[tender.id] == state

    desk.until(there, lambda: (states(world), agents.refusals()))


def _place(bid: Prepared) -> str:
    manifest = Manifest.parse(bid.manifest)
    return f"/tenders/{manifest.tender}/bids/{manifest.bid}/unlocking"


def _unlock(world: World, tender: Published, bids: list[Prepared]) -> dict[str, str]:
    """Two unlock and get receipts, the third sends another secret and then nothing."""
    receipts = {}
    for bid in bids[:2]:
        api = world.api(bid.supplier)
        assert bid.secret is not None
        told = api.post(_place(bid), {"secret": b64encode(bid.secret)})
        assert api.get(_place(bid))["receipt"] == told["receipt"]
        receipts[_place(bid)] = str(told["receipt"])
    with pytest.raises(ApiProblem) as refused:
        world.api(bids[2].supplier).post(_place(bids[2]), {"secret": b64encode(bytes(32))})
    assert refused.value.code == "unlock-secret-wrong"
    return receipts


def _let_the_window_pass(desk: Office, world: World) -> None:
    """Half an hour in which the platform answers."""
    for _ in range(62):
        beat(world.platform)
        world.clock.ahead += timedelta(seconds=30)
    desk.move(world.clock.ahead)


def _signed(world: World, name: str, members: dict[str, Any]) -> dict[str, Any]:
    now = world.now()
    made = build_statement(name, {"at": format_time(now), **members})
    return statement(sign_statement(made, world.parties.agency.signer, now))


def _decide(world: World, tender: Published, silent: Prepared) -> None:
    """What the record leaves open the agency decides."""
    agency = world.api(world.parties.agency)
    file = b64decode(str(agency.get(f"/tenders/{tender.id}/unlocking")["file"]))
    row = {"bid": Manifest.parse(silent.manifest).bid, "verdict": "withdrawn", "reason": "页面报错"}
    members = {"tender": tender.id, "unlocking": read_signed(file, "unlocking").digest, "decisions": [row]}
    agency.post(f"/tenders/{tender.id}/unlock-decisions", _signed(world, "unlock-decision", members))


def _judge(world: World, tender: Published, admitted: list[Prepared]) -> None:
    agency = world.api(world.parties.agency)
    shown = agency.get(f"/tenders/{tender.id}/opening")["stages"][-1]
    record = read_signed(b64decode(str(shown["record"])), "opening-record")
    bids = [Manifest.parse(bid.manifest).bid for bid in admitted]
    members = {
        "tender": tender.id, "closing": record.statement["closing"], "segment": "price",
        "opening": record.digest, "admitted": bids, "rejections": [],
    }  # fmt: skip
    agency.post(f"/tenders/{tender.id}/stage", _signed(world, "stage", members))


def _check_receipts(world: World, tender: Published, receipts: dict[str, str]) -> None:
    """The receipt that a bidder heard of is the one there is, and its secret stands in the statement."""
    unlocking = world.api().get(f"/tenders/{tender.id}/unlocking")
    rows = read_signed(b64decode(str(unlocking["file"])), "unlocking").statement["bids"]
    for (place, receipt), supplier in zip(receipts.items(), world.parties.suppliers, strict=False):
        assert world.api(supplier).get(place)["receipt"] == receipt
    stated = {row["bid"]: row["received_at"] for row in rows if "secret" in row}
    told = [read_signed(b64decode(each), "unlock-receipt").statement for each in receipts.values()]
    assert stated == {each["bid"]: each["received_at"] for each in told}


def _check_once(world: World, tender: Published, bids: list[Prepared]) -> None:
    ids = [Manifest.parse(bid.manifest).bid for bid in bids]
    with world.platform.database.reading() as session:

        def count(table: Any) -> int:
            found = select(func.count()).select_from(table).where(table.tender_id == tender.id)
            return session.scalar(found) or 0

        tables = {Release: 6, ReleaseSet: 2, Stage: 1, UnlockedBid: 2, UnlockDecision: 1, OpenedBid: 5}
        assert {table: count(table) for table in tables} == tables
        acts = Counter(session.scalars(select(LogEntry.act).where(LogEntry.tender_id == tender.id)))
        assert {act: acts[act] for act in ONCE} == ONCE
        kept = select(PrivateAct.act).where(PrivateAct.tender_id == tender.id)
        assert Counter(session.scalars(kept))["bid.unlocked"] == 2
        rows = select(OpenedBid.segment, OpenedBid.bid_id, OpenedBid.opened)
        opened = {(row.segment, row.bid_id): row.opened for row in session.execute(rows)}
    first, second, silent = ids
    assert opened == {
        ("qualification", first): True, ("qualification", second): True, ("qualification", silent): False,
        ("price", first): True, ("price", second): True,
    }  # fmt: skip
