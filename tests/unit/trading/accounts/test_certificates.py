"""Which outside authority a certificate is taken for."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bids.errors import BidError
from signing.keys import generate_signing_key
from tests.outside_authority import OutsideAuthority
from trading.accounts.certificates import Certificates
from trading.errors import TradingError

AT = datetime(2026, 6, 1, tzinfo=UTC)


def accepting(*authorities: OutsideAuthority) -> Any:
    """As much of it as looks for an issuer."""
    made: Any = object.__new__(Certificates)
    made._outside = {
        str(number): SimpleNamespace(key=number, title="", anchor=each.root, issuer=each.issuing)
        for number, each in enumerate(authorities)
    }
    lists = [each.crl(AT).public_bytes(Encoding.DER) for each in authorities]
    made.lists = SimpleNamespace(fetched=lambda session, now, key: SimpleNamespace(der=lists[key]))
    return made


def test_an_authority_whose_key_changed_stands_twice_under_one_name() -> None:
    old, new, stranger = (OutsideAuthority(AT) for _ in range(3))
    signer = {each: each.issue(generate_signing_key(), "NTRCN-9") for each in (old, new, stranger)}
    tested = accepting(old, new)
    for number, each in enumerate((old, new)):
        found = tested._issuer_of(None, signer[each].certificate, list(signer[each].chain), AT)
        assert found.key == number
    with pytest.raises(BidError, match="does not lead to a trusted root"):
        tested._issuer_of(None, signer[stranger].certificate, list(signer[stranger].chain), AT)
    other = OutsideAuthority(AT, "Other").issue(generate_signing_key(), "NTRCN-9")
    with pytest.raises(TradingError, match="outside-authority-unknown"):
        tested._issuer_of(None, other.certificate, list(other.chain), AT)
