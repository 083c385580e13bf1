"""`sunseal bid`: the supplier's tool."""

from __future__ import annotations

from trading.commands.group import LateGroup
from trading.commands.table import BID_COMMANDS

bid = LateGroup("bid", BID_COMMANDS, help="The supplier's tool. `prepare` works off-line.")
