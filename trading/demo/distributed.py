"""The distributed demonstration: a tender opened by processes that trust nobody, while some of them fail.

A platform, three custodians' agents and a witness: five processes, each with a folder and keys of its own,
set up by the commands that departments use. While bids come in, one agent is killed and started again, and
another one's key is swapped by somebody at its machine. The tender has to open in time all the same, and the
record has to show who failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bids.opening_record import OpenedRow
from bids.package import read_package, share_name
from bids.releases import Release
from signing.notes import NoteVerifier
from signing.suite import by_name
from trading.client.agency import Agency
from trading.client.errors import Language
from trading.demo.departments import Department, Departments
from trading.demo.distributed_report import report
from trading.demo.errors import DemoError
from trading.demo.folders import new_folder, results, terminated, work_folder
from trading.demo.source import bundled, read_source
from trading.demo.tender import GRACE_SECONDS, DemoTender

CONTRACT = "12-0L1704"  # of the bundled ones: four bids, and small
_SEGMENT = "bid"
_POLL_SECONDS = 0.3
_LEAST_LEAD = 15.0
# Four bids, two agents started anew: no more than eight times what the enrolment of one agent takes.
_LEAD_FACTOR = 8.0
_OPEN_SECONDS = 120.0
IN_TIME = GRACE_SECONDS + 15.0  # seconds after the deadline: the grace, and a slow machine


@dataclass(frozen=True)
class Shares:
    """What a custodian's signed release says: shares given, and of how many it says that they do not open."""

    given: int
    refused: int


@dataclass
class Course:
    """What happened, for the report; `held` are the things that had to hold, in both languages."""

    departments: Departments
    tender: DemoTender
    killed: Department
    corrupted: Department
    killed_after: float = 0.0
    restarted_after: float = 0.0
    opened_after: float | None = None
    rows: tuple[OpenedRow, ...] = ()
    releases: dict[str, Shares] = field(default_factory=dict)
    cosigned: int = 0
    verified: list[str] = field(default_factory=list)
    held: list[tuple[bool, str, str]] = field(default_factory=list)

    def hold(self, true: bool, zh: str, en: str) -> None:
        """Enter a thing that had to hold, and whether it does."""
        self.held.append((true, zh, en))

    @property
    def ok(self) -> bool:
        return all(true for true, _, _ in self.held)


def run(out: Path | None, lead: float | None, leave: bool, lang: Language) -> int:
    """The whole demonstration; the exit status: 0 if all held.

    Raises:
        DemoError, ClientError: it cannot be begun or ended, and why.
    """
    folder = new_folder(out)
    with ExitStack() as stack:
        stack.enter_context(terminated())
        work = stack.enter_context(work_folder())
        aside = stack.enter_context(results(folder))
        departments = Departments(work, lang)
        stack.callback(departments.stop)
        course = _Run(departments, work, aside, lead, lang).run()
        aside.rename(folder)
        report(course, folder, lang)
        if not leave:
            _serve_on(departments, lang)
    return 0 if course.ok else 1


class _Run:
    """Goes through the course step by step, telling each."""

    def __init__(
        self, departments: Departments, work: Path, out: Path, lead: float | None, lang: Language
    ) -> None:
        self._all = departments
        self._work = work
        self._out = out
        self._lead = lead
        self._lang = lang
        self._began = time.monotonic()

    def run(self) -> Course:
        source = read_source(bundled())
        contract = next(one for one in source.contracts if one.number == CONTRACT)
        self._say(
            "启动平台与见证人，各用自己的目录和密钥", "Starting platform and witness, with keys of their own"
        )
        self._all.start_platform()
        self._all.start_witness()
        began = time.monotonic()
        self._say(
            "三家保管人建库、登记、启动", "Three custodians make stores, enrol and start their agents"
        )
        self._all.start_custodians(source.agency)
        took = (time.monotonic() - began) / len(self._all.custodians)
        self._agency = self._all.enrolment.agency(source.agency)
        client = Agency(self._agency.api, self._agency.key.signer, self._agency.key.roots)
        key = by_name("sunseal-1").sealing_key(by_name("sunseal-1").new_sealing_seed())
        client.put_envelope_key(key.public)
        tender = DemoTender(contract, client, key, self._work, self._out)
        tender.make_letters()
        tender.enter_project()
        lead = self._lead or round(max(_LEAST_LEAD, _LEAD_FACTOR * took), 1)
        deadline = datetime.now(UTC) + timedelta(seconds=lead)
        deadline = deadline.replace(microsecond=deadline.microsecond // 1000 * 1000)
        members = [one.member for one in self._all.custodians]
        tender.publish(deadline, "generic", members, independent=True)
        _, corrupted, killed = self._all.custodians
        self._course = Course(self._all, tender, killed, corrupted)
        self._say(
            f"公告已发布：三家保管人，任意两家可开标；{lead:.0f} 秒后截止",
            f"Published: three custodians, any two of them open; the deadline is in {lead:.0f} seconds",
        )
        self._bid_in_trouble(deadline)
        self._open(deadline)
        self._conclude()
        self._judge()
        return self._course

    def _say(self, zh: str, en: str) -> None:
        passed = time.monotonic() - self._began
        click.echo(f"{passed:6.1f} s  {zh if self._lang == 'zh' else en}")

    def _until(self, true: Callable[[], bool], seconds: float, zh: str, en: str) -> None:
        """Wait; DemoError "not-in-time" if it does not come true."""
        end = time.monotonic() + seconds
        while not true():
            self._all.platform.check()
            if time.monotonic() > end:
                log = self._all.platform.tail()
                raise DemoError("not-in-time", seconds=int(seconds), what=en, what_zh=zh, log=log)
            time.sleep(_POLL_SECONDS)

    # --- before the deadline

    def _bid_in_trouble(self, deadline: datetime) -> None:
        """Bids come in; meanwhile one agent dies and another one's key is swapped."""
        course, tender = self._course, self._course.tender
        bids = tender.contract.bids
        suppliers = self._all.enrolment.suppliers([bid.bidder for bid in bids])
        self._until(self._accepted, 60, "全部保管人接受公告", "have all custodians accepted the notice")
        killed, corrupted = course.killed, course.corrupted
        killed.process.kill()
        course.killed_after = time.monotonic() - self._began
        self._say(f"kill -9：{killed.member.name} 的代理", f"kill -9: the agent of {killed.member.name}")
        for number, bid in enumerate(bids, 1):
            if datetime.now(UTC) >= deadline:
                raise DemoError("lead-too-short", late=len(bids) - number + 1, seconds=self._lead or 0)
            tender.bid(bid, suppliers[bid.bidder], datetime.now(UTC))
            self._say(f"{bid.bidder} 的投标已送达", f"The bid of {bid.bidder} is in")
        corrupted.process.stop()
        corrupted.swap_key(tender.id)
        corrupted.process.start()
        self._say(
            f"有人在 {corrupted.member.name} 的机器上换掉了它的密钥",
            f"Somebody swaps the key in the store of {corrupted.member.name}",
        )
        killed.process.start()
        course.restarted_after = time.monotonic() - self._began
        self._say(
            f"{killed.member.name} 的代理重新启动", f"The agent of {killed.member.name} is started again"
        )

    def _accepted(self) -> bool:
        return all(any(line.kind == "accepted" for line in one.journal()) for one in self._all.custodians)

    # --- after it

    def _open(self, deadline: datetime) -> None:
        left = (deadline - datetime.now(UTC)).total_seconds()
        self._say(
            f"等待截止（{max(left, 0):.0f} 秒）", f"Waiting for the deadline ({max(left, 0):.0f} seconds)"
        )
        time.sleep(max(left, 0))
        tender, public = self._course.tender, self._all.public
        self._until(lambda: tender.state(public) == "opened", _OPEN_SECONDS, "开标", "open")
        tender.take_times(public)
        self._course.opened_after = tender.outcome.opened_after
        after = tender.outcome.opened_after or 0
        self._say(f"截止后 {after:.1f} 秒开标", f"Open, {after:.1f} seconds after the deadline")

    def _conclude(self) -> None:
        course, tender, public = self._course, self._course.tender, self._all.public
        log = NoteVerifier.from_vkey(self._all.log_key)
        record = tender.record()
        course.rows = tuple(record.bids)
        tender.open_letters(tender.check_closing(self._agency.api, self._agency, log), record)
        tender.decide(record)
        self._say("招标人开启附件、评审、定标", "The agency opens the attachments, evaluates, awards")
        self._until(
            lambda: tender.evidence_ready(public), _OPEN_SECONDS, "生成证据包", "is the evidence there"
        )
        tender.download(public)
        said = self._all.verify(tender.outcome.files["evidence"].absolute(), self._reader())
        course.verified = said.splitlines()
        self._until(self._erased, 60, "保管人删除密钥", "have custodians erased their keys")
        self._say(
            "证据包离线核对，保管人已删除密钥", "The evidence is checked; keys are erased"
        )

    def _reader(self) -> Path:
        place = self._work / "reader"
        place.mkdir()
        return place

    def _erased(self) -> bool:
        return self._course.tender.acts(self._all.public)["custody.erased"] >= 2

    # --- what had to hold

    def _judge(self) -> None:
        course, tender = self._course, self._course.tender
        self._read_releases()
        held, killed = course.hold, course.killed.member
        corrupted = course.corrupted.member
        after = course.opened_after
        held(
            after is not None and after <= IN_TIME, "按时开标", "the tender opened in time",
        )  # fmt: skip
        bids = len(tender.contract.bids)
        held(
            not tender.outcome.differences and len(tender.outcome.ranking) == bids,
            f"{bids} 份投标全部开启，附件与投标时一致",
            f"all {bids} bids opened, attachments as they were sealed",
        )  # fmt: skip
        restarted = course.releases.get(killed.id)
        held(
            restarted is not None and not restarted.refused,
            f"{killed.name} 被杀后重启，照常释放份额",
            f"{killed.name}, killed and started anew, released its shares",
        )  # fmt: skip
        held(
            corrupted.id not in course.releases and course.corrupted.refusal() is not None,
            f"{corrupted.name} 自己发现密钥不对，没有释放：冻结的释放集中没有它",
            f"{corrupted.name} found its key to be wrong and released nothing: the frozen set is without it",
        )  # fmt: skip
        held(course.cosigned > 0, "见证人为日志检查点副署", "the witness cosigned the log")
        held(bool(course.verified), "sunseal verify：全部符合", "sunseal verify: everything holds")

    def _read_releases(self) -> None:
        """What each custodian's signed release says, by the evidence that the verifier has checked."""
        course = self._course
        with course.tender.outcome.files["evidence"].open("rb") as source:
            package = read_package(source)
            for one in self._all.custodians:
                name = share_name(_SEGMENT, one.member.id)
                if name in package:
                    release = Release.parse(package.read(name))
                    given = len(release.shares) + len(release.files)
                    course.releases[one.member.id] = Shares(given, len(release.refusals))
        log = self._all.witness.log.read_text("utf-8", "replace")
        course.cosigned = log.count("handed in")


def _serve_on(departments: Departments, lang: Language) -> None:
    """Until Ctrl-C."""
    zh = lang == "zh"
    click.echo(
        f"平台仍在运行：{departments.address} （按 Ctrl-C 结束）" if zh
        else f"The platform keeps serving at {departments.address} (Ctrl-C ends it)"
    )  # fmt: skip
    try:
        while True:
            departments.platform.check()
            time.sleep(1)
    except KeyboardInterrupt:
        click.echo("正在停止……" if zh else "Stopping …")
