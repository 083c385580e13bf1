"""`sunseal platform-key`."""

from __future__ import annotations

from pathlib import Path

import click

from signing.profile import PlatformUsage
from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, say
from trading.commands.platform import data_overrides, settings_from
from trading.commands.platform import migrate as upgrade


@click.command("platform-key")
@click.argument("usage", type=click.Choice(("statement", "receipt", "timestamp", "document")))
@click.option("--config", type=PATH, help="An .ini file with settings in [app:main].")
@click.option("--data", type=PATH, help="A folder that holds the whole state.")
@click.option(
    "--reason", type=click.Choice(("keyCompromise", "superseded")), default="keyCompromise",
    show_default=True, help="Why, by RFC 5280.",
)  # fmt: skip
@lang_option
def platform_key(
    usage: PlatformUsage, config: Path | None, data: Path | None, reason: str, lang: Language
) -> None:
    """Give the platform a new key for USAGE, and revoke the old one's certificate now.

    Stop every process of the platform first and start them again afterwards: those that run go on signing
    with the old key, and whatever it signs from now on nobody believes.
    """
    from trading.accounts.platform_keys import replace_platform_key
    from trading.platform import build_platform

    settings = settings_from(config, data_overrides(data))
    upgrade(settings.database_url)
    platform = build_platform(settings)
    try:
        old, new = replace_platform_key(platform, usage, reason)
    finally:
        platform.close()
    say(
        lang,
        f"已撤销 {old}，新证书 {new}。请重新启动平台。",
        f"Revoked {old}; new: {new}. Start the platform again.",
    )
