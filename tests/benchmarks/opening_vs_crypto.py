"""Opening a tender of 1,000 bids against the bare cryptographic operations that the protocol asks for.

Measured, on the embedded default (SQLite file, local storage, everything in one process): the closing; three
custodians' agents that fetch, check and release over the JSON API (straight into the WSGI application); the
freezing; the opening of every bid in its short transactions; the opening record, signed and logged. Each bid
is of 54 items and 100 kB. Setting the tender up and receiving the bids is not measured.
Compared with: `bare_crypto.BareOpening.run` over the same bids' bytes: for each custodian and bid CMS and
chain verification of manifest, receipt and enrolment, two HPKE openings and a sealing; for each bid the key
recovered, dealt again and its index decrypted.
Ratio: the opening's time / the operations' time; 2 or less is wanted.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from bids.manifest import Manifest, _remembered
from bids.opening_record import OpeningRecord
from bids.segments import BID
from signing import canonical, suite
from tests.benchmarks.bare_crypto import BareBid, BareOpening, SealedPart, forget
from tests.benchmarks.ratios import Ratio, alternate, say
from tests.crash.agents import Agents
from tests.crash.site import Site
from tests.crash.world import Prepared, Published, World
from trading.accounts.models import Crl, PartyCertificate
from trading.opening.models import PublishedOpeningRecord
from trading.opening.services import Openings
from trading.submission.models import Bid

NAME = "opening_vs_crypto"
BIDS = 1000
ITEMS = 54
BID_BYTES = 100_000
REPETITIONS = 3
AHEAD = timedelta(days=1)


def run(bids: int = BIDS, repetitions: int = REPETITIONS) -> Ratio:
    """Measure with a tender of `bids` bids, opened anew each time from a copy of its database."""
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as name:
        opening = _Opening(Path(name), bids)
        # The first one of each finds modules not imported and files not read.
        opening.prepare(repetitions)
        opening.measured()
        opening.bare.run()

        def measured() -> None:
            opening.measured()

        times = []
        for turn in range(repetitions):
            opening.prepare(turn)
            times += alternate(measured, opening.bare.run, [turn], NAME)
            opening.check()
        opening.close()
    return Ratio(NAME, tuple(ours / bare for ours, bare in times), at_most=2.0)


class _Opening:
    """A tender with its bids, and as many copies of its platform as are wanted, a day later."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._first = World.create(Site.on_sqlite(folder / "first"))
        self._tender = self._receive(count)
        self.bare = self._bare()
        self._first.close()
        self._world: World | None = None

    def _receive(self, count: int) -> Published:
        world = self._first
        agents = Agents(world, self._folder / "agents")
        draft = world.draft(world.now() + timedelta(hours=12), items=ITEMS)
        agents.round()
        tender = world.publish(draft)
        agents.round()
        self.keys = agents.sealing_keys(tender.id)
        self._bids: list[Prepared] = []
        for number, supplier in enumerate(world.suppliers(count)):
            bid = world.prepare(tender, supplier, _attached(), step=number)
            world.upload(tender, bid)
            world.submit(tender, bid)
            self._bids.append(bid)
            if number % 100 == 99:
                say(f"  {NAME}: {number + 1} bids received")
        return tender

    def _bare(self) -> BareOpening:
        platform = self._first.platform
        bids = []
        with platform.database.reading() as session:
            crls = {row.sha256: x509.load_der_x509_crl(row.der) for row in session.query(Crl)}
            for bid in self._bids:
                manifest = Manifest.parse(bid.manifest)
                row = session.get_one(Bid, manifest.bid)
                certificate = session.get_one(PartyCertificate, row.certificate)
                wanted = manifest.part(BID, "public").objects[0].sha256
                index = next(each for each in bid.ciphertexts if canonical.digest(each) == wanted)
                bids.append(
                    BareBid(
                        row.manifest, row.signature, row.received_at, crls[row.crl_sha256], row.receipt,
                        certificate.enrolment, _part(manifest, "public"), _part(manifest, "files"), index,
                    )
                )  # fmt: skip
        policy = self._tender.notice.policy
        return BareOpening(
            suite.by_name(policy.suite), platform.keys.roots, self.keys,
            self._first.parties.envelope.public, policy.threshold, bids,
        )  # fmt: skip

    def prepare(self, turn: int) -> None:
        """A fresh copy: the database, and what the agents keep."""
        self.close()
        folder = self._folder / f"copy-{turn}"
        folder.mkdir()
        shutil.copytree(self._folder / "agents", folder / "agents")
        shutil.copy(self._folder / "first" / "sunseal.db", folder)
        site = Site(f"sqlite:///{folder}/sunseal.db", self._folder / "first")
        self._world = World(site, AHEAD, self._first.parties)
        self._agents = Agents(self._world, folder / "agents", lambda: datetime.now(UTC) + AHEAD)
        self._world.api().get(f"/tenders/{self._tender.id}")
        # What an earlier turn has parsed would not be parsed already in an opening of its own.
        _remembered.cache_clear()

    def measured(self) -> None:
        """From the closing to the opening record."""
        assert self._world is not None
        forget()
        openings = Openings(self._world.platform)
        assert openings.close(self._tender.id)
        self._agents.round()
        openings.freeze(self._tender.id)
        openings.open(self._tender.id)

    def check(self) -> None:
        """It was an opening: every bid is in the record, opened."""
        assert self._world is not None
        with self._world.platform.database.reading() as session:
            row = session.get_one(PublishedOpeningRecord, self._tender.id)
        record = OpeningRecord.parse(row.raw)
        assert len(record.bids) == self._count and all(each.opened for each in record.bids)

    def close(self) -> None:
        """Let go of the copy."""
        if self._world is not None:
            self._world.close()


def _part(manifest: Manifest, name: str) -> SealedPart:
    part = manifest.part(BID, name)
    context = manifest.context(BID, name)
    return SealedPart(context, tuple(part.sealed_shares), tuple(part.share_digests))


def _attached() -> int:
    """So that the whole bid has 100 kB before it is sealed."""
    return BID_BYTES - 8000
