"""How each custodian of a closed tender stands: who has released, who is awaited, and what was refused.

What is said here is what appears: whether a custodian was late, or kept from the platform, its rows cannot
tell (Order 20 art. 31 asks whose fault it appears to be, and the record says so).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.custody import Release as ParsedRelease
from trading.custody.models import RefusedRelease, Release
from trading.opening.models import ReleaseSet
from trading.tenders.models import Tender
from trading.tenders.reading import custodians_of

AWAITED, RELEASED, MISSING, LATE = "awaited", "released", "missing", "late"

WORDS = {
    AWAITED: ("等待其交出份额", "Its release is awaited"),
    RELEASED: ("已交出份额", "Released"),
    MISSING: ("未在规定时间内交出份额", "No release in time"),
    LATE: ("在开标开始后才交出，不计入", "Released after opening had begun; not counted"),
}
_REFUSED = {
    "release-share": (
        "交来的份额与投标人的承诺不符，未予接收",
        "it handed in shares that bidders had not committed to; they were refused",
    ),
    "tender-not-closed": (
        "在截标之前交来份额，未予接收",
        "it handed in shares before the closing; they were refused",
    ),
    "release-early": (
        "交来的份额早于开启时间，未予接收",
        "it handed in shares dated before the opening time; they were refused",
    ),
    "release-other-closing": (
        "交来的份额针对另一份截标声明，未予接收",
        "it handed in shares for another closing; they were refused",
    ),
}
_OTHERWISE = ("交来的释放声明不合要求，未予接收", "what it handed in was no valid release and was refused")


@dataclass(frozen=True)
class Standing:
    """One custodian: `state` of the four above; `refused` the code of the first thing refused, if any was;
    `kept_back` how many shares its counted release refuses, None until the set is frozen."""

    id: str
    name: str
    role: str
    state: str
    refused: str | None
    kept_back: int | None

    @property
    def at_fault(self) -> bool:
        """Whether something appears to be this custodian's fault."""
        return self.state in (MISSING, LATE) or self.refused is not None or bool(self.kept_back)

    def words(self) -> tuple[str, str]:
        """What is said of it, in Chinese and English."""
        zh, en = WORDS[self.state]
        if self.refused is not None:
            more = _REFUSED.get(self.refused, _OTHERWISE)
            zh, en = f"{zh}；{more[0]}", f"{en}; {more[1]}"
        if self.kept_back:
            zh = f"{zh}；声明有 {self.kept_back} 份份额打不开"
            en = f"{en}; it says that {self.kept_back} shares do not open"
        return zh, en

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "id": self.id, "name": self.name, "role": self.role, "state": self.state,
            "refused": self.refused, "kept_back": self.kept_back,
        }  # fmt: skip


def standings(session: Session, tender: Tender, segment: str) -> list[Standing]:
    """The custodians of a tender whose ledger is closed, in the policy's order."""
    frozen = session.get(ReleaseSet, (tender.id, segment)) is not None
    rows = session.execute(
        select(Release.custodian_id, Release.frozen, Release.raw).where(
            Release.tender_id == tender.id, Release.segment == segment
        )
    ).all()
    releases = {row.custodian_id: row for row in rows}
    refused = dict(
        session.execute(
            select(RefusedRelease.custodian_id, RefusedRelease.code).where(
                RefusedRelease.tender_id == tender.id
            )
        ).all()
    )
    found = []
    for row, organisation in custodians_of(session, tender.id):
        one = releases.get(organisation.id)
        if one is None:
            state = MISSING if frozen else AWAITED
        else:
            state = RELEASED if one.frozen or not frozen else LATE
        kept_back = len(ParsedRelease.parse(one.raw).refusals) if one is not None and one.frozen else None
        found.append(
            Standing(
                organisation.id, organisation.name, row.role, state, refused.get(organisation.id), kept_back
            )
        )
    return found
