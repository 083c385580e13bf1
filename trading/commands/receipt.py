"""`sunseal receipt`: what a receipt is worth."""

from __future__ import annotations

from trading.commands.group import LateGroup
from trading.commands.table import RECEIPT_COMMANDS

receipt = LateGroup("receipt", RECEIPT_COMMANDS, help="Receipts, for suppliers and for their supervisors.")
