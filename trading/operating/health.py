"""Whether the platform is well: each thing looked at, with what to do where it is not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trading.accounts.models import Crl
from trading.audit.services import AuditLog
from trading.migrations import newest
from trading.platform import Platform
from trading.queue import Claim, Outbox, waiting_work
from trading.sign_in.models import Registration
from trading.web.forms import Both

_CLOCKS = timedelta(seconds=2)
_OUTBOX = 50
# Free space is told in two words only: how fast it shrinks would tell of bids on their way.
_SHARE, _BYTES = 0.1, 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing: well or not, what was found, what to do."""

    what: Both
    well: bool
    found: Both
    advice: Both | None = None


def findings(platform: Platform, session: Session) -> Iterator[Finding]:
    """All that is looked at."""
    now = platform.clock.now(session)
    dialect = session.get_bind().dialect.name
    yield Finding(
        Both("数据库", "Database"),
        True,
        Both(f"{dialect}，表结构版本 {newest()}", f"{dialect}, tables of revision {newest()}"),
    )
    yield _clocks(now)
    yield _revocations(session, now)
    size = AuditLog(platform).head(session)
    yield Finding(
        Both("公开日志", "Public log"),
        True,
        Both(f"共 {size} 条，检查点已签名", f"{size} entries, checkpoint signed"),
    )
    yield _space(platform)
    waiting = session.scalar(select(func.count()).select_from(Outbox)) or 0
    yield Finding(
        Both("任务发件箱", "Outbox of jobs"),
        waiting < _OUTBOX,
        Both(f"{waiting} 项待发送", f"{waiting} to be sent"),
        Both(
            "消息队列可能连不上。请检查 broker_url 和工作进程。",
            "The broker may be away: look at broker_url and the workers.",
        ),
    )
    asked = session.scalar(
        select(func.count()).select_from(Registration).where(Registration.state == "pending")
    )
    yield Finding(
        Both("供应商注册", "Registrations"),
        not asked,
        Both(f"{asked or 0} 项待核验", f"{asked or 0} to be checked"),
        Both("请在“注册核验”中处理。", "Decide them under Registrations."),
    )


def _clocks(now: datetime) -> Finding:
    apart = abs(now - datetime.now(UTC))
    seconds = f"{apart.total_seconds():.1f}"
    return Finding(
        Both("时钟", "Clocks"),
        apart < _CLOCKS,
        Both(f"数据库与本机相差 {seconds} 秒", f"database and this machine are {seconds} s apart"),
        Both(
            "截标以数据库的时钟为准。请校准两台机器的时间（NTP）。",
            "The database's decides. Set both by NTP.",
        ),
    )


def _revocations(session: Session, now: datetime) -> Finding:
    row = session.scalar(select(Crl).order_by(Crl.issued_at.desc()).limit(1))
    what = Both("证书撤销列表", "Revocation list")
    if row is None:
        return Finding(what, True, Both("尚未签发，首次使用时生成", "not made yet; the first use makes it"))
    until = f"{row.next_update:%Y-%m-%d %H:%M} UTC"
    return Finding(
        what,
        now < row.next_update,
        Both(f"有效至 {until}", f"holds until {until}"),
        Both("定时任务没有运行。请检查工作进程。", "Its job has not run: look at the workers."),
    )


def _space(platform: Platform) -> Finding:
    what = Both("存储空间", "Storage")
    url = platform.settings.storage_url
    if not url.startswith("file://"):
        return Finding(what, True, Both("对象存储", "object storage"))
    usage = shutil.disk_usage(Path(url.removeprefix("file://")))
    enough = usage.free > _BYTES and usage.free > _SHARE * usage.total
    return Finding(
        what,
        enough,
        Both("充足", "enough") if enough else Both("紧张", "short"),
        Both("请扩容或清理磁盘，否则投标可能无法上传。", "Make room, or bids may not come in."),
    )


def jobs(session: Session, now: datetime) -> tuple[list[tuple[str, int]], list[Claim]]:
    """What is due now by kind, and what is worked on: kinds of tenders and the platform, never of bids."""
    working = select(Claim).where(Claim.expires_at > now).order_by(Claim.kind, Claim.subject).limit(100)
    return waiting_work(session, now), list(session.scalars(working))
