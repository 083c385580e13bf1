"""The `sunseal` command. Subcommands load when they are called, so that the base install has its own."""

from __future__ import annotations

import sys

import click

from trading.commands.group import SunsealGroup
from trading.commands.table import COMMANDS

_HELP = """阳光交易 Sunseal: sealed-bid trading that anybody can check.

Suppliers, custodians and verifiers need no more than the base install; the platform's own commands
(serve, web, worker, migrate, token, invite, demo) need sunseal[platform].
"""

sunseal = SunsealGroup("sunseal", COMMANDS, help=_HELP)
click.version_option(package_name="sunseal", message="%(prog)s %(version)s")(sunseal)


def main() -> int:
    """Run the command line in `sys.argv`; the exit status."""
    return sunseal.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
