"""Time-stamps on receipts: what they prove, what they leave open, what a lying platform tries with them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bids.errors import BidError
from bids.package import TIMESTAMP, bid_name, read_package
from bids.receipts import Receipt
from bids.tokens import examine_token, imprint_of, imprint_of_file, token_file
from bids.verification import Report, verify
from signing import statements
from signing.certificates import dump_pem
from tests.bids_factory import Tender, World
from tests.outside_stamper import Stamper, new_stamper
from tests.package_checks import check, failures, texts, too_few
from tests.package_factory import Case

WORLD = World(seed=161)
OUTSIDE = new_stamper(WORLD.now, "P-256")
Stamp = Callable[[bytes, datetime], bytes]


def case(stamp: Stamp | None, tsa: Stamper | None = None, world: World | None = None) -> Case:
    """A tender that failed with two bids, one withdrawn, all of whose receipts got this stamp."""

    def prepare(tender: Tender) -> None:
        tender.stamp = stamp

    found = Case(world or World(seed=161), bidders=2, minimum_bidders=3, prepare=prepare)
    found.tender.withdraw(found.tender.bids[0])
    found.close()
    found.fail()
    if tsa is not None:
        found.extra = {TIMESTAMP: dump_pem([tsa.root, tsa.intermediate])}
    return found


def said(report: Report) -> dict[str, tuple[bool | None, dict[str, str]]]:
    return {one.code: (one.ok, one.params) for one in report.findings if "tokens" in one.code}


def own(imprint: bytes, at: datetime) -> bytes:
    return WORLD.timestamps.stamp(imprint, at)


def test_the_platforms_own_stamps_hold() -> None:
    honest = Case(World(seed=162), bidders=2, minimum_bidders=3)
    honest.tender.withdraw(honest.tender.bids[0])
    honest.close()
    honest.fail()
    report = check(honest.package(), honest.world)
    assert report.ok and all(texts(report))
    assert said(report) == {"verify-tokens": (True, {"count": "3", "own": "3", "outside": "0"})}


@pytest.mark.parametrize("revoked", ["authority", "its issuer"])
def test_the_platforms_own_stamps_from_after_a_revocation_fail(revoked: str) -> None:
    world = World(seed=161)
    late = case(lambda imprint, at: world.timestamps.stamp(imprint, at + timedelta(days=40)), world=world)
    if revoked == "authority":
        receipt = Receipt.parse(late.tender.bids[1].receipt)
        stamped = examine_token(receipt, world.roots)
        assert stamped is not None
        issuer, serial = world.platform, stamped.stamp.certificate.serial_number
    else:
        issuer, serial = world.root, world.platform.certificate.serial_number
    at = world.now + timedelta(days=30)
    world.more_crls = [world.make_crl([(serial, at, "keyCompromise")], at, issuer)]
    assert failures(check(late.package(), world)) == {"verify-tokens": ["certificate-revoked"] * 3}


def test_receipts_stand_without() -> None:
    report = check(case(None).package())
    assert report.ok and all(texts(report))
    assert said(report) == {"verify-tokens-without": (None, {"count": "3"})}


def test_outside_stamps_hold_under_the_readers_root_and_say_so_under_the_packages() -> None:
    outside = case(OUTSIDE.stamp, OUTSIDE)
    package = outside.package()
    mine = check(package, outside.world, tsa_roots=dump_pem([OUTSIDE.root]))
    assert mine.ok and said(mine) == {"verify-tokens": (True, {"count": "3", "own": "0", "outside": "3"})}
    theirs = check(package, outside.world)
    assert theirs.ok and all(texts(theirs)) and said(theirs)["verify-tokens-package"] == (None, {})
    stranger = check(package, outside.world, tsa_roots=dump_pem([new_stamper(WORLD.now).root]))
    assert failures(stranger) == {"verify-tokens": ["certificate-untrusted"] * 3}
    rubbish = check(package, outside.world, tsa_roots=b"-----BEGIN NOTHING-----")
    assert failures(rubbish) == {"verify-tokens": ["certificate-malformed"]}


def test_the_readers_lists_of_an_outside_authority_are_looked_into() -> None:
    """By `sunseal verify` alone: the page takes no such lists."""
    outside = case(OUTSIDE.stamp, OUTSIDE)
    package, roots, at = read_package(io.BytesIO(outside.package())), dump_pem([OUTSIDE.root]), WORLD.now
    for crl, reached in ((OUTSIDE.crl(at), True), (OUTSIDE.crl(at - timedelta(days=30)), None)):
        report = verify(package, tsa_roots=roots, tsa_crls=[crl])
        assert report.ok and all(texts(report))
        listed = "3" if reached else "0"
        assert said(report)["verify-tokens-listed"] == (reached, {"count": "3", "listed": listed})
    report = verify(package, tsa_roots=roots, tsa_crls=[OUTSIDE.crl(at, at + timedelta(days=1))])
    assert failures(report) == {"verify-tokens": ["certificate-revoked"] * 3}


def test_outside_stamps_without_any_root_are_told_apart() -> None:
    outside = case(OUTSIDE.stamp)
    report = check(outside.package(), outside.world)
    assert report.ok and all(texts(report))
    assert said(report) == {
        "verify-tokens": (True, {"count": "3", "own": "0", "outside": "0"}),
        "verify-tokens-unrooted": (None, {"count": "3"}),
    }


def test_late_stamps_are_told() -> None:
    late = case(lambda imprint, at: OUTSIDE.stamp(imprint, at + timedelta(minutes=7, seconds=1)))
    report = check(late.package(), late.world)
    assert report.ok and all(texts(report))
    assert said(report)["verify-tokens-late"] == (None, {"count": "3", "minutes": "8"})


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        (lambda imprint, at: OUTSIDE.stamp(imprint, at - timedelta(minutes=6)), "token-early"),
        (lambda imprint, at: OUTSIDE.stamp(bytes(32), at), "signature-invalid"),
        (lambda imprint, at: b"\x30\x00", "signature-invalid"),
        # One that says to be the platform's, of another platform.
        (own, "certificate-untrusted"),
    ],
)
def test_stamps_that_do_not_hold_fail(stamp: Stamp, reason: str) -> None:
    lying = case(stamp, world=World(seed=163))
    report = check(lying.package(), lying.world)
    assert failures(report) == {"verify-tokens": [reason] * 3}
    names = {bid_name(bid.id, "receipt.json") for bid in lying.tender.bids}
    assert report.failed_files > names


def test_the_tsr_is_the_receipts_own_token_and_has_to_be_there() -> None:
    def swap(files: dict[str, bytes]) -> None:
        first, second = (name for name in files if name.endswith(".tsr"))
        files[first] = files[second]

    def drop(files: dict[str, bytes]) -> None:
        del files[next(name for name in files if name.endswith(".tsr"))]

    def unasked(files: dict[str, bytes]) -> None:
        files[TIMESTAMP] = dump_pem([OUTSIDE.root])

    for change, found in (
        (swap, {"verify-tokens": ["token-file"]}),
        (drop, {"verify-complete": ["file-missing"]}),
        (unasked, {"verify-complete": ["file-unexpected"]}),
    ):
        forged = too_few(seed=164)
        forged.fail()
        assert failures(check(forged.package(change), forged.world)) == found


def test_another_platforms_authority_is_an_outside_one_under_its_own_root() -> None:
    elsewhere = case(own, world=World(seed=168))
    package, roots = elsewhere.package(), dump_pem(WORLD.roots)
    report = check(package, elsewhere.world, tsa_roots=roots)
    assert report.ok and said(report)["verify-tokens"] == (True, {"count": "3", "own": "0", "outside": "3"})


def test_a_receipt_and_its_stamp_by_themselves() -> None:
    tender = World(seed=165).tender()
    bid = tender.submit(tender.world.suppliers[0])
    receipt = Receipt.parse(bid.receipt)
    stamped = examine_token(receipt, tender.world.roots)
    assert stamped is not None and stamped.time == receipt.received_at and not stamped.late
    assert imprint_of_file(bid.receipt) == imprint_of(receipt.cms)
    bare = Receipt.parse(statements.read_statement(bid.receipt, "sunseal/receipt/v1", with_token=True))
    assert bare.raw == bid.receipt and bare == receipt
    tender.stamp = None
    plain = Receipt.parse(tender.submit(tender.world.suppliers[1]).receipt)
    assert plain.token is None and examine_token(plain, tender.world.roots) is None
    again = statements.add_token(plain.raw, b"\x30\x00")
    assert Receipt.parse(again).digest == plain.digest and Receipt.parse(again).raw == again
    with pytest.raises(BidError):
        imprint_of(b"no CMS")


def test_a_token_beside_a_receipt_is_base64_text_and_beside_nothing_else() -> None:
    tender = World(seed=166).tender()
    bid = tender.submit(tender.world.suppliers[0])
    for wrong in (b',"token":7}', b',"token":"?"}', b',"token":null}', b',"tokem":"AA=="}'):
        cut = bid.receipt[: bid.receipt.index(b',"token"')]
        with pytest.raises(BidError):
            Receipt.parse(cut + wrong)
    tender.close()
    with pytest.raises(BidError):
        tender.trust().platform_statement("closing", statements.add_token(tender.closing_file, b"\0"))


def test_the_file_is_a_timestampresp() -> None:
    from asn1crypto import tsp

    token = WORLD.timestamps.stamp(bytes(32), datetime(2026, 6, 2, tzinfo=UTC))
    reply = tsp.TimeStampResp.load(token_file(token), strict=True)
    assert reply["status"]["status"].native == "granted"
    assert reply["time_stamp_token"].dump() == token


def test_a_certificate_of_strange_extensions_claims_nothing() -> None:
    """An outside authority's certificate may be read only in part; it is none of the platform's then."""
    outside = case(new_stamper(WORLD.now, "P-384", "sha384").stamp, world=World(seed=167))
    assert verify(read_package(io.BytesIO(outside.package()))).ok
