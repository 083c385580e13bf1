"""The vector of a complete bid, opened by our code as far as its shortened notice allows.

The notice of the vector has only what sealing needs, so it is no whole notice; whole ones with the same
threshold and items stand in where the code asks for one. Everything else is the vector's to the byte.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bids.envelope import open_files
from bids.manifest import Manifest, check_manifest
from bids.notice import Notice
from bids.offer import Offer, build_offer, recompute
from signing import canonical
from signing.encoding import b64decode
from signing.suite import SUNSEAL_1, by_name
from tests.bids_factory import Memory, World, refused

BID: dict[str, Any] = json.loads(Path(__file__).with_name("sunseal-1.json").read_text("utf-8"))[
    "complete_bid"
]
SHORT: dict[str, Any] = json.loads(BID["notice"]["text"])
MANIFEST = Manifest.parse(BID["manifest"]["text"].encode())
OBJECTS = {(one["part"], one["j"]): one for one in BID["objects"]}


def whole_notice() -> Notice:
    """A notice with the vector's items, its digests and policy's digest put in the vector's place."""
    items = [
        {
            "number": item["number"],
            "code": "",
            "description": item["name"],
            "unit": "",
            "quantity": item["quantity"],
        }
        for item in SHORT["items"]
    ]
    notice = World(1).tender(threshold=SHORT["policy"]["threshold"], changes={"items": items}).notice
    policy = replace(notice.policy, digest=BID["policy_digest"], tender=SHORT["tender"])
    return replace(notice, digest=BID["notice"]["sha256"], tender=SHORT["tender"], policy=policy)


NOTICE = whole_notice()


def released(part: str) -> list[bytes]:
    """The shares that the custodians' seeds open."""
    sealed = MANIFEST.part("bid", part).sealed_shares
    context = MANIFEST.context("bid", part)
    return [
        SUNSEAL_1.open_share(SUNSEAL_1.sealing_key(bytes.fromhex(seed)), context, i, share)
        for i, (seed, share) in enumerate(zip(BID["custodian_seeds"], sealed, strict=True), 1)
    ]


def test_digests_of_the_files() -> None:
    assert canonical.digest(BID["notice"]["text"].encode()) == BID["notice"]["sha256"] == MANIFEST.notice
    assert canonical.digest(canonical.dumps(SHORT["policy"])) == BID["policy_digest"] == MANIFEST.policy
    assert MANIFEST.digest == BID["manifest"]["sha256"]


def test_the_manifest_is_one_for_its_notice_and_supplier() -> None:
    check_manifest(MANIFEST, NOTICE, MANIFEST.supplier)
    assert by_name(MANIFEST.suite) is SUNSEAL_1
    with refused("manifest-other-supplier"):
        check_manifest(MANIFEST, NOTICE, "0" * 32)


def test_contexts_and_shares() -> None:
    for part in BID["parts"]:
        assert MANIFEST.context("bid", part["part"]).hex() == part["context"]
        assert [share.hex() for share in released(part["part"])] == part["shares"]


def test_ciphertexts_are_those_of_the_manifest() -> None:
    for (part, j), one in OBJECTS.items():
        ciphertext = b64decode(one["ciphertext"])
        entry = MANIFEST.part("bid", part).objects[j]
        assert (canonical.digest(ciphertext), len(ciphertext)) == (entry.sha256, entry.size)


def test_the_offer() -> None:
    part, context = MANIFEST.part("bid", "public"), MANIFEST.context("bid", "public")
    key = SUNSEAL_1.recover(released("public")[1:], 2, 3, context, part.share_digests)
    raw = SUNSEAL_1.decrypt(b64decode(OBJECTS["public", 0]["ciphertext"]), key, context, 0, True)
    assert raw == BID["offer"]["text"].encode()
    offer = Offer.parse(raw, NOTICE)
    assert offer.digest == BID["offer"]["sha256"]
    assert offer.total == Decimal("15470.33")
    assert offer.announced == {"delivery_days": 30, "quality": "GB/T 19001"}
    assert recompute(offer, NOTICE).corrections == ()


def test_our_offer_for_the_same_prices_has_the_same_bytes() -> None:
    prices = {"1": "1288.5", "2": "3.33"}
    raw = build_offer(NOTICE, prices, delivery_days=30, quality="GB/T 19001")
    assert raw == BID["offer"]["text"].encode()


def test_the_files() -> None:
    memory = Memory()
    files = open_files(
        MANIFEST,
        released("files")[:2],
        lambda j: io.BytesIO(b64decode(OBJECTS["files", j]["ciphertext"])),
        NOTICE,
        memory.sink,
    )
    assert [(one.name, one.media_type, one.problem) for one in files] == [
        ("技术方案.txt", "text/plain", None)
    ]
    assert memory.objects == {"技术方案.txt": bytes.fromhex(OBJECTS["files", 1]["plaintext"])}


def test_the_shortened_notice_is_not_taken_for_a_whole_one() -> None:
    with refused("member-missing"):
        Notice.parse(BID["notice"]["text"].encode())
