"""The verifier and certificates that lists name: suppliers' after receipt, the platform's own at any time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bids import package as names
from bids.receipts import Receipt
from signing.certificates import Authority
from tests.bids_factory import HOUR, Bid, World
from tests.package_checks import check, failures, texts
from tests.package_factory import Case

DAY = timedelta(days=1)


def received(bid: Bid) -> datetime:
    return Receipt.parse(bid.receipt).received_at


def closed(seed: int) -> Case:
    return Case(World(seed=seed)).run()


@pytest.mark.parametrize(
    ("after", "code"), [(HOUR, "verify-revoked-later"), (-HOUR, "verify-revoked-unlisted")]
)
def test_a_certificate_that_a_later_list_names_is_recorded_and_its_bid_stands(
    after: timedelta, code: str
) -> None:
    case = closed(71)
    world, bid = case.world, case.tender.bids[0]
    signer = world.suppliers[0].signer.certificate
    revoked_at = received(bid) + after
    world.more_crls = [
        world.make_crl([(signer.serial_number, revoked_at, "keyCompromise")], received(bid) + DAY)
    ]
    report = check(case.package(), world)
    assert report.ok, failures(report)
    found = {finding.code: finding for finding in report.findings}
    assert found[code].ok is (True if after > timedelta(0) else None)
    assert bid.id in found[code].text("zh") and found[code].params["count"] == "1"
    assert ({"verify-revoked-later", "verify-revoked-unlisted"} - {code}).isdisjoint(found)
    assert all(texts(report))


def revoked(world: World, authority: Authority, serial: int, at: datetime) -> None:
    world.more_crls = [world.make_crl([(serial, at, "keyCompromise")], world.now + DAY, authority)]


def test_a_statement_by_a_revoked_platform_key_fails_from_that_time_on() -> None:
    case = closed(73)
    world, closing = case.world, case.tender.closing
    statement, receipt = world.statement_signer.certificate, world.receipt_signer.certificate
    revoked(world, world.platform, statement.serial_number, closing.at + timedelta(seconds=1))
    report = check(case.package(), world)
    found = failures(report)
    assert "verify-closing-signed" not in found, "signed before it was revoked"
    assert {"verify-evidence-signed", "verify-frozen-set"} <= found.keys()
    assert found["verify-evidence-signed"] == ["certificate-revoked"]
    revoked(world, world.platform, receipt.serial_number, received(case.tender.bids[1]))
    report = check(case.package(), world)
    failed = {name for finding in report.findings if finding.ok is False for name in finding.files}
    assert names.bid_name(case.tender.bids[0].id, "receipt.json") not in failed
    assert names.bid_name(case.tender.bids[2].id, "receipt.json") in failed


@pytest.mark.parametrize("which", ["platform", "parties"])
def test_a_revoked_authority_takes_all_it_issued_along(which: str) -> None:
    case = closed(74)
    world = case.world
    authority: Authority = getattr(world, which)
    revoked(world, world.root, authority.certificate.serial_number, world.issued)
    found = failures(check(case.package(), world))
    assert ("verify-evidence-signed" in found) is (which == "platform")
    # Without enrolments that hold, nobody is anybody.
    assert found["verify-notice-signed"] == ["not-enrolled" if which == "platform" else "certificate-revoked"]


@pytest.mark.parametrize("late", [False, True])
def test_a_platform_that_leaves_out_its_own_lists_is_noted(late: bool) -> None:
    case = closed(75)
    world = case.world
    old = world.make_crl(at=world.now - 30 * DAY, authority=world.platform)
    world.platform_crl = old if late else world.crl
    report = check(case.package(), world)
    assert report.ok, failures(report)
    assert "verify-no-platform-crls" in [one.code for one in report.findings if one.ok is None]
