"""How a corrected offer stands on record: what the bidder stated beside what the prices give."""

from __future__ import annotations

from bids.money import format_amount
from bids.offer import Recomputed
from signing.canonical import JSON


def correction_members(recomputed: Recomputed, digits: int) -> list[JSON]:
    """The corrections of an offer for the opening record and the award's working.

    `digits` are the currency's minor digits; "item" is left out where the total was wrong.
    """
    members: list[JSON] = []
    for correction in recomputed.corrections:
        entry: dict[str, JSON] = {
            "field": correction.field,
            "stated": format_amount(correction.stated, digits),
            "corrected": format_amount(correction.corrected, digits),
        }
        if correction.item is not None:
            entry["item"] = correction.item
        members.append(entry)
    return members
