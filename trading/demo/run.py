"""Runs a demonstration from the command line: its folders, its platform, its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from trading.client.errors import Language
from trading.commands.options import say
from trading.demo.errors import DemoError
from trading.demo.folders import new_folder, results, terminated, work_folder
from trading.demo.platform import PlatformProcess
from trading.demo.progress import progress_on
from trading.demo.replay import Plan, Replay
from trading.demo.source import bundled, read_source
from trading.demo.summary import summary_json, summary_lines
from trading.demo.tender import Outcome
from trading.demo.visit import MINUTES, Visit
from trading.tenders.rules import PackError, pack_named, pack_names


def run(
    source: Path | None, out: Path | None, rules: str, lead: float | None, leave: bool, lang: Language
) -> int:
    """The whole demonstration; the exit status.

    Raises:
        DemoError, ClientError: it cannot be begun or ended, and why; then there is no output folder.
    """
    folder = new_folder(out)
    read = read_source(source or bundled())
    if rules not in pack_names():
        raise DemoError("rules-unknown", pack=rules, known=", ".join(pack_names()))
    try:
        minimum = pack_named(rules).minimum_bidders
    except PackError as error:
        raise DemoError("rules-unknown", pack=rules, known=str(error)) from None
    plan = Plan(read, rules, minimum, lead)
    with (
        terminated(),
        work_folder() as work,
        results(folder) as aside,
        _platform(work, folder, lang) as platform,
    ):
        with progress_on(read.contracts, lang) as progress:
            replay = Replay(plan, platform, work, aside, progress, lang)
            outcomes = replay.run()
        (aside / "summary.json").write_bytes(summary_json(outcomes, aside))
        aside.rename(folder)
        for line in summary_lines(plan, outcomes, folder, lang):
            click.echo(line)
        if _status(outcomes):
            _keep_log(platform, folder, lang)
        if not leave:
            _serve_on(platform, Visit(platform, read, replay.members, work, lang), lang)
    return _status(outcomes)


def _status(outcomes: Sequence[Outcome]) -> int:
    return 1 if any(outcome.differences for outcome in outcomes) else 0


@contextmanager
def _platform(work: Path, folder: Path, lang: Language) -> Iterator[PlatformProcess]:
    platform = PlatformProcess(work)
    platform.start()
    try:
        yield platform
    except Exception:
        platform.stop()
        _keep_log(platform, folder, lang)
        raise
    finally:
        platform.stop()


def _keep_log(platform: PlatformProcess, folder: Path, lang: Language) -> None:
    """Beside the results, of what did not come out as it should."""
    path = folder.with_name(f"{folder.name}.platform.log")
    if platform.keep_log(path):
        text = f"平台日志已存入 {path}" if lang == "zh" else f"The platform's log is kept in {path}"
        click.echo(text, err=True)


def _serve_on(platform: PlatformProcess, visit: Visit, lang: Language) -> None:
    """Until Ctrl-C."""
    try:
        visit.prepare()
        say(
            lang,
            f"门户仍在运行：{platform.address} （按 Ctrl-C 结束）\n"
            f"登录页 {platform.address}/sign-in 有各角色的一键账号；下一个标段约 {MINUTES} 分钟后开标。",
            f"The portal keeps serving at {platform.address} (Ctrl-C ends it)\n"
            f"{platform.address}/sign-in has an account for each role, one click each; the next tender "
            f"opens in "
            f"about {MINUTES} minutes.",
        )
        visit.go_on()
    except KeyboardInterrupt:
        say(lang, "正在停止……", "Stopping …")
