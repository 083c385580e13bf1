"""Reading the shares of files parts in a release's body: thousands of small objects, all alike.

The API description leaves their members to this module: the general checker takes a millisecond
for each, and at the opening every custodian hands in one for every bid at the same moment.
"""

from __future__ import annotations

from typing import Any

from signing.encoding import b64decode, is_id
from trading.errors import TradingError

_MEMBERS = {"bid", "sealed"}
_MOST = 12_000  # characters of base64


def read_files_shares(items: list[Any]) -> dict[str, bytes]:
    """The sealed shares by bid.

    Raises:
        TradingError: "release-files-shares-form" for a malformed item or a bid named twice.
        EncodingError: a share is no base64.
    """
    shares: dict[str, bytes] = {}
    for item in items:
        if not isinstance(item, dict) or item.keys() != _MEMBERS:
            raise TradingError("release-files-shares-form")
        bid, sealed = item["bid"], item["sealed"]
        if not is_id(bid) or bid in shares or not isinstance(sealed, str) or not 4 <= len(sealed) <= _MOST:
            raise TradingError("release-files-shares-form")
        shares[bid] = b64decode(sealed)
    return shares
