"""`sunseal token`."""

from __future__ import annotations

from pathlib import Path

import click

from trading.client.files import refuse_existing, write_file
from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, say
from trading.commands.platform import data_overrides, settings_from
from trading.commands.platform import migrate as upgrade


@click.command()
@click.option("--config", type=PATH, help="An .ini file with settings in [app:main].")
@click.option("--data", type=PATH, help="A folder that holds the whole state.")
@click.option("--person", default="operator", show_default=True, help="Whom the token is for.")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How long it holds.")
@click.option("--out", type=PATH, help="Write it to a new file that only you can read, not to the screen.")
@lang_option
def token(
    config: Path | None, data: Path | None, person: str, days: int, out: Path | None, lang: Language
) -> None:
    """Issue a token of the platform's operator, by the database; all others are issued over the API."""
    from trading.accounts.services import bootstrap_operator
    from trading.platform import build_platform

    refuse_existing(out)
    settings = settings_from(config, data_overrides(data))
    upgrade(settings.database_url)
    platform = build_platform(settings)
    try:
        secret = bootstrap_operator(platform, person, days)
    finally:
        platform.close()
    if out is None:
        click.echo(secret)
    else:
        write_file(out, secret.encode() + b"\n", private=True)
        say(lang, f"已写入 {out}", f"Written to {out}")
