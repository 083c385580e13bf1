"""Which bid of which tender: from the sealed file, or by their ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bids.container import SealedBid
from bids.manifest import Manifest
from signing.encoding import is_id
from trading.client.errors import ClientError
from trading.commands.options import PATH
from trading.commands.usage import WrongUsage

Command = TypeVar("Command", bound=Callable[..., Any])


def ids_options(command: Command) -> Command:
    """[SEALED], --tender, --bid."""
    for option in reversed(
        (
            click.argument("sealed", type=PATH, required=False),
            click.option("--tender", help="The tender's id, if no sealed bid is named."),
            click.option("--bid", help="The bid's id, if no sealed bid is named."),
        )
    ):
        command = option(command)
    return command


def read_sealed(path: Path) -> tuple[Manifest, bytes]:
    """Manifest and signature of a sealed bid's file; ClientError, BidError."""
    try:
        with path.open("rb") as source:
            sealed = SealedBid.open(source)
            return sealed.manifest, sealed.signature
    except OSError as error:
        raise ClientError("file-unreadable", path=path, reason=error.strerror) from None


def ids_of(sealed: Path | None, tender: str | None, bid: str | None) -> tuple[str, str]:
    """The ids of tender and bid; WrongUsage if they are not given or malformed."""
    if sealed is not None:
        manifest, _ = read_sealed(sealed)
        tender, bid = tender or manifest.tender, bid or manifest.bid
    if not is_id(tender) or not is_id(bid):
        raise WrongUsage(
            "请给出密封的投标文件，或 --tender 和 --bid（各 32 位十六进制）。",
            "Name a sealed bid, or --tender and --bid (32 hexadecimal digits each).",
        )
    return str(tender), str(bid)
