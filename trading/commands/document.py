"""`sunseal document`: PDF documents that were handed out."""

from __future__ import annotations

from trading.commands.group import LateGroup
from trading.commands.table import DOCUMENT_COMMANDS

document = LateGroup(
    "document", DOCUMENT_COMMANDS, help="PDF documents that a platform handed out (takes sunseal[platform])."
)
