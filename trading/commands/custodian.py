"""`sunseal custodian`: a custodian's agent, its key store and its journal."""

from __future__ import annotations

from trading.commands.group import LateGroup
from trading.commands.table import CUSTODIAN_COMMANDS

custodian = LateGroup(
    "custodian", CUSTODIAN_COMMANDS, help="A custodian's agent and its keys. See docs/custodians.md."
)
