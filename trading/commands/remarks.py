"""What nobody who is shown a bid or its receipt may overlook in the notice."""

from __future__ import annotations

from bids.notice import Notice
from signing.encoding import format_time
from trading.commands.group import Language
from trading.commands.options import say


def tell_remarks(notice: Notice, lang: Language) -> None:
    """Whether bidders unlock, whether the custodians are independent, and whether it is a rehearsal."""
    if notice.policy.lock:
        at = format_time(notice.policy.opens_at)
        say(
            lang,
            f"注意：投标人须自行解锁。{at} 截标、保管人的份额收齐之后，请在规则规定的时段内运行 "
            "sunseal bid unlock（或事先运行并加 --wait）；因自身原因未解锁的，视为撤销投标。",
            f"Note: you must unlock your bid. After the deadline {at}, when the custodians' shares are in, "
            "run sunseal bid unlock within the window of the rules (or before it, with --wait). Who does not "
            "by their own fault counts as having revoked the bid.",
        )
    if not notice.policy.independent:
        say(lang, "注意：保管人不独立。", "Note: the custodians are not independent.")
    if notice.sandbox:
        say(lang, "演练标段：不产生法律效力。", "This is a rehearsal without legal effect.")
