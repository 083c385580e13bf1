"""A custodian's desk: keys to hand in, releases, erasures."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import select

from trading.custody.models import Erasure, Release
from trading.desk.sections import MOST, Line, Section
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.tenders.reserve import Reserve
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
        *_stock(request),
        Section("done", Both("已完成", "Done"), done[:MOST], Both("还没有。", "None yet.")),
    ]


def _stock(request: Request) -> list[Section]:
    """Keys in advance, where the platform keeps ids ready for them: an agent's work, no person's."""
    now = request.platform.clock.now(request.dbsession)
    shown = Reserve(request.platform).shown(request.dbsession, actor_of(request).organisation, now)
    if not shown:
        return []
    given = sum(there for _, there in shown)
    if given == len(shown):
        said = Both(
            f"备用编号 {given} 个，密钥都已预交：起草标段时不必等您。代理程序每天自动补足。",
            f"Your keys are in for all {given} ids kept ready: no draft waits for you. The agent adds new "
            "ones each day.",
        )
    elif given:
        said = Both(
            f"备用编号 {len(shown)} 个，已预交密钥 {given} 个。代理程序运行时会自动补足；久未补足的，"
            "请查看它是否在运行。",
            f"Of {len(shown)} ids kept ready, {given} have your key. A running agent adds the others; if it "
            "does not, see whether it runs.",
        )
    else:
        said = Both(
            "没有预交密钥。运行代理程序 sunseal custodian run，即可自动预交，起草标段时不必等您；"
            "否则每个标段的密钥都须在此页上方交来。",
            "No key is given in advance. The agent, sunseal custodian run, does it, and no draft waits for "
            "you; otherwise each tender's key is handed in above.",
        )
    return [Section("stock", Both("预交的密钥", "Keys in advance"), [], said)]
