"""The adversary's world: one tender on its way from bids to evidence, and copies of all of it at each moment.

The adversary is the platform: it has the database, the storage and every key of the platform, and none of a
party's, custodian's or witness's. An attack begins at a moment, on files copied from it; the parties go on
with what they knew by then.

    world.at(Moment.CLOSED)          # files restored, every process of the platform and the parties restarted
    world.execute("UPDATE …")        # the adversary's edit
    found = parties.custodians(world)
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bids.notice import Notice
from signing import canonical
from signing.encoding import b64decode, b64encode
from signing.hpke import SealingKey, seal
from signing.keys import Signer
from signing.notes import NoteVerifier
from signing.suite import SUNSEAL_1
from tests.adversary.moments import Moment
from tests.functional.agent_scene import Agent
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.test_evaluators import Expert, appoint, expert
from tests.functional.wsgi_transport import LyingTransport
from trading.audit.jobs import log_acts
from trading.client.agency import Agency
from trading.client.api import Api
from trading.client.custodian_state import CustodianState
from trading.client.log_follower import LogFollower
from trading.clock import SHANGHAI
from trading.evidence.services import EvidencePackages, Reports
from trading.opening import checked as checked_closings
from trading.opening.services import Openings
from trading.tenders import reading

_AHEAD = {
    Moment.DRAFTED: timedelta(0),
    Moment.BIDDING: timedelta(0),
    Moment.CLOSED: AFTER,
    Moment.RELEASED: AFTER,  # within the grace, so that nothing is frozen yet
    Moment.ARCHIVED: AFTER + timedelta(days=2),
}
_SLOWLY = AFTER + timedelta(days=4)
_OPENING = AFTER + timedelta(seconds=15)  # the grace is over
DOCUMENTS = ("opening-record", "award-report", "award-notice")
_REJECTED = "没有施工许可证"


class World:
    """See above; `folder` is emptied by whoever made it. Where it is `slow`, evidence comes days later."""

    slow = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = folder / "live"
        self.live.mkdir()
        self.house = OpeningHouse(
            self.live, f"sqlite:///{self.live / 'sunseal.db'}", validate_responses=False
        )
        self.platform = self.house.platform
        self._cast()
        for moment, act in (
            (Moment.DRAFTED, self._draft),
            (Moment.BIDDING, self._bid),
            (Moment.CLOSED, self.close),
            (Moment.RELEASED, self._release),
            (Moment.OPENED, self.open),
            (Moment.EVALUATED, self.evaluate),
            (Moment.AWARDED, lambda: (self.award(), self.report())),
            (Moment.ARCHIVED, self._archive),
        ):
            self._set_clock(moment)
            act()
            self._witness()
            self._keep(moment)

    def end(self) -> None:
        self.house.close()

    # --- the honest course

    def _cast(self) -> None:
        house = self.house
        self.platform_roots = self.platform.keys.roots
        self.agency = house.enrol("agency", name="城市建设局")
        self.envelope: SealingKey = SUNSEAL_1.sealing_key(house.put_envelope_key(self.agency))
        self.custodians = tuple(house.enrol("custodian") for _ in range(3))
        self.agents = [Agent(house, who, self.live / "agents" / who.id) for who in self.custodians]
        line = Api(LyingTransport(house.app.app), self.agency.token, "en")
        self.client = Agency(line, self.agency.signer, self.platform_roots, house.now)
        self.suppliers = [house.enrol("supplier") for _ in range(5)]
        self.bystander = house.enrol("supplier")
        self.experts: list[Expert] = [expert(house, "陈专家")]
        self.roots = house.call("GET", "/certificates/roots.pem").body
        self.log_key = self.platform.keys.log.vkey

    def _draft(self) -> None:
        """A draft with a document and the keys of its custodians."""
        house = self.house
        self.facts = house.facts(self.agency, self.custodians)
        self.id = house.call("POST", "/tenders", self.agency, self.facts, 201).json["id"]
        name, content = "招标文件.pdf", b"%PDF terms"
        house.call("PUT", f"/tenders/{self.id}/documents/{name}", self.agency, content, 201)
        self.documents = {name: canonical.digest(content)}
        self._rounds()

    def _bid(self) -> None:
        """A tender amended once; five suppliers, of whom one bids anew and one withdraws."""
        house = self.house
        raw, signature = house.notice(self.agency, self.id)
        house.publish(self.agency, self.id, raw, signature)
        first = Tendering(self.id, self.agency, self.custodians, Notice.parse(raw), signature, self.facts)
        self.tender = house.amend(first, title="道路改造第一标段（更正）")
        self._rounds()
        self.bids: dict[str, Sealed] = {}  # the current ones, by supplier
        self.receipts: dict[str, bytes] = {}  # of all bids, by bid
        self.sealed: dict[str, Sealed] = {}  # all bids, by bid
        for place, who in enumerate(self.suppliers):
            self.bid(who, {"1": f"{place + 3}.25", "2": f"{place + 4}.50"})
        again = self.suppliers[1]
        self.bid(again, {"1": "4.20", "2": "5.40"}, self.bids[again.id].bid)
        self.late = self.suppliers.pop()
        house.withdraw(self.late, self.tender, self.bids.pop(self.late.id))
        appoint(house, self.tender, *self.experts)

    def bid(self, who: Who, prices: dict[str, str], replaces: str | None = None) -> Sealed:
        """Seal, upload and submit; the supplier keeps its receipt."""
        sealed = self.house.seal(who, self.tender, prices=prices, replaces=replaces)
        self.house.upload(who, self.tender, sealed)
        answer = self.house.submit(who, self.tender, sealed)
        self.receipts[sealed.bid] = b64decode(answer["receipt"])
        self.bids[who.id] = self.sealed[sealed.bid] = sealed
        return sealed

    def _rounds(self) -> None:
        for agent in self.agents:
            agent.step()

    @property
    def winner(self) -> Sealed:
        """The bid that honestly wins: the lowest but for the one that is rejected."""
        return self.bids[self.suppliers[1].id]

    @property
    def other(self) -> Sealed:
        """A bid that is current, the only one of its supplier, and neither wins nor is rejected."""
        return self.bids[self.suppliers[2].id]

    def bids_of(self, who: Who) -> list[str]:
        """All bids that a supplier has a receipt of."""
        return [bid for bid, sealed in self.sealed.items() if sealed.manifest.supplier == who.id]

    def close(self) -> None:
        """The platform's own job, at the deadline."""
        self.house.clock.ahead(AFTER)
        Openings(self.platform).close(self.id)

    def _release(self) -> None:
        """Two of three custodians, who are enough when the grace is over."""
        for agent in self.agents[:2]:
            agent.step()

    def open(self) -> None:
        """The platform's jobs after the releases: freeze, open, record."""
        self.house.clock.ahead(_OPENING)
        Openings(self.platform).freeze(self.id)
        self.open_rest()

    def open_rest(self) -> None:
        """The platform's job that opens what is not opened yet, and makes the record."""
        Openings(self.platform).open(self.id)

    def bid_after_the_deadline(self) -> str:
        """The platform's own deadline is set later, a bid comes in, and the deadline is set back; its id."""
        self.house.clock.ahead(AFTER)
        ((deadline,),) = self.rows("SELECT deadline FROM tenders WHERE id = ?", self.id)
        self.execute("UPDATE tenders SET deadline = deadline + 3600000 WHERE id = ?", self.id)
        sealed = self.late_bid()
        self.house.upload(self.late, self.tender, sealed)
        self.house.submit(self.late, self.tender, sealed)
        self.execute("UPDATE tenders SET deadline = ? WHERE id = ?", deadline, self.id)
        return sealed.bid

    def bid_as(self, who: Who, signer: Signer) -> None:
        """A bid in a supplier's name, signed by another key and received under the platform's own token."""
        false = replace(who, signer=signer)
        sealed = self.house.seal(false, self.tender, prices={"1": "8.00", "2": "8.00"})
        self.house.upload(who, self.tender, sealed)
        self.house.submit(who, self.tender, sealed)

    def late_bid(self) -> Sealed:
        """A bid of an accomplice, the supplier that had withdrawn, dearer than anybody's."""
        return self.house.seal(self.late, self.tender, prices={"1": "9.00", "2": "9.00"})

    def cheaper(self, sealed: Sealed) -> Sealed:
        """Another manifest for the same bid, signed by its own supplier: for less."""
        who = next(each for each in self.suppliers if each.id == sealed.manifest.supplier)
        return self.house.seal(who, self.tender, bid=sealed.bid, prices={"1": "1.00", "2": "1.00"})

    def evaluate(self) -> None:
        """The agency hands attachments to an expert, hears them, and signs which bid it rejects."""
        rejected = self.bids[self.suppliers[0].id].bid
        key = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed()).public
        person = self.experts[0]
        answer = self.house.call("PUT", "/evaluator-key", person.token, {"key": b64encode(key)}).json
        rows = [{"bid": rejected, "sealed": b64encode(seal(key, b"", bytes(32)))}]
        place = f"/tenders/{self.id}/handover/{person.person}"
        self.house.call("PUT", place, self.agency, {"key": answer["sha256"], "bids": rows})
        person.says(self.tender, self.sealed[rejected], "no", _REJECTED)
        record = self.client.opening_record(self.id)
        if record is None:
            raise LookupError("no opening record is shown")
        self.client.evaluate(self.id, record, {rejected: _REJECTED})

    def award(self) -> None:
        """The agency decides for the lowest that is left."""
        record = self.client.opening_record(self.id)
        if record is None:
            raise LookupError("no opening record is shown")
        self.client.award(self.id, record, self.winner.bid)

    def report(self) -> None:
        """The documents: made by the platform's jobs in the honest course, and taken from there in others, as
        making them takes seconds and nobody judges a bid or an award by them."""
        kept = self.folder / Moment.AWARDED
        if not kept.exists():
            for kind in DOCUMENTS:
                Reports(self.platform).render(self.id, kind)
            return
        shutil.copytree(
            kept / "storage" / "documents", self.live / "storage" / "documents", dirs_exist_ok=True
        )
        self.platform.database.engine.dispose()
        with closing(sqlite3.connect(self.live / "sunseal.db")) as connection, connection:
            connection.execute("ATTACH ? AS kept", (str(kept / "sunseal.db"),))
            for table in ("published_files", "sealed_documents"):
                connection.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM kept.{table}")

    def publish(self) -> None:
        """The platform's job that states, logs and packs the evidence."""
        if self.slow:
            self.house.clock.ahead(_SLOWLY)
        EvidencePackages(self.platform).build(self.id)

    def _archive(self) -> None:
        self.publish()
        self._rounds()  # keys are erased
        ((received,),) = self.rows("SELECT min(at) FROM private_acts WHERE act = 'bid.received'")
        self.day = self.time(received).astimezone(SHANGHAI).date().isoformat()
        log_acts(self.platform, self.day)

    def _set_clock(self, moment: Moment) -> None:
        self.house.clock.ahead(_AHEAD.get(moment, _OPENING))

    def _witness(self) -> None:
        """Somebody reads the log up to now, and remembers it."""
        api = Api(LyingTransport(self.house.app.app), None, "en")
        LogFollower(api, CustodianState(self.live / "witness"), NoteVerifier.from_vkey(self.log_key)).follow()

    def awarded(self) -> str:
        """The winner, by the published award statement."""
        ((raw,),) = self.rows("SELECT raw FROM awards WHERE tender_id = ?", self.id)
        return str(json.loads(raw)["statement"]["winner"])

    def milliseconds(self, at: datetime) -> int:
        """A time as the database keeps it."""
        return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))

    def time(self, milliseconds: int) -> datetime:
        """A time of the database."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)

    # --- moments

    def _keep(self, moment: Moment) -> None:
        self._let_go()
        shutil.copytree(self.live, self.folder / moment)

    def _let_go(self) -> None:
        self.platform.database.engine.dispose()
        with closing(sqlite3.connect(self.live / "sunseal.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def at(self, moment: Moment) -> None:
        """Go to that moment: nothing of an attack before is left, on disk or in a process's memory."""
        self.moment, self.slow = moment, False
        self.platform.database.engine.dispose()
        shutil.rmtree(self.live)
        shutil.copytree(self.folder / moment, self.live)
        checked_closings._KEPT.clear()
        reading._NOTICES._results.clear()
        self._set_clock(moment)
        for agent in self.agents:
            agent.line.lies.clear()
            agent.fast = timedelta(0)
            agent.start()

    # --- the adversary's hands

    def execute(self, statement: str, *values: Any) -> int:
        """Write the database as only its administrator can, past every rule; rows changed."""
        with closing(sqlite3.connect(self.live / "sunseal.db")) as connection, connection:
            return connection.execute(statement, values).rowcount

    def executemany(self, statement: str, values: list[tuple[Any, ...]]) -> None:
        """As `execute`, for many rows."""
        with closing(sqlite3.connect(self.live / "sunseal.db")) as connection, connection:
            connection.executemany(statement, values)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database."""
        with closing(sqlite3.connect(self.live / "sunseal.db")) as connection:
            return connection.execute(statement, values).fetchall()

    def stored(self, key: str) -> Path:
        """The first part of a stored object."""
        return next(path for path in sorted((self.live / "storage").glob(f"{key}/*")))

    def overwrite(self, path: Path, change: Callable[[bytes], bytes]) -> None:
        """Change a stored file, which the platform's own code writes once and never again."""
        data = change(path.read_bytes())
        path.chmod(0o600)
        path.write_bytes(data)
