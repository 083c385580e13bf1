"""A custodian's desk: keys to hand in, releases, erasures."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import select

from trading.custody.models import Erasure, Release
from trading.desk.sections import MOST, Line, Section
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.web.forms import Both
from trading.web.security import actor_of

_RELEASING = (State.CLOSED.value, State.OPENING.value)


def sections(request: Request) -> list[Section]:
    """What waits for this custodian, and what it holds a key for."""
    rows = request.dbsession.execute(
        select(Tender, TenderCustodian.sealing_key, Release.digest, Erasure.at)
        .join(TenderCustodian, TenderCustodian.tender_id == Tender.id)
        .outerjoin(
            Release,
            (Release.tender_id == Tender.id)
            & (Release.segment == Tender.segment)
            & (Release.custodian_id == TenderCustodian.organisation_id),
        )
        .outerjoin(
            Erasure,
            (Erasure.tender_id == Tender.id) & (Erasure.custodian_id == TenderCustodian.organisation_id),
        )
        .where(TenderCustodian.organisation_id == actor_of(request).organisation)
        .order_by(Tender.deadline.desc())
        .limit(10 * MOST)
    ).all()
    waiting: list[Line] = []
    held: list[Line] = []
    done: list[Line] = []
    for tender, key, released, erased in rows:
        to = f"/custody/{tender.id}"
        if key is None and tender.state == State.DRAFT.value:
            note = Both(
                "待交密钥，之后招标人才能发布", "Hand in your key; the agency cannot publish without it"
            )
            waiting.append(Line(to, tender.title, note, tender.deadline, urgent=True))
        elif tender.state in _RELEASING and released is None:
            note = Both("已截标，待交出解密份额", "Closed: your release is awaited")
            if tender.opened_segments:
                note = Both("下一段待交出解密份额", "The next segment: your release is awaited")
            waiting.append(Line(to, tender.title, note, tender.deadline, urgent=True))
        elif erased is not None:
            done.append(Line(to, tender.title, Both("密钥已销毁", "Key erased"), erased))
        elif released is not None:
            done.append(Line(to, tender.title, Both("已交出份额", "Released"), tender.deadline))
        elif key is not None:
            open_ = tender.state == State.PUBLISHED.value
            held.append(Line(to, tender.title, Both("保管密钥中", "You hold a key"), tender.deadline, open_))
    return [
        Section(
            "waiting",
            Both("等您处理", "Waiting for you"),
            waiting[:MOST],
            Both(
                "没有等您处理的标段。代理程序在运行时会自动处理。",
                "Nothing waits for you. A running agent does all by itself.",
            ),
        ),
        Section(
            "held",
            Both("保管中", "In your custody"),
            held[:MOST],
            Both("目前没有保管密钥。", "You hold no key at present."),
        ),
        Section("done", Both("已完成", "Done"), done[:MOST], Both("还没有。", "None yet.")),
    ]
