"""`sunseal demo`."""

from __future__ import annotations

from pathlib import Path

import click

from trading.commands.group import Language
from trading.commands.options import PATH, lang_option


@click.command()
@click.option("--input", "source", type=PATH, help="Tenders and bids (JSON); by default eight real ones.")
@click.option("--out", type=PATH, help="A new folder for the results; by default var/demo/<time>.")
@click.option("--rules", default="generic", show_default=True, help="Rule pack: generic or cn-works.")
@click.option(
    "--lead", type=click.FloatRange(1, 3600),
    help="Seconds from drafting to opening; by default as many as the bids surely need.",
)  # fmt: skip
@click.option("--exit", "leave", is_flag=True, help="End when done; otherwise the platform keeps serving.")
@click.option(
    "--distributed", is_flag=True,
    help="One tender over five processes with keys of their own, of which one is killed and one lies.",
)  # fmt: skip
@lang_option
def demo(
    source: Path | None, out: Path | None, rules: str, lead: float | None, leave: bool, distributed: bool,
    lang: Language,
) -> int:  # fmt: skip
    """Replay real tenders against a platform of their own, and compare with the official results.

    The exit status is 0 only if every tender came out as the file and the rule pack demand. With
    --distributed: only if the tender opened in time and everything held.
    """
    if distributed:
        from trading.demo import distributed as departments

        return departments.run(out, lead, leave, lang)
    from trading.demo.run import run

    return run(source, out, rules, lead, leave, lang)
