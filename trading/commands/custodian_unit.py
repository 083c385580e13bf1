"""`sunseal custodian unit`."""

from __future__ import annotations

from importlib.resources import files

import click


@click.command()
@click.option("--container", is_flag=True, help="The Containerfile instead.")
def unit(container: bool) -> None:
    """Print a systemd unit for the agent, ready for /etc/systemd/system; see docs/custodians.md."""
    name = "Containerfile" if container else "sunseal-custodian.service"
    click.echo(files("trading.client").joinpath("deployment", name).read_text("utf-8"), nl=False)
