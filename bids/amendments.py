"""What an amendment may change: one rule for the platform, bidders' clients, custodians and verifiers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from bids.errors import BidError
from bids.notice import Notice
from bids.package import NOTICE, notice_names


def check_amendment(later: Notice, earlier: Notice) -> None:
    """Check that `later` may take the place of `earlier`.

    1. It names it, for the same tender of the same buyer, and is from after it.
    2. It was made before the deadline of the notice it replaces: nothing is amended or postponed after it
       (Implementing Regulations art. 21).
    3. Bids stay valid under an unchanged policy: then the bill of quantities, the currency and whether the
       tender is a rehearsal are unchanged too.

    Raises BidError "amendment-…".
    """
    if later.replaces != earlier.digest:
        raise BidError("amendment-not-successor")
    if (later.tender, later.buyer.id) != (earlier.tender, earlier.buyer.id):
        raise BidError("amendment-not-successor")
    if later.at <= earlier.at:
        raise BidError("amendment-before-notice")
    if later.at >= earlier.deadline:
        raise BidError("amendment-late")
    if later.policy.digest == earlier.policy.digest:
        for name in ("items", "currency", "sandbox"):
            if getattr(later, name) != getattr(earlier, name):
                raise BidError("amendment-same-policy", member=name)


def chain_of(notice: Notice, earlier: Iterable[Notice]) -> list[Notice]:
    """All notices of a tender along `replaces`, the one in force first; `earlier` in any order.

    Raises BidError "amendment-not-successor" if one is missing or stands apart.
    """
    left = {one.digest: one for one in earlier}
    chain = [notice]
    while (replaced := chain[-1].replaces) is not None:
        if replaced not in left:
            raise BidError("amendment-not-successor", file=notice_names(replaced)[0])
        chain.append(left.pop(replaced))
    for apart in left:
        raise BidError("amendment-not-successor", file=notice_names(apart)[0])
    return chain


def check_chain(chain: Sequence[Notice]) -> None:
    """Check all notices of a tender, the one in force first: each could take the place of the one before it,
    and a policy that was replaced never comes back, since it would bring void bids back.

    Raises BidError; `params["file"]` names the notice.
    """
    for later, earlier in pairwise(chain):
        try:
            check_amendment(later, earlier)
        except BidError as error:
            error.params.setdefault("file", notice_names(earlier.digest)[0])
            raise
    policies = [policy for policy, _ in groupby(one.policy.digest for one in chain)]
    if len(set(policies)) != len(policies):
        raise BidError("amendment-old-policy", file=NOTICE)
