"""What must be true when the dust has settled, whatever was killed."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select

from bids.ledger import parse_leaf
from bids.objects import build_statement
from bids.opening_record import OpeningRecord
from bids.package import read_package
from bids.verification import verify
from signing.encoding import format_time
from signing.statements import sign_statement
from tests.crash.world import Published, World
from trading.audit.models import LogEntry
from trading.client.api import statement
from trading.custody.models import Release
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord, ReleaseSet
from trading.submission.models import LedgerLeaf
from trading.tenders.models import Tender

ONCE = ("tender.published", "tender.closed", "opening.frozen", "tender.opened")


def states(world: World) -> dict[str, str]:
    """The state of each tender."""
    with world.platform.database.reading() as session:
        return {row.id: row.state for row in session.execute(select(Tender.id, Tender.state))}


def ledger(world: World, tender: str) -> list[bytes]:
    """The leaves of a tender's ledger, in order."""
    with world.platform.database.reading() as session:
        leaves = select(LedgerLeaf.raw).where(LedgerLeaf.tender_id == tender).order_by(LedgerLeaf.position)
        return list(session.scalars(leaves))


def await_all(world: World, wanted: str, tenders: Sequence[str], seconds: float = 120.0) -> None:
    """Wait until each of the tenders is in the state."""
    await_true(lambda: {states(world)[each] for each in tenders} == {wanted}, seconds, lambda: states(world))


def await_true(
    wanted: Callable[[], bool], seconds: float = 120.0, say: Callable[[], object] = lambda: ""
) -> None:
    """Wait until it is so; the test fails if it does not come to be."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, f"not within {seconds} s: {say()}"
        time.sleep(0.05)


def check_opened_once(world: World, tender: Published, leaves: list[bytes]) -> None:
    """One closing, one frozen set, one record with every bid in it once, the ledger as it was."""
    assert ledger(world, tender.id) == leaves
    bids = [parse_leaf(leaf).bid for leaf in leaves]
    with world.platform.database.reading() as session:
        once = (Closing, 1), (ReleaseSet, 1), (PublishedOpeningRecord, 1)
        for table, count in (*once, (OpenedBid, len(bids))):
            found = select(func.count()).select_from(table).where(table.tender_id == tender.id)
            assert session.scalar(found) == count, table.__name__
        opened = select(OpenedBid.bid_id).where(OpenedBid.tender_id == tender.id, OpenedBid.opened)
        assert sorted(session.scalars(opened)) == sorted(bids)
        released = list(session.scalars(select(Release).where(Release.tender_id == tender.id)))
        assert len({row.custodian_id for row in released if row.frozen}) >= tender.notice.policy.threshold
        record = OpeningRecord.parse(session.get_one(PublishedOpeningRecord, tender.id).raw)
        acts = Counter(session.scalars(select(LogEntry.act).where(LogEntry.tender_id == tender.id)))
    assert [row.bid for row in record.bids] == bids
    assert all(row.opened and row.total is not None for row in record.bids)
    assert {act: acts[act] for act in ONCE} == dict.fromkeys(ONCE, 1)


def award(world: World, tender: Published) -> None:
    """The agency evaluates, rejecting nobody, and awards."""
    agency = world.api(world.parties.agency)
    opening = _record(world, tender).digest
    common: dict[str, Any] = {"at": format_time(world.now()), "tender": tender.id, "opening": opening}
    ranking = agency.post(
        f"/tenders/{tender.id}/evaluation", _signed(world, "evaluation", {**common, "rejections": []})
    )
    decision = _signed(world, "award-decision", {**common, "winner": ranking["winner"]})
    agency.post(f"/tenders/{tender.id}/award", decision)


def check_evidence(world: World, tender: Published, bids: int, seconds: float = 120.0) -> None:
    """The package is built and everything in it holds, by anchors from outside of it."""
    await_true(lambda: bool(world.api().get(f"/tenders/{tender.id}/evidence")["ready"]), seconds)
    data = world.api().raw(f"/tenders/{tender.id}/evidence.zip")
    package = read_package(io.BytesIO(data))
    keys = world.platform.keys
    roots = world.api().raw("/certificates/roots.pem")
    report = verify(package, roots, keys.log.vkey)
    assert report.ok and report.anchored, [each for each in report.findings if each.ok is False]
    assert sum(name.endswith("/offer.json") for name in package.names) == bids


def _record(world: World, tender: Published) -> OpeningRecord:
    with world.platform.database.reading() as session:
        return OpeningRecord.parse(session.get_one(PublishedOpeningRecord, tender.id).raw)


def _signed(world: World, name: str, members: dict[str, Any]) -> dict[str, Any]:
    return statement(sign_statement(build_statement(name, members), world.parties.agency.signer, world.now()))


