"""`sunseal witness unit`."""

from __future__ import annotations

from importlib.resources import files

import click


@click.command()
def unit() -> None:
    """Print a systemd unit for a witness, ready for /etc/systemd/system; see docs/log.md."""
    place = files("trading.client").joinpath("deployment", "sunseal-witness.service")
    click.echo(place.read_text("utf-8"), nl=False)
