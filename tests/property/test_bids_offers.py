"""Offers and manifests, whatever was changed in them: never accepted as something else."""

from __future__ import annotations

import io
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bids.container import SealedBid
from bids.envelope import open_files, prepare
from bids.errors import BidError
from bids.manifest import Manifest
from bids.notice import Notice
from bids.offer import Offer, build_offer, recompute
from signing.suite import SUNSEAL_1
from tests.bids_factory import NOW, Memory, World, attach

WORLD = World(11)
TENDER = WORLD.tender(items=5)
SUPPLIER = WORLD.suppliers[0]
MANIFEST = TENDER.seal(SUPPLIER).manifest
PRICE = st.decimals(0, 10**9, places=3).map(str)


@settings(max_examples=60)
@given(st.lists(PRICE, min_size=5, max_size=5))
def test_a_built_offer_needs_no_correction(prices: list[str]) -> None:
    raw = build_offer(TENDER.notice, dict(zip("12345", prices, strict=True)))
    offer = Offer.parse(raw, TENDER.notice)
    recomputed = recompute(offer, TENDER.notice)
    assert recomputed.corrections == ()
    assert recomputed.total == offer.total == sum((line.amount for line in offer.lines), Decimal(0))


@settings(max_examples=60)
@given(st.lists(PRICE, min_size=5, max_size=5), st.integers(0, 5), st.integers(1, 10**12))
def test_a_changed_amount_never_changes_the_total_that_counts(prices: list[str], which: int, by: int) -> None:
    offer = Offer.parse(build_offer(TENDER.notice, dict(zip("12345", prices, strict=True))), TENDER.notice)
    lines = list(offer.lines)
    total = offer.total
    if which == 5:
        total += Decimal(by) / 100
    else:
        one = lines[which]
        lines[which] = type(one)(one.number, one.unit_price, one.amount + Decimal(by) / 100)
    changed = Offer(offer.raw, offer.digest, offer.currency, tuple(lines), total, offer.announced)
    recomputed = recompute(changed, TENDER.notice)
    assert recomputed.total == offer.total
    assert len(recomputed.corrections) == 1


@settings(max_examples=150)
@given(st.sampled_from(["notice", "manifest"]), st.data())
def test_a_changed_byte_is_refused_or_changes_the_digest(what: str, data: st.DataObject) -> None:
    raw = TENDER.notice.raw if what == "notice" else MANIFEST.raw
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != raw[at]))
    changed = raw[:at] + bytes([byte]) + raw[at + 1 :]
    try:
        parsed = Notice.parse(changed) if what == "notice" else Manifest.parse(changed)
    except BidError as error:
        assert str(error) and error.text("zh")
        return
    assert parsed.digest != (TENDER.notice.digest if what == "notice" else MANIFEST.digest)


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_rubbish_is_refused_and_nothing_else_happens(data: bytes) -> None:
    for read in (Notice.parse, Manifest.parse, lambda d: Offer.parse(d, TENDER.notice)):
        try:
            read(data)
        except BidError as error:
            assert error.code in {"not-canonical", "wrong-type"}
        else:
            raise AssertionError("rubbish was accepted")


@settings(max_examples=25)
@given(
    st.dictionaries(
        st.text("abcäé方案123 ()-_", min_size=1, max_size=12).map(lambda s: f"f{s}.x"),
        st.binary(max_size=70_000),
        max_size=4,
    )
)
def test_files_come_out_as_they_went_in(files: dict[str, bytes]) -> None:
    out = io.BytesIO()
    offer = build_offer(TENDER.notice, TENDER.prices(SUPPLIER))
    attachments = [attach(name, data) for name, data in files.items()]
    try:
        done = prepare(TENDER.notice.raw, offer, attachments, SUPPLIER.signer, out, NOW)
    except BidError as error:
        assert error.code in {"name-unsafe", "attachment-duplicate"}
        return
    sealed = SealedBid.open(out)
    part, context = done.manifest.part("bid", "files"), done.manifest.context("bid", "files")
    shares = [
        SUNSEAL_1.open_share(TENDER.sealing_keys[n], context, n + 1, part.sealed_shares[n]) for n in (2, 0)
    ]
    memory = Memory()
    opened = open_files(
        done.manifest, shares, lambda j: sealed.open_object("bid", "files", j), TENDER.notice, memory.sink
    )
    assert memory.objects == files
    assert all(one.problem is None for one in opened)


@settings(max_examples=120)
@given(st.data())
def test_a_changed_byte_of_a_container_never_passes_unnoticed(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(CONTAINER) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != CONTAINER[at]))
    changed = CONTAINER[:at] + bytes([byte]) + CONTAINER[at + 1 :]
    try:
        sealed = SealedBid.open(io.BytesIO(changed))
        for one in sealed.objects:
            sealed.check_object(one)
        TENDER.trust().verify("manifest", sealed.manifest.raw, sealed.signature, NOW, "supplier")
    except BidError as error:
        assert str(error) and error.text("zh")
        return
    # What is left is the tar's own dressing: a file's mode or owner, or its padding.
    assert sealed.manifest.raw == Manifest.parse(ORIGINAL.manifest.raw).raw
    assert sealed.signature == ORIGINAL.signature


def _container() -> bytes:
    out = io.BytesIO()
    offer = build_offer(TENDER.notice, TENDER.prices(SUPPLIER))
    prepare(TENDER.notice.raw, offer, [attach("a.txt", b"a" * 100)], SUPPLIER.signer, out, NOW)
    return out.getvalue()


CONTAINER = _container()
ORIGINAL = SealedBid.open(io.BytesIO(CONTAINER))
