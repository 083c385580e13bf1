"""What nobody who is shown a bid or its receipt may overlook in the notice."""

from __future__ import annotations

from bids.notice import Notice
from trading.commands.group import Language
from trading.commands.options import say


def tell_remarks(notice: Notice, lang: Language) -> None:
    """Whether the custodians are independent of each other, and whether it is a rehearsal."""
    if not notice.policy.independent:
        say(lang, "注意：保管人不独立。", "Note: the custodians are not independent.")
    if notice.sandbox:
        say(lang, "演练标段：不产生法律效力。", "This is a rehearsal without legal effect.")
