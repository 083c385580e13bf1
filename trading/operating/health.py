"""Is the platform well: each part with what was found and what to do. Nothing here tells of bids.

Space is judged, never measured out loud: how much was uploaded would tell how many bid.
"""

from __future__ import annotations

import platform as machine
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import structlog
from alembic.runtime.migration import MigrationContext
from sqlalchemy import exists, func, make_url, select, text
from sqlalchemy.orm import Session

from signing.certificates import AUTHORITIES
from trading.accounts.endings import custodians_ending
from trading.accounts.models import Crl
from trading.audit.models import LogEntry
from trading.audit.services import AuditLog
from trading.audit.witnesses import Witnesses
from trading.migrations import newest
from trading.platform import Platform
from trading.queue import depths, jobs, waiting
from trading.timestamps.authorities import FAILURES
from trading.timestamps.models import AwaitedToken
from trading.web.forms import Both
from trading.web.liveness import GAP, lately
from trading.web.pages import Writer

log = structlog.get_logger("sunseal.health")

# The scanner looks four times a second; what is due for this long is not done by anybody.
LATE = timedelta(minutes=2)
_APART = timedelta(seconds=2)
_SOON = timedelta(days=60)
_WEEK = timedelta(days=7)
_LOW, _SHORT = 0.15, 0.05  # shares of a disk that are free
_PARTS = ("sunseal", "sqlalchemy", "psycopg", "pyramid", "dramatiq", "cryptography", "pyhanko", "obstore")

How = Literal["good", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """One part of the platform: how it is, what was found, what to do."""

    part: Both
    how: How
    said: Both
    todo: Both | None = None


def findings(platform: Platform, session: Session) -> list[Finding]:
    """Everything, what needs somebody first. A part that fails to answer is a finding, never an error."""
    now = platform.clock.now(session)
    checks: list[Callable[[], Finding]] = [
        lambda: _database(session), lambda: _revision(session), lambda: _clock(now),
        lambda: _work(platform, session, now), lambda: _broker(platform), lambda: _storage(platform),
        lambda: _disk(platform), lambda: _log(platform, session),
        lambda: _witnesses(platform, session, now), lambda: _crl(session, now),
        lambda: _certificates(platform, now), lambda: _answering(session, now),
        lambda: _signers(session, now),
        lambda: _custodians(platform), lambda: _door(platform), lambda: _timestamps(platform, session),
    ]  # fmt: skip
    rank = {"bad": 0, "warn": 1, "good": 2}
    return sorted((_guarded(check) for check in checks), key=lambda finding: rank[finding.how])


def _guarded(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        log.exception("a part could not be looked at")
        kind = type(error).__name__
        return Finding(
            Both("检查", "The check"), "bad",
            Both(f"有一项检查未能完成（{kind}）。", f"One check could not be finished ({kind})."),
            Both("详情见进程日志。", "The process log has the details."),
        )  # fmt: skip


def _database(session: Session) -> Finding:
    dialect = session.get_bind().dialect.name
    began = time.perf_counter()
    query = "SELECT sqlite_version()" if dialect == "sqlite" else "SHOW server_version"
    release = session.execute(text(query)).scalar_one()
    took = (time.perf_counter() - began) * 1000
    name = "SQLite" if dialect == "sqlite" else "PostgreSQL"
    said = Both(f"{name} {release}，{took:.0f} 毫秒应答。", f"{name} {release}, answers in {took:.0f} ms.")
    if took > 500:
        todo = Both(
            "应答很慢。请检查数据库主机的负载和磁盘。", "It is slow: look at its machine's load and disk."
        )
        return Finding(Both("数据库", "Database"), "warn", said, todo)
    return Finding(Both("数据库", "Database"), "good", said)


def _revision(session: Session) -> Finding:
    part, wanted = Both("数据库版本", "Database's revision"), newest()
    found = MigrationContext.configure(session.connection()).get_current_revision()
    if found == wanted:
        return Finding(part, "good", Both(f"{found}，与程序一致。", f"{found}, as this version needs."))
    return Finding(
        part, "bad",
        Both(f"现为{found or '空'}，本程序需要 {wanted}。", f"It is {found or 'none'}; {wanted} is needed."),
        Both("请运行 sunseal migrate，然后重启。", "Run sunseal migrate and start again."),
    )  # fmt: skip


def _answering(session: Session, now: datetime) -> Finding:
    """Whether the processes that serve HTTP write down that they do, and when they did not."""
    part, found = Both("应答记录", "Record of answering"), lately(session, now - _WEEK, now)
    if found.last is None or now - found.last > GAP:
        return Finding(
            part, "bad",
            Both("没有对外服务的进程在记录应答。", "No process that serves writes down that it answers."),
            Both(
                "请用 sunseal serve 或 sunseal web 启动服务；否则投标人未解锁时一律按平台中断处理。",
                "Serve with sunseal serve or sunseal web; without the record every bidder who does not "
                "unlock counts as shut out by the platform.",
            ),
        )  # fmt: skip
    minutes = int(found.down.total_seconds()) // 60
    said = Both(
        f"近七日中断 {found.count} 次，共 {minutes} 分钟。",
        f"Outages in 7 days: {found.count}, {minutes} min.",
    )
    return Finding(part, "warn" if found.count else "good", said)


def _clock(now: datetime) -> Finding:
    part, apart = Both("时钟", "Clocks"), abs(now - datetime.now(UTC))
    seconds = apart.total_seconds()
    said = Both(
        f"数据库与本机相差 {seconds:.1f} 秒；截标以数据库时钟为准。",
        f"Database and this machine differ by {seconds:.1f} s; deadlines go by the database's.",
    )
    if apart <= _APART:
        return Finding(part, "good", said)
    todo = Both("请核对两台机器的时间同步（NTP）。", "Check time synchronisation (NTP) on both machines.")
    return Finding(part, "bad" if seconds > 30 else "warn", said, todo)


def _work(platform: Platform, session: Session, now: datetime) -> Finding:
    part = Both("后台任务", "Jobs")
    late = sum(len(waiting(platform, session, name, now - LATE)) for name in jobs())
    if not late:
        return Finding(part, "good", Both("没有超时未办的任务。", "Nothing that is due is left undone."))
    return Finding(
        part, "bad",
        Both(f"有 {late} 项任务到期超过 2 分钟仍未完成。", f"{late} jobs are due for more than 2 minutes."),
        Both(
            "请查看任务页，确认 sunseal worker（或 serve）在运行，并查看进程日志。",
            "See the page of jobs; make sure that sunseal worker (or serve) runs; read the process log.",
        ),
    )  # fmt: skip


def _broker(platform: Platform) -> Finding:
    part = Both("消息队列", "Broker")
    kind = urlsplit(platform.settings.broker_url).scheme
    name = {"memory": "进程内", "redis": "Redis", "rediss": "Redis"}.get(kind, "RabbitMQ")
    try:
        dead = sum(counts[2] for counts in depths(platform.queue.broker).values())
    except Exception:  # whatever the broker's library raises
        log.exception("the broker does not answer")
        return Finding(
            part, "bad", Both(f"{name} 没有应答。", f"{name} does not answer."),
            Both(
                "请启动消息队列或更正 broker_url。任务不会丢失，但会等待。",
                "Start it or correct broker_url. No work is lost, but it waits.",
            ),
        )  # fmt: skip
    if kind == "memory":
        return Finding(part, "good", Both("在本进程内运行。", "Inside this process."))
    if dead:
        return Finding(
            part, "warn", Both(f"{name} 中有 {dead} 条死信。", f"{dead} dead letters in {name}."),
            Both(
                "任务会自动重试，死信仅供排查；原因见进程日志。",
                "Work is found again by itself; dead letters only show that it failed. See the process log.",
            ),
        )  # fmt: skip
    return Finding(part, "good", Both(f"{name} 正常应答。", f"{name} answers."))


def _storage(platform: Platform) -> Finding:
    part = Both("存储", "Storage")
    kind = urlsplit(platform.settings.storage_url).scheme
    if platform.storage.answers():
        return Finding(
            part, "good", Both(f"可以读写（{kind}）。", f"Can be read and written ({kind}).")
        )  # fmt: skip
    return Finding(
        part, "bad", Both(f"没有应答或不可写（{kind}）。", f"Does not answer or cannot be written ({kind})."),
        Both(
            "请检查 storage_url、权限和网络。此间投标和开标无法进行。",
            "Check storage_url, permissions and network: nobody can bid and nothing opens meanwhile.",
        ),
    )  # fmt: skip


def _disk(platform: Platform) -> Finding:
    part = Both("磁盘空间", "Disk space")
    places = list(_local_places(platform))
    if not places:
        return Finding(part, "good", Both("不在本机。", "None of it is on this machine."))
    usages = [shutil.disk_usage(place) for place in places]
    share = min(usage.free / usage.total for usage in usages)
    if share >= _LOW:
        return Finding(part, "good", Both("充足。", "Enough."))
    todo = Both("请扩充磁盘；空间用尽时投标会被拒绝。", "Add space: once it is used up, bids are refused.")
    if share >= _SHORT:
        return Finding(part, "warn", Both("剩余不足 15%。", "Less than 15 % is free."), todo)
    return Finding(part, "bad", Both("剩余不足 5%。", "Less than 5 % is free."), todo)


def _local_places(platform: Platform) -> Iterator[Path]:
    if platform.storage.folder is not None:
        yield platform.storage.folder
    url = make_url(platform.settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        yield Path(url.database).absolute().parent


def _log(platform: Platform, session: Session) -> Finding:
    part, audit = Both("公开日志", "Public log"), AuditLog(platform)
    size = audit.head(session)
    last = session.scalar(select(LogEntry).order_by(LogEntry.position.desc()).limit(1))
    if (last.position + 1 if last else 0) != size:
        return Finding(
            part, "bad",
            Both("日志头与最后一条记录不符。", "The log's head does not fit its last entry."),
            Both(
                "请停止写入，并从最新的备份核对数据库；不要恢复较旧的数据库。",
                "Stop writing and compare the database with the newest backup. Never restore an older one.",
            ),
        )  # fmt: skip
    if last is None:
        return Finding(part, "good", Both("还没有记录。", "No entry yet."))
    root = audit.checkpoint(session).decode().split("\n")[2]
    zh, en = Writer("zh").when(last.at).striptags(), Writer("en").when(last.at).striptags()
    return Finding(
        part, "good",
        Both(
            f"共 {size} 条，最后一条 {zh}；检查点根哈希 {root}",
            f"{size} entries, the last at {en}; the checkpoint's root {root}",
        ),
    )  # fmt: skip


def _witnesses(platform: Platform, session: Session, now: datetime) -> Finding:
    part, witnesses = Both("日志见证人", "Witnesses of the log"), Witnesses(platform)
    standings = witnesses.standings(session)
    if not standings:
        return Finding(
            part, "warn",
            Both("没有配置见证人：外界无法证明人人看到的是同一日志。",
                 "None is named: nobody outside can show that all are shown one log."),
            Both("请各部门运行 sunseal witness，并在 log_policy 中列出（见 docs/log.md）。",
                 "Let departments run sunseal witness, and list them in log_policy (docs/log.md)."),
        )  # fmt: skip

    def late(size: int) -> bool:
        """Whether the first entry that it has not cosigned is old."""
        since = session.scalar(select(LogEntry.at).where(LogEntry.position == size))
        return since is not None and since < now - LATE

    behind = [each for each in standings if late(each.size or 0)]
    names = ", ".join(f"{each.witness.label} ({each.failure or '—'})" for each in behind)
    fine = [each.witness.name for each in standings if each not in behind]
    if not behind:
        count = len(standings)
        said = Both(f"{count} 个见证人都已副署。", f"All {count} have cosigned the log lately.")
        return Finding(part, "good", said)
    said = Both(f"没有及时副署：{names}。", f"Have not cosigned lately: {names}.")
    todo = Both("请联系其所在部门；日志照常运行。", "Tell their departments. The log goes on meanwhile.")
    if witnesses.policy.satisfied(fine):
        return Finding(part, "warn", said, todo)
    return Finding(
        part, "bad", said,
        Both("副署数已不足：按策略等待副署的保管人不会释放份额。请立即联系见证人所在部门。",
             "Too few are left: custodians that want cosignatures will not release. Tell them at once."),
    )  # fmt: skip


def _crl(session: Session, now: datetime) -> Finding:
    part = Both("证书撤销列表", "Revocation lists")
    own = Crl.authority.in_(AUTHORITIES)
    last = select(func.max(Crl.next_update), func.max(Crl.follows_at)).where(own).group_by(Crl.authority)
    newest = session.execute(last).all()
    if not newest:
        return Finding(
            part, "good", Both("尚未签发证书，还不需要。", "No certificate was issued; none is needed yet.")
        )  # fmt: skip
    ends, follows = min(each[0] for each in newest), min(each[1] for each in newest)
    zh, en = (Writer(lang).when(ends).striptags() for lang in ("zh", "en"))
    said = Both(f"有效期至 {zh}。", f"Holds until {en}.")
    todo = Both(
        "按期应由后台任务更新。请确认 worker 在运行。", "A job renews it on schedule: is a worker running?"
    )
    if ends <= now:
        return Finding(part, "bad", said, todo)
    if follows + LATE <= now:
        return Finding(part, "warn", said, todo)
    return Finding(part, "good", said)


def _certificates(platform: Platform, now: datetime) -> Finding:
    part, keys = Both("平台证书", "Platform's certificates"), platform.keys
    held = (
        keys.root, keys.platform.certificate, keys.parties.certificate, keys.statement.certificate,
        keys.receipt.certificate, keys.timestamp.certificate, keys.document.certificate,
        *(each.certificate for each in keys.ocsp.values()),
    )  # fmt: skip
    ends = min(each.not_valid_after_utc for each in held)
    said = Both(f"最早到期 {ends:%Y-%m-%d}。", f"The first ends on {ends:%Y-%m-%d}.")
    if ends > now + _SOON:
        return Finding(part, "good", said)
    todo = Both(
        "请在到期前准备新的平台，并把在途标段办结。",
        "Prepare a platform with new keys and finish running tenders before that day.",
    )
    return Finding(part, "bad" if ends <= now else "warn", said, todo)


def _signers(session: Session, now: datetime) -> Finding:
    part, count = Both("保管人证书", "Custodians' certificates"), custodians_ending(session, now)
    if not count:
        return Finding(part, "good", Both("近期没有到期的。", "None ends soon."))
    return Finding(
        part, "warn",
        Both(f"{count} 张将在 30 天内到期。", f"{count} end within 30 days."),
        Both("请通知其续期：证书须晚于开标一天到期，否则公告不能发布。",
             "Ask them to renew: a notice needs certificates that last until a day after the opening."),
    )  # fmt: skip


def _custodians(platform: Platform) -> Finding:
    part = Both("密钥保管人", "Custodians")
    if platform.settings.custodians_dir is None:
        return Finding(
            part, "good",
            Both("在各自部门的机器上运行。", "They run on their own departments' machines."),
        )  # fmt: skip
    return Finding(
        part, "warn",
        Both(
            "内嵌在本平台：运营机构持有其密钥，公告会注明「保管人不独立」。",
            "Embedded here: the operator holds their keys, and notices say that they are not independent.",
        ),
        Both(
            "正式交易请由各部门在自己的机器上运行 sunseal custodian。",
            "For real tenders each department runs sunseal custodian on a machine of its own.",
        ),
    )  # fmt: skip


def _timestamps(platform: Platform, session: Session) -> Finding:
    part, authorities = Both("时间戳", "Time-stamps"), platform.timestamps
    # Whoever stamps may be another process, whose failures are seen by what waits alone.
    refused = session.scalar(select(exists().where(AwaitedToken.tries >= FAILURES)))
    resting = ", ".join(
        each.url for each in authorities.outside if each.breaker.resting or (refused and authorities.later)
    )
    if resting:
        return Finding(
            part, "warn",
            Both(f"连续失败，暂不请求：{resting}。",
                 f"Failed several times running, left alone for now: {resting}."),
            Both("请检查 tsa_urls、网络与 tsa_roots_file；回执照常出具，由后面的机构加盖时间戳。",
                 "Check tsa_urls, the network and tsa_roots_file. Receipts are given all the same, and "
                 "stamped by the next in order."),
        )  # fmt: skip
    if not (authorities.at_once or authorities.later):
        return Finding(
            part, "warn",
            Both("回执不加时间戳（tsa_urls 为空）。", "Receipts get none (tsa_urls is empty)."),
            Both("请把 tsa_urls 设为 own 或外部机构的地址。", "Set tsa_urls to own or an outside authority."),
        )  # fmt: skip
    if not authorities.outside:
        return Finding(
            part, "good",
            Both("由本平台自己的机构加盖：时间是平台自己的话。",
                 "By the platform's own authority: the time is the platform's word."),
        )  # fmt: skip
    names = ", ".join(each.url for each in authorities.outside)
    return Finding(part, "good", Both(f"外部机构：{names}。", f"Outside authorities: {names}."))


def _door(platform: Platform) -> Finding:
    part, parts = Both("访问地址", "Public address"), urlsplit(platform.settings.public_url)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    said = Both(platform.settings.public_url, platform.settings.public_url)
    if parts.scheme == "https" or local:
        return Finding(part, "good", said)
    return Finding(
        part, "bad", said,
        Both(
            "请改用 https：口令和令牌不得明文传输。",
            "Use https: passwords and tokens must not travel in the clear.",
        ),
    )  # fmt: skip


def versions() -> list[tuple[str, str]]:
    """What runs here, in which version."""
    found = [("Python", machine.python_version())]
    for name in _PARTS:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found
