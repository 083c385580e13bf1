"""`sunseal certificates`: what the platform certified in one's own name."""

from __future__ import annotations

from trading.commands.group import LateGroup
from trading.commands.table import CERTIFICATES_COMMANDS

certificates = LateGroup(
    "certificates", CERTIFICATES_COMMANDS,
    help="Certificates in your organisation's name, for their owner and for supervisors.",
)  # fmt: skip
