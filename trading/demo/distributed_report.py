"""What the distributed demonstration shows at its end: each process, who is at fault, the verdict."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from signing.encoding import parse_time
from trading.client.errors import Language
from trading.commands.options import local_time

if TYPE_CHECKING:
    from trading.demo.departments import Department
    from trading.demo.distributed import Course

_WIDTH = 118  # where the terminal does not say
_SHOWN = {
    "enrolled", "started", "accepted", "waiting", "cosigned", "released", "share-refused", "refused",
    "erased",
}  # fmt: skip
_LINE = 190  # characters of a sentence of a journal
_DIGEST = re.compile(r"[0-9a-f]{32,}")


def report(course: Course, folder: Path, lang: Language) -> None:
    """Print it."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    zh = lang == "zh"
    console.print()
    console.rule(
        Text("五个进程，除本机 HTTP 外互不相通" if zh else "Five processes, nothing shared but HTTP", "bold")
    )
    console.print(_processes(course, zh))
    for one in course.departments.custodians:
        console.print(_journal(one, lang))
    console.rule(Text("责任记录" if zh else "Whose fault is on record", "bold"))
    console.print(_faults(course, lang))
    console.rule(Text("sunseal verify", "bold"))
    for line in _verdict(course):
        console.print(Text(line))
    console.rule(Text("结果" if zh else "What had to hold", "bold"))
    for true, chinese, english in course.held:
        mark = Text(" ✓ " if true else " ✗ ", "bold green" if true else "bold red")
        console.print(mark + Text(chinese if zh else english))
    console.print(Text(f"结果文件：{folder}" if zh else f"The results are in {folder}", "dim"))


def _processes(course: Course, zh: bool) -> Table:
    heads = (
        ("进程", "进程号", "目录", "做了什么") if zh else ("Process", "Process ids", "Folder", "What it did")
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    departments = course.departments
    acts = course.tender.acts(departments.public)
    total = sum(acts.values())
    table.add_row(
        "平台" if zh else "platform", _pids(departments.platform.pids), "platform/",
        f"记入日志 {total} 项本标段的行为" if zh else f"logged {total} acts on the tender",
    )  # fmt: skip
    table.add_row(
        "见证人" if zh else "witness", _pids(departments.witness.pids), "witness/",
        f"副署 {course.cosigned} 个检查点" if zh else f"cosigned {course.cosigned} checkpoints of the log",
    )  # fmt: skip
    for one in departments.custodians:
        table.add_row(
            one.member.name, _pids(one.process.pids), f"{one.process.folder.name}/", _fate(course, one, zh)
        )
    return table


def _fate(course: Course, one: Department, zh: bool) -> str:
    shares = course.releases.get(one.member.id)
    told = ""
    if one is course.killed:
        told = (
            f"{course.killed_after:.0f} 秒时被 kill -9，{course.restarted_after:.0f} 秒时重启；" if zh
            else f"killed (-9) at {course.killed_after:.0f} s, started at {course.restarted_after:.0f} s; "
        )  # fmt: skip
    elif one is course.corrupted:
        told = "密钥被换掉；" if zh else "its key was swapped; "
    if shares is None:
        return told + ("没有释放" if zh else "released nothing")
    return told + (f"释放 {shares.given} 份份额" if zh else f"released {shares.given} shares")


def _journal(one: Department, lang: Language) -> Table:
    """The agent's own journal, in the words that it uses; what repeats stands once."""
    title = f"{one.member.name}: sunseal custodian journal"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    repeated: Counter[str] = Counter()
    for line in one.journal():
        if line.kind not in _SHOWN:
            continue
        repeated[line.kind] += 1
        if repeated[line.kind] > 3:
            continue
        style = "yellow" if line.kind in ("share-refused", "refused") else ""
        table.add_row(local_time(parse_time(line.at))[11:19], Text(_short(line.text(lang)), style))
    return table


def _faults(course: Course, lang: Language) -> Text:
    """What the frozen set of releases, the journal and the opening record come to."""
    name, said = course.corrupted.member.name, course.corrupted.refusal()
    why = "–" if said is None else _short(said.text(lang))
    released = [one.member.name for one in course.departments.custodians if one.member.id in course.releases]
    opened = sum(row.opened for row in course.rows)
    named = Counter(row.fault for row in course.rows if row.fault is not None)
    if lang == "zh":
        others = "、".join(f"{fault} {count}" for fault, count in named.items()) or "无"
        return Text(
            f"日志中冻结的释放集：{'、'.join(released)}。{name} 在宽限期内没有释放，它自己的日记写明：{why}\n"
            f"{opened} 份投标由其余两家开启。开标记录中针对各投标的责任：{others}。"
        )  # fmt: skip
    others = ", ".join(f"{fault} {count}" for fault, count in named.items()) or "none"
    return Text(
        f"The frozen set of releases in the log: {', '.join(released)}. {name} did not release within the "
        f"grace; its own journal says why: {why}\n{opened} bids were opened by the other two. Faults "
        f"in the opening record, bid by bid: {others}."
    )


def _short(text: str) -> str:
    """Digests cut short, and the whole too: the journal itself has all of it."""
    text = _DIGEST.sub(lambda found: f"{found[0][:8]}…", text)
    return text if len(text) <= _LINE else f"{text[:_LINE]} …"


def _verdict(course: Course) -> list[str]:
    """Of all that the verifier said: what is about witnesses, what failed, and its conclusion."""
    lines = course.verified
    about = [line for line in lines if "archives" in line or "见证" in line or "witness" in line]
    failed = [line for line in lines if "FAILED" in line or "不符]" in line]
    return [*dict.fromkeys([*about, *failed, *lines[-1:]])]


def _pids(pids: list[int]) -> str:
    return " → ".join(map(str, pids))
