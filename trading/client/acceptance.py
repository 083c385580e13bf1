"""Accepting a policy: only from the agency's signed notice, and a later one only as its successor."""

from __future__ import annotations

from collections.abc import Callable

from bids.amendments import check_amendment
from bids.examination import examine_notice
from bids.notice import Notice
from bids.trust import Trust
from trading.client.api import Api
from trading.client.closed import SignedNotice, fetch_earlier, fetch_notice_file
from trading.client.custodian_keys import CustodianKeys
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError


def accepted_notice(state: CustodianState, tender: str) -> SignedNotice | None:
    """The notice on record; None if none was accepted."""
    raw = state.read(tender, "notice.json")
    signature = state.read(tender, "notice.p7s")
    return None if raw is None or signature is None else SignedNotice(raw, signature, Notice.parse(raw))


def accept_notice(
    api: Api,
    state: CustodianState,
    tender: str,
    keys: CustodianKeys,
    trust: Callable[[], Trust],
) -> bool:
    """Put the notice in force on record if it is to be believed; whether it is a new one.

    1. The agency's signature, chain and enrolment hold; it is for this tender.
    2. It names this custodian with a signing key of its own and the sealing key made here.
    3. If another was accepted before, that one stands in its chain of `replaces`, and every notice
       between may take the place of the one it replaces.

    Raises:
        BidError, ClientError: it is not to be believed, and why.
    """
    known = accepted_notice(state, tender)
    shown = fetch_notice_file(api, tender)
    if known is not None and known.notice.digest == shown.notice.digest:
        return False
    believed = trust()
    _check_own_key(_examine(shown, believed), keys)
    if known is not None:
        _check_successor(api, shown, known.notice, believed)
    # The signature first: the notice's own file is what says that one was accepted.
    state.write(tender, "notice.p7s", shown.signature)
    state.write(tender, "notice.json", shown.raw)
    return True


def _examine(signed: SignedNotice, trust: Trust) -> Notice:
    return examine_notice(signed.raw, signed.signature, trust).notice


def _check_own_key(notice: Notice, keys: CustodianKeys) -> None:
    own = notice.policy.custodian(keys.id)
    key = keys.sealing_key(notice.tender)
    if key is None or own.sealing_key != key.public or keys.signer_of(own.signing_key) is None:
        raise ClientError("notice-own-key")


def _check_successor(api: Api, shown: SignedNotice, known: Notice, trust: Trust) -> None:
    later = shown.notice
    for earlier in fetch_earlier(api, known.tender, shown.notice):
        _examine(earlier, trust)
        check_amendment(later, earlier.notice)
        if earlier.notice.digest == known.digest:
            return
        later = earlier.notice
    raise ClientError("notice-not-successor")
