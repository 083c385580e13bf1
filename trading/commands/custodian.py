"""`sunseal custodian`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from trading.client.custodian import READ_SECONDS, Custodian
from trading.client.custodian_state import CustodianState
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    key_options,
    lang_option,
    make_api,
    read_key,
    roots_from,
    roots_option,
    say,
    server_options,
)


@click.command()
@server_options
@key_options
@roots_option
@click.option("--state", type=PATH, required=True, help="The agent's own folder; it holds sealing keys.")
@click.option("--log-key", help="The log's verifier key; by default the first one shown is kept.")
@click.option(
    "--poll", type=click.FloatRange(0.1, 3600), default=2.0, show_default=True, help="Seconds between rounds."
)  # fmt: skip
@click.option("--once", is_flag=True, help="Do one round and end; exit status 1 if a tender was refused.")
@lang_option
def custodian(
    server: str, token: str | None, token_file: Path | None, ca: Path | None, key: Path,
    password_file: Path | None, roots: Path | None, state: Path, log_key: str | None, poll: float,
    once: bool, lang: Language,
) -> int:  # fmt: skip
    """Run a custodian's agent: it dials out, trusts nobody, and releases shares only after its own checks.

    Keep this machine's clock right: the agent judges opening times by it.
    """
    own = read_key(key, password_file).of_role("custodian")
    api = make_api(server, token, token_file, ca, lang, read_seconds=READ_SECONDS)
    agent = Custodian(api, own.signer, CustodianState(state), roots_from(roots, own), log_key)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    if once:
        agent.step()
        return 1 if agent.refusals else 0
    stop = threading.Event()

    def end(number: int, frame: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    say(lang, f"保管人 {own.party.name} 已启动。", f"The agent of {own.party.name} is running.")
    agent.run(stop, poll)
    return 0
