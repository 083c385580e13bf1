"""`sunseal custodian run`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from trading.client.custodian_session import open_session
from trading.client.custodian_store import Store
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    first_line,
    lang_option,
    read_passphrase,
    read_policy,
    say,
    store_options,
    witness_policy_option,
)


@click.command()
@store_options
@click.option("--server", help="The platform's address; by default the one of the enrolment.")
@click.option("--token-file", type=PATH, help="A file that holds the token; by default the store's.")
@click.option(
    "--poll", type=click.FloatRange(0.1, 3600), default=2.0, show_default=True, help="Seconds between rounds."
)  # fmt: skip
@click.option("--backup", type=PATH, help="Make this backup anew by itself, before new keys are given out.")
@witness_policy_option
@click.option("--once", is_flag=True, help="Do one round and end; exit status 1 if a tender was refused.")
@lang_option
def run(
    store: Path, passphrase_file: Path | None, server: str | None, token_file: Path | None, poll: float,
    backup: Path | None, policy: Path | None, once: bool, lang: Language,
) -> int:  # fmt: skip
    """Run the agent: it dials out, trusts nobody, and releases shares only after its own checks.

    Keep this machine's clock right: the agent judges opening times by it.
    """
    opened = Store.open(store, read_passphrase(passphrase_file))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    with opened.alone():
        read_token = None if token_file is None else lambda: first_line(token_file)
        agent = open_session(opened, lang, server, read_token, backup, read_policy(policy))
        if once:
            agent.step()
            return 1 if agent.refusals else 0
        stop = threading.Event()

        def end(number: int, frame: Any) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        name = opened.name
        say(lang, f"保管人 {name} 已启动。", f"The agent of {name} is running.")
        opened.journal.write("started", server=server or opened.trusted.server)
        agent.run(stop, poll)
        opened.journal.write("stopped")
    return 0
