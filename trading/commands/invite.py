"""`sunseal invite`."""

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
@click.option("--person", default="operator", show_default=True, help="Whom the link is for.")
@click.option("--out", type=PATH, help="Write it to a new file that only you can read, not to the screen.")
@lang_option
def invite(config: Path | None, data: Path | None, person: str, out: Path | None, lang: Language) -> None:
    """Make a one-time link by which an operator signs in with a browser; all others are invited there."""
    from trading.platform import build_platform
    from trading.sign_in.people import invite_operator

    refuse_existing(out)
    settings = settings_from(config, data_overrides(data))
    upgrade(settings.database_url)
    platform = build_platform(settings)
    try:
        link = invite_operator(platform, person)
    finally:
        platform.close()
    if out is None:
        click.echo(link)
    else:
        write_file(out, link.encode() + b"\n", private=True)
        say(lang, f"已写入 {out}", f"Written to {out}")
