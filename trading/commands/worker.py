"""`sunseal worker`."""

from __future__ import annotations

from pathlib import Path

import click

from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, say
from trading.commands.platform import Jobs, closing, data_overrides, set_up_logs, settings_from, stop_signals


@click.command()
@click.option("--config", type=PATH, help="An .ini file with settings in [app:main].")
@click.option("--data", type=PATH, help="A folder that holds the whole state.")
@lang_option
def worker(config: Path | None, data: Path | None, lang: Language) -> None:
    """Run scheduled jobs and the scanner that finds them, beside any number of others."""
    from trading.migrations import require_current
    from trading.platform import build_platform

    settings = settings_from(config, data_overrides(data))
    set_up_logs(settings)
    platform = build_platform(settings)
    require_current(platform.database.engine)
    jobs = Jobs(platform)
    with stop_signals() as stop:
        jobs.start()
        say(lang, "后台任务已启动。", "The worker is running.")
        stop.wait()
        closing(jobs.stop, platform.close)
