"""Manifests: for this tender, policy, notice and supplier; both parts; sizes that padding gives; bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bids.manifest import Manifest, check_manifest
from signing import canonical
from signing.encoding import b64encode
from signing.suite import SUNSEAL_1
from tests.bids_factory import HOUR, World, refused

WORLD = World(1)
TENDER = WORLD.tender()
SUPPLIER = WORLD.suppliers[0]
BID = TENDER.seal(SUPPLIER)
MANIFEST = BID.manifest


def changed(edit: Callable[[dict[str, Any]], object]) -> bytes:
    members: dict[str, Any] = json.loads(MANIFEST.raw)
    edit(members)
    return canonical.dumps(members)


def part(number: int, **members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest["parts"][number].update(members)


def entry(n: int, size: int = 88) -> dict[str, Any]:
    return {"sha256": f"{n:064x}", "size": size}


def test_members() -> None:
    assert MANIFEST.digest == canonical.digest(MANIFEST.raw)
    assert (MANIFEST.tender, MANIFEST.notice) == (TENDER.id, TENDER.notice.digest)
    assert (MANIFEST.policy, MANIFEST.supplier) == (TENDER.notice.policy.digest, SUPPLIER.id)
    assert (MANIFEST.replaces, MANIFEST.lock) == (None, None)
    files = MANIFEST.part("bid", "files")
    assert [one.size for one in files.objects] == [65672, len(BID.ciphertext("files", 1))]
    assert files.objects[1].sha256 == canonical.digest(BID.ciphertext("files", 1))
    assert MANIFEST.context("bid", "public") == SUNSEAL_1.context(
        TENDER.id, TENDER.notice.policy.digest, SUPPLIER.id, BID.id, "bid", "public"
    )
    check_manifest(MANIFEST, TENDER.notice, SUPPLIER.id)
    with refused("manifest-parts"):
        MANIFEST.part("price", "public")


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda m: m.update(type="sunseal/notice/v1"), "wrong-type"),
        (lambda m: m.pop("replaces"), "member-missing"),
        (lambda m: m.update(replaces=""), "form-id"),
        (lambda m: m.update(replaces=m["bid"]), "manifest-replaces-itself"),
        (lambda m: m.update(bid="../../../etc/passwd"), "form-id"),
        (lambda m: m.update(bid=m["bid"].upper()), "form-id"),
        (lambda m: m.update(signed_by="me"), "member-unknown"),
        (lambda m: m.update(parts=[]), "form-list"),
        (lambda m: m["parts"].append(m["parts"][0]), "manifest-part-twice"),
        (part(0, part="secret"), "form-choice"),
        (part(0, segment="Bid"), "form-pattern"),
        (part(0, objects=[]), "form-list"),
        (part(1, objects=[entry(1), entry(1)]), "manifest-object-twice"),
        (part(0, objects=[entry(n) for n in range(201)]), "form-list"),
        (part(0, objects=[entry(n + 900) for n in range(199)]), "manifest-objects"),
        (part(0, objects=[{"sha256": "0" * 64, "size": 0}]), "form-whole"),
        (part(0, objects=[{"sha256": "0" * 64, "size": -5}]), "form-whole"),
        (part(0, objects=[{"sha256": "0" * 64, "size": 2**53 - 1}]), "form-whole"),
        (part(0, share_digests=[]), "form-list"),
        (part(0, sealed_shares=["A"] * 3), "form-base64"),
        (part(0, sealed_shares=["AB=="] * 3), "form-base64"),
    ],
)
def test_not_a_manifest(edit: Callable[[dict[str, Any]], object], code: str) -> None:
    with refused(code):
        Manifest.parse(changed(edit))


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda m: m.update(suite="sunseal-2"), "manifest-other-suite"),
        (lambda m: m.update(tender="0" * 32), "manifest-other-tender"),
        (lambda m: m.update(notice="0" * 64), "manifest-other-notice"),
        (lambda m: m.update(policy="0" * 64), "manifest-other-policy"),
        (lambda m: m.update(tender="0" * 32, policy="0" * 64), "manifest-other-tender"),
        (lambda m: m.update(supplier="0" * 32), "manifest-other-supplier"),
        (lambda m: m.update(lock="0" * 64), "manifest-lock-unasked"),
        (lambda m: m["parts"].pop(), "manifest-parts"),
        (lambda m: m["parts"].pop(0), "manifest-parts"),
        (part(0, segment="price"), "manifest-parts"),
        (part(0, objects=[entry(1, 65672), entry(2)]), "manifest-public-objects"),
        (part(0, share_digests=["0" * 64] * 2), "manifest-shares"),
        (part(1, sealed_shares=[b64encode(bytes(1169))] * 4), "manifest-shares"),
        (part(1, sealed_shares=[b64encode(bytes(1168))] * 3), "manifest-share-size"),
        (part(1, sealed_shares=[b64encode(bytes(1170))] * 3), "manifest-share-size"),
        (part(0, objects=[entry(1, 65671)]), "manifest-object-size"),
        (part(0, objects=[entry(1, 65673)]), "manifest-object-size"),
        (part(0, objects=[entry(1, 88)]), "manifest-object-size"),
        (part(0, objects=[entry(1, SUNSEAL_1.ciphertext_length(5 << 20, False))]), "manifest-object-size"),
        (part(1, objects=[entry(1, 65672), entry(2, 1)]), "manifest-object-size"),
        (part(1, objects=[entry(1, 65672), entry(2, 79)]), "manifest-object-size"),
        (part(1, objects=[entry(1, 65672), entry(2, 100_000)]), "manifest-object-size"),
    ],
)
def test_not_one_for_this_notice_and_supplier(edit: Callable[[dict[str, Any]], object], code: str) -> None:
    manifest = Manifest.parse(changed(edit))
    with refused(code):
        check_manifest(manifest, TENDER.notice, SUPPLIER.id)


@pytest.mark.parametrize("length", [0, 1, 100, 65_528, 65_529, 1 << 20, (4 << 20) - 1, 4 << 20])
def test_every_size_that_sealing_gives_is_plausible(length: int) -> None:
    index = SUNSEAL_1.ciphertext_length(length, True)
    file = SUNSEAL_1.ciphertext_length(length * 1000, False)
    manifest = Manifest.parse(changed(part(1, objects=[entry(1, index), entry(2, file)])))
    check_manifest(manifest, TENDER.notice, SUPPLIER.id)


def test_parts_in_the_other_order_are_the_same_bid() -> None:
    check_manifest(Manifest.parse(changed(lambda m: m["parts"].reverse())), TENDER.notice, SUPPLIER.id)


def test_two_hundred_objects_are_allowed() -> None:
    objects = [entry(1, 65672), *(entry(n) for n in range(2, 200))]
    check_manifest(Manifest.parse(changed(part(1, objects=objects))), TENDER.notice, SUPPLIER.id)


def test_a_manifest_of_another_tender_or_policy_of_the_same_world() -> None:
    other = WORLD.tender()
    with refused("manifest-other-tender"):
        check_manifest(other.seal(SUPPLIER).manifest, TENDER.notice, SUPPLIER.id)
    tender = WORLD.tender()
    before = tender.seal(SUPPLIER)
    tender.amend(title="更正")
    with refused("manifest-other-notice"):
        check_manifest(before.manifest, tender.notice, SUPPLIER.id)
    tender.amend(deadline=tender.notice.deadline + HOUR)
    with refused("manifest-other-policy"):
        check_manifest(before.manifest, tender.notice, SUPPLIER.id)


def test_an_unknown_suite_has_no_context() -> None:
    with refused("signing-refused"):
        Manifest.parse(changed(lambda m: m.update(suite="sunseal-2"))).context("bid", "public")


def test_oversize_is_refused_before_it_is_read() -> None:
    with refused("too-large", limit=str(1 << 20)):
        Manifest.parse(b"[" * ((1 << 20) + 1))
    with refused("not-canonical"):
        Manifest.parse(b"[" * (1 << 20))
