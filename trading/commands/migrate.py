"""`sunseal migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, say
from trading.commands.platform import data_overrides, settings_from
from trading.commands.platform import migrate as upgrade


@click.command()
@click.option("--config", type=PATH, help="An .ini file with settings in [app:main].")
@click.option("--data", type=PATH, help="A folder that holds the whole state.")
@lang_option
def migrate(config: Path | None, data: Path | None, lang: Language) -> None:
    """Bring the database up to date; a new one is made."""
    settings = settings_from(config, data_overrides(data))
    upgrade(settings.database_url)
    say(lang, "数据库已是最新。", "The database is up to date.")
