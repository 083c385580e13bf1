"""What a set of lists says of certificates, whenever it was made."""

from __future__ import annotations

import pytest

from signing import certificates as c
from signing.errors import CertificateError
from signing.revocations import Revocations
from tests.unit.signing.material import AT, BEGIN, DAY, new_world, world


def test_the_earliest_time_of_any_list_of_the_issuer_counts() -> None:
    w, stranger = world(), new_world()
    leaf, issuer = w.supplier.certificate, w.parties.certificate
    serial = leaf.serial_number

    def listed(authority: c.Authority, *times: int) -> list[object]:
        return [c.make_crl(authority, [(serial, AT + n * DAY, "superseded")], AT, AT + DAY) for n in times]

    lists = Revocations([*listed(w.parties, 3, 2, 5), *listed(stranger.parties, 0), *listed(w.platform, 0)])  # type: ignore[list-item]
    assert lists.time_of(leaf, issuer) == AT + 2 * DAY
    lists.check(leaf, issuer, AT + DAY)
    with pytest.raises(CertificateError, match="was revoked on") as refused:
        lists.check(leaf, issuer, AT + 2 * DAY)
    assert refused.value.reason == "revoked"
    assert lists.time_of(w.statements.certificate, issuer) is None


def test_it_knows_how_far_the_lists_reach() -> None:
    w = world()
    lists = Revocations([c.make_crl(w.parties, [], BEGIN + n * DAY, BEGIN + (n + 1) * DAY) for n in (1, 0)])
    assert lists.reach(w.parties.certificate, BEGIN + 2 * DAY)
    assert not lists.reach(w.parties.certificate, BEGIN + 3 * DAY)
    assert not lists.reach(w.platform.certificate, BEGIN)
    assert Revocations().time_of(w.supplier.certificate, w.parties.certificate) is None
