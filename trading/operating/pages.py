"""The operator's pages of the platform itself: health, jobs, queues."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pyramid.request import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.encoding import is_id
from trading.operating.health import LATE, findings, versions
from trading.platform import Platform
from trading.queue import QUEUE, Claim, Outbox, depths, jobs, waiting
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.web.forms import Both

log = structlog.get_logger("sunseal.health")

JOB_WORDS = {
    "close_tender": Both("截标", "Close tenders"),
    "freeze_releases": Both("收齐解密份额", "Freeze the releases"),
    "open_bids": Both("开标", "Open bids"),
    "render_opening_record": Both("生成开标记录", "Render opening records"),
    "render_stage_records": Both("生成各阶段开标记录", "Render the records of stages"),
    "render_award_report": Both("生成中标报告", "Render award reports"),
    "render_award_notice": Both("生成中标通知书", "Render award notices"),
    "stamp_document": Both("为文件追加时间戳", "Stamp documents again"),
    "issue_result_notices": Both("发出中标结果通知书", "Issue notices of the result"),
    "build_evidence": Both("打包证据", "Pack evidence"),
    "issue-crl": Both("签发证书撤销列表", "Issue revocation lists"),
    "draw-reserve": Both("备好标段编号", "Keep ids of tenders ready"),
    "end_unlocking": Both("结束解锁", "End unlocking"),
    "fetch-outside-lists": Both("取外部签发机构的吊销列表", "Fetch outside revocation lists"),
    "log-enrolments": Both("汇总供应商证书", "Log a day's enrolments"),
    "log-acts": Both("汇总未公开的操作", "Log a day's private acts"),
    "write-log-tiles": Both("写出公开日志的分片", "Write tiles of the public log"),
    "cosign-log": Both("请见证人副署检查点", "Ask witnesses to cosign the log"),
    "log-sealing-code": Both("登记密封程序", "Log the sealing program"),
    "stamp-receipts": Both("为回执加盖外部时间戳", "Have receipts stamped by an outside authority"),
    "forget-answers": Both("清理过期应答", "Forget old answers"),
    "forget-sign-ins": Both("清理过期登录记录", "Forget old sign-ins"),
}
_SHOWN = 100


@dataclass(frozen=True)
class Job:
    """A job: how many things wait for it now, and how many of them have waited too long."""

    name: str
    words: Both
    waiting: int
    late: int


def watch(context: Any, request: Request) -> dict[str, Any]:
    """The platform's health."""
    found = findings(request.platform, request.dbsession)
    return {
        "findings": found, "versions": versions(), "now": request.platform.clock.now(request.dbsession),
        "bad": sum(each.how == "bad" for each in found), "warn": sum(each.how == "warn" for each in found),
    }  # fmt: skip


def work(context: Any, request: Request) -> dict[str, Any]:
    """What jobs wait, who holds what, what the broker has."""
    session = request.dbsession
    now = request.platform.clock.now(session)
    claims = session.scalars(
        select(Claim).where(Claim.expires_at > now).order_by(Claim.expires_at).limit(_SHOWN)
    ).all()
    return {
        "jobs": [_job(request.platform, session, name, now) for name in jobs()],
        "outbox": sorted(Counter(session.scalars(select(Outbox.job).limit(10_000))).items()),
        "claims": claims, "titles": _titles(session, {claim.subject for claim in claims}),
        "queues": _queues(request), "quick": QUEUE, "job_words": JOB_WORDS, "now": now,
    }  # fmt: skip


def _job(platform: Platform, session: Session, name: str, now: datetime) -> Job:
    words = JOB_WORDS.get(name, Both(name, name))
    counts = (len(waiting(platform, session, name, at)) for at in (now, now - LATE))
    return Job(name, words, *counts)


def _titles(session: Session, ids: set[str]) -> dict[str, str]:
    """Public tenders' titles by id."""
    known = [each for each in ids if is_id(each)]
    found = select(Tender.id, Tender.title).where(Tender.id.in_(known), Tender.state != State.DRAFT.value)
    return {row.id: row.title for row in session.execute(found)}


def _queues(request: Request) -> list[tuple[str, tuple[int, int, int]]] | None:
    try:
        return list(depths(request.platform.queue.broker).items())
    except Exception:  # whatever the broker's library raises; the page says so
        log.exception("the broker does not answer")
        return None
