"""What the platform logs of enrolments: agencies' and custodians' one by one, suppliers' by a day's root."""

from __future__ import annotations

from datetime import datetime

from bids.enrolment_days import DEPTH, build_listed, day_digest, node, path, place_of, salt_of
from bids.entries import build_entry
from bids.objects import write_object
from bids.trust import Enrolment
from signing import canonical, merkle
from signing.canonical import JSON
from signing.encoding import b64encode
from tests.bids_factory import Tender
from tests.bids_platform import Actor

FILLER = bytes(range(32))


class LoggedEnrolments:
    """The enrolments of a tender's parties in the log, and what its evidence package shows of them.

    `hidden` are the actors whose enrolments the platform keeps out of the log; without `day` there is no
    root.
    """

    def __init__(self, tender: Tender) -> None:
        self.tender = tender
        self.hidden: list[Actor] = []
        self.day: str | None = "2026-05-31"

    def log(self) -> None:
        """Log all of them now, as far as the log does not have them."""
        world = self.tender.world
        entries = [self._issued(actor) for actor in self._others]
        if self.day is not None:
            entries.append(self._root())
        for entry in entries:
            if entry not in world.log_entries:
                world.log(entry)

    def file(self, tree: merkle.MemoryTree | None = None) -> bytes:
        """`log/enrolments.json`, with proofs against the log, or `tree` which begins with it."""
        self._tree = tree or self.tender.world.log_tree
        issued = [self._logged(self._issued(actor)) for actor in self._others]
        if self.day is None:
            return write_object("logged-enrolments", {"issued": list(issued)})
        leaves, hashed = self._leaves()
        openings = [
            {
                "party": party,
                "leaf": b64encode(leaf),
                "hashes": [b64encode(each) for each in path(FILLER, place_of(party), hashed)],
            }
            for party, leaf in leaves.items()
        ]
        day = {**self._logged(self._root()), "openings": openings}
        return write_object("logged-enrolments", {"issued": list(issued), "day": day})

    @property
    def _others(self) -> list[Actor]:
        shown = [each for each in self.tender.actors if each not in self.hidden]
        return [each for each in shown if each.party.role != "supplier"]

    def _issued(self, actor: Actor) -> bytes:
        enrolment = Enrolment.parse(actor.enrolment)
        digests = {"certificate": enrolment.certificate, "enrolment": enrolment.digest}
        return build_entry(at=enrolment.at, act="certificate.issued", digests=digests)

    def _leaves(self) -> tuple[dict[str, bytes], list[tuple[int, bytes]]]:
        assert self.day is not None
        listed: dict[str, list[str]] = {}
        for actor in self.tender.actors:
            if actor.party.role == "supplier":
                known = listed.setdefault(actor.id, [])
                if actor not in self.hidden:
                    known.append(canonical.digest(actor.enrolment))
        leaves = {
            party: build_listed(self.day, party, found, salt_of(FILLER, party))
            for party, found in listed.items()
        }
        return leaves, sorted((place_of(party), merkle.leaf_hash(leaf)) for party, leaf in leaves.items())

    def _root(self) -> bytes:
        assert self.day is not None
        root = node(FILLER, DEPTH, 0, self._leaves()[1]).hex()
        at = datetime.fromisoformat(f"{self.day}T17:00:00+00:00")
        return build_entry(at=at, act="certificates.day", digests={"day": day_digest(self.day), "root": root})

    def _logged(self, entry: bytes) -> dict[str, JSON]:
        world = self.tender.world
        index = world.log_entries.index(entry)
        hashes: list[JSON] = [b64encode(each) for each in self._tree.inclusion(index)]
        return {"entry": b64encode(entry), "index": index, "hashes": hashes}
