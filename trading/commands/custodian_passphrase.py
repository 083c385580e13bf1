"""`sunseal custodian passphrase`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trading.client.custodian_store import Store
from trading.client.errors import ClientError
from trading.commands.asking import ask_secret
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    first_line,
    lang_option,
    read_passphrase,
    say,
    store_options,
)


@click.command()
@store_options
@click.option("--new-passphrase-file", type=PATH, help="A file with the new passphrase; else you are asked.")
@lang_option
def passphrase(
    store: Path, passphrase_file: Path | None, new_passphrase_file: Path | None, lang: Language
) -> None:
    """Put the store under another passphrase; the agent must not run meanwhile."""
    opened = Store.open(store, read_passphrase(passphrase_file))
    with opened.alone():
        given = None if new_passphrase_file is None else first_line(new_passphrase_file)
        opened.change_passphrase(given or _new_passphrase())
    opened.journal.write("passphrase")
    say(lang, "口令已更换。", "The passphrase is changed.")


def _new_passphrase() -> str:
    if not sys.stdin.isatty():
        raise ClientError("passphrase-missing")
    return ask_secret("新口令", "The new passphrase", twice=True)
