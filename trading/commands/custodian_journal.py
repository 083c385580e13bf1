"""`sunseal custodian journal`."""

from __future__ import annotations

from pathlib import Path

import click

from signing.encoding import parse_time
from signing.errors import SigningError
from trading.client.custodian_journal import NAME, Journal, Line
from trading.client.errors import ClientError
from trading.commands.group import Language
from trading.commands.options import PATH, STORE_VARIABLE, lang_option, local_time


@click.command()
@click.option(
    "--store", type=PATH, required=True, envvar=STORE_VARIABLE,
    help=f"The folder of the custodian's key store [{STORE_VARIABLE}].",
)  # fmt: skip
@click.option("--tender", help="Of this tender alone.")
@click.option("--last", type=click.IntRange(min=1), help="The last so many lines alone.")
@lang_option
def journal(store: Path, tender: str | None, last: int | None, lang: Language) -> None:
    """Print the agent's journal: what it accepted, released, refused and erased, and why.

    It needs no passphrase. Times are this machine's.
    """
    if not (store / NAME).exists():
        raise ClientError("store-missing", path=store)
    lines = list(Journal(store).lines(tender))
    for line in lines[-last:] if last else lines:
        click.echo(f"{_local(line)}  {line.tender}  {line.text(lang)}")


def _local(line: Line) -> str:
    """The time as this machine's people read it."""
    try:
        return local_time(parse_time(line.at))
    except SigningError:
        return line.at
