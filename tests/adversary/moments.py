"""The moments of a tender at which an attack can begin."""

from __future__ import annotations

from enum import StrEnum


class Moment(StrEnum):
    """When an attack begins."""

    DRAFTED = "drafted"  # custodians' keys are in, no notice is signed
    BIDDING = "bidding"  # bids are in, the deadline is ahead
    CLOSED = "closed"  # the closing is logged, no share is released
    RELEASED = "released"  # enough shares are in, the set is not frozen yet
    OPENED = "opened"  # the opening record is logged
    EVALUATED = "evaluated"  # the agency has signed which bids it rejects
    AWARDED = "awarded"  # the award is logged, reports are rendered; no evidence yet
    ARCHIVED = "archived"  # the evidence is out, and the daily roots are logged
