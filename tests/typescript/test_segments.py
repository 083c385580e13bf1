"""A bid of several segments, sealed in one language and opened in the other."""

from __future__ import annotations

import io
from typing import Any

import pytest

from bids.envelope import open_files
from bids.manifest import Manifest, check_manifest
from bids.offer import build_announcement, build_offer
from signing.encoding import b64decode, b64encode
from tests.bids_factory import Memory
from tests.typescript.node import Node, NodeError
from tests.typescript.test_bids import STAGED, SUPPLIER, released


def test_segments_sealed_by_one_open_in_the_other(node: Node) -> None:
    notice, files = STAGED.notice, {"方案.pdf": b"plan" * 9}
    announced: dict[str, Any] = {"quality": "一级"}
    announcement = b64decode(
        node.ask("announcement.build", notice=b64encode(notice.raw), announced=announced)
    )
    assert announcement == build_announcement(notice, **announced)
    offer = build_offer(notice, STAGED.prices(SUPPLIER))
    listed = [
        {"name": name, "media_type": "application/pdf", "bytes": b64encode(data)}
        for name, data in files.items()
    ]
    asked = {"notice": b64encode(notice.raw), "supplier": SUPPLIER.id, "offer": b64encode(offer)}
    before = {"technical": {"offer": b64encode(announcement), "attachments": listed}}
    sealed = node.ask("bid.seal", **asked, attachments=[], replaces=None, before=before)
    manifest = Manifest.parse(b64decode(sealed["manifest"]))
    check_manifest(manifest, notice, SUPPLIER.id)
    ciphertexts = {(at, part, j): b64decode(text) for part, j, text, at in sealed["objects"]}
    memory = Memory()
    opened = open_files(
        manifest,
        released(STAGED, manifest, "files", "technical"),
        lambda j: io.BytesIO(ciphertexts["technical", "files", j]),
        notice,
        memory.sink,
        segment="technical",
    )
    assert memory.objects == files and [one.problem for one in opened] == [None]
    for wrong in ({}, {"price": before["technical"]}, {**before, "qualification": before["technical"]}):
        with pytest.raises(NodeError) as refusal:
            node.ask("bid.seal", **asked, attachments=[], replaces=None, before=wrong)
        assert refusal.value.code == "segments-contents"
    bid = STAGED.seal(SUPPLIER)
    for segment, name in (("technical", "technical.pdf"), ("price", "技术方案.pdf")):
        found = node.ask(
            "bid.open", notice=asked["notice"], manifest=b64encode(bid.manifest.raw), part="files",
            shares=[share.hex() for share in released(STAGED, bid.manifest, "files", segment)],
            objects=[b64encode(bid.ciphertext("files", j, segment)) for j in (0, 1)], segment=segment,
        )  # fmt: skip
        assert found["names"] == [name]
