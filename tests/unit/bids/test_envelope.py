"""Sealing and opening: round trips, hostile names and contents, changed ciphertexts, constant memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from bids.container import SealedBid
from bids.envelope import Attachment, OpenedFile, open_files, prepare, seal
from bids.manifest import Manifest, check_manifest
from bids.objects import write_object
from bids.offer import build_offer
from signing import canonical, cms
from signing.encoding import b64encode, is_id
from signing.suite import SUNSEAL_1
from tests.bids_factory import NOW, Bid, Memory, Tender, World, attach, refused

WORLD = World(1)
TENDER = WORLD.tender()
SUPPLIER = WORLD.suppliers[0]
OFFER = build_offer(TENDER.notice, TENDER.prices(SUPPLIER))
FILES = {"技术方案.pdf": b"%PDF-1.7 plan", "空.txt": b"", "large.bin": bytes(range(256)) * 1000}


def shares(tender: Tender, manifest: Manifest, part: str, who: tuple[int, ...] = (0, 1, 2)) -> list[bytes]:
    """What honest custodians would release."""
    one = manifest.part("bid", part)
    context = manifest.context("bid", part)
    return [SUNSEAL_1.open_share(tender.sealing_keys[n], context, n + 1, one.sealed_shares[n]) for n in who]


def opened(tender: Tender, bid: Bid, given: list[bytes] | None = None) -> tuple[list[OpenedFile], Memory]:
    memory = Memory()
    files = open_files(
        bid.manifest,
        shares(tender, bid.manifest, "files") if given is None else given,
        lambda j: io.BytesIO(bid.ciphertext("files", j)),
        tender.notice,
        memory.sink,
    )
    return files, memory


def test_round_trip() -> None:
    bid = TENDER.seal(SUPPLIER, offer=OFFER, attachments=FILES)
    check_manifest(bid.manifest, TENDER.notice, SUPPLIER.id)
    public = bid.manifest.part("bid", "public")
    context = bid.manifest.context("bid", "public")
    key = SUNSEAL_1.recover(shares(TENDER, bid.manifest, "public"), 2, 3, context, public.share_digests)
    assert SUNSEAL_1.decrypt(bid.ciphertext("public"), key, context, 0, True) == OFFER
    files, memory = opened(TENDER, bid)
    assert memory.objects == FILES
    assert [(f.number, f.name, f.stated_name, f.size, f.problem) for f in files] == [
        (1, "技术方案.pdf", "技术方案.pdf", 13, None),
        (2, "空.txt", "空.txt", 0, None),
        (3, "large.bin", "large.bin", 256_000, None),
    ]
    assert files[0].sha256 == canonical.digest(FILES["技术方案.pdf"])
    assert files[0].media_type == "application/pdf"


@pytest.mark.parametrize("who", [(0, 1), (0, 2), (1, 2), (2, 0, 1)])
def test_any_threshold_of_shares_opens(who: tuple[int, ...]) -> None:
    bid = TENDER.seal(SUPPLIER)
    assert opened(TENDER, bid, shares(TENDER, bid.manifest, "files", who))[0][0].problem is None


def test_fewer_shares_or_those_of_the_other_part_open_nothing() -> None:
    bid = TENDER.seal(SUPPLIER)
    for given in (
        shares(TENDER, bid.manifest, "files", (1,)),
        shares(TENDER, bid.manifest, "public"),
        shares(TENDER, TENDER.seal(SUPPLIER).manifest, "files"),
        [],
    ):
        with refused("dealing-failed", what="files"):
            opened(TENDER, bid, given)


def test_the_parts_keys_are_strangers() -> None:
    """What becomes public evidence never opens a trade secret."""
    bid = TENDER.seal(SUPPLIER)
    digests = [bid.manifest.part("bid", part).share_digests for part in ("public", "files")]
    assert not set(digests[0]) & set(digests[1])


def test_sizes_tell_little() -> None:
    short = TENDER.seal(SUPPLIER, attachments={"a.txt": b"x" * 70_000}).manifest
    other = TENDER.seal(
        SUPPLIER, attachments={"b.txt": b"y" * 71_000}, announced={"quality": "z" * 1000}
    ).manifest
    sizes = [[one.size for part in manifest.parts for one in part.objects] for manifest in (short, other)]
    assert sizes[0] == sizes[1]


# --- what a supplier cannot seal by mistake


def sealed_with(attachments: list[Attachment]) -> bytes:
    return seal(TENDER.notice, SUPPLIER.id, "1" * 32, OFFER, attachments, None, Memory().write)


@pytest.mark.parametrize("name", ["../x.pdf", "a/b.pdf", "CON", "", "x" * 300, "\u202efdp.exe"])
def test_unsafe_names_are_not_sealed(name: str) -> None:
    with refused("name-unsafe"):
        sealed_with([attach(name, b"x")])


def test_names_that_are_one_file_somewhere_are_not_sealed() -> None:
    with refused("attachment-duplicate", name="PLAN.pdf"):
        sealed_with([attach("plan.pdf", b"x"), attach("PLAN.pdf", b"y")])


def test_no_more_than_198_attachments() -> None:
    many = [attach(f"{n}.txt", b"") for n in range(199)]
    with refused("attachments-too-many", limit="198"):
        sealed_with(many)
    manifest = Manifest.parse(sealed_with(many[:198]))
    assert len(manifest.part("bid", "files").objects) == 199


@pytest.mark.parametrize("size", [4, 6, 0])
def test_an_attachment_that_changes_while_it_is_sealed(size: int) -> None:
    with refused("attachment-changed", name="a.txt"):
        sealed_with([Attachment("a.txt", "text/plain", size, lambda: io.BytesIO(b"12345"))])


def test_a_media_type_must_be_one() -> None:
    with refused("form-pattern", path="files[0].media_type"):
        sealed_with([attach("a.txt", b"", "text/html; charset=x\r\nX: y")])


def test_an_offer_too_large_for_an_index_is_not_sealed() -> None:
    with refused("padding-invalid", what="offer"):
        seal(TENDER.notice, SUPPLIER.id, "1" * 32, bytes((4 << 20) + 1), [], None, Memory().write)


# --- prepare


def prepared(out: BinaryIO, **changes: Any) -> Any:
    facts: dict[str, Any] = {
        "notice_raw": TENDER.notice.raw,
        "offer": OFFER,
        "attachments": [attach(name, data) for name, data in FILES.items()],
        "signer": SUPPLIER.signer,
        "at": NOW,
        "out": out,
    }
    return prepare(**{**facts, **changes})


def test_prepare_writes_a_container_that_reads_back() -> None:
    out = io.BytesIO()
    done = prepared(out)
    assert is_id(done.bid) and done.objects == 5
    sealed = SealedBid.open(out)
    assert sealed.manifest == done.manifest and sealed.signature == done.signature
    check_manifest(sealed.manifest, TENDER.notice, SUPPLIER.id)
    verified = cms.verify_with_chain(
        sealed.manifest.raw, sealed.signature, WORLD.roots, NOW, "parties", "party", [WORLD.crl]
    )
    assert verified.certificate == SUPPLIER.signer.certificate
    for one in sealed.objects:
        sealed.check_object(one)
    memory = Memory()
    files = open_files(
        sealed.manifest,
        shares(TENDER, sealed.manifest, "files"),
        lambda j: sealed.open_object("bid", "files", j),
        TENDER.notice,
        memory.sink,
    )
    assert memory.objects == FILES and all(one.problem is None for one in files)


def test_prepare_takes_bid_and_replaces() -> None:
    done = prepared(io.BytesIO(), bid="1" * 32, replaces="2" * 32)
    assert (done.bid, done.manifest.bid, done.manifest.replaces) == ("1" * 32, "1" * 32, "2" * 32)
    with refused("manifest-replaces-itself"):
        prepared(io.BytesIO(), bid="1" * 32, replaces="1" * 32)


def test_prepare_refuses_what_would_not_count() -> None:
    other = World(2).tender(items=2)
    with refused("price-missing"):
        prepared(io.BytesIO(), offer=build_offer(other.notice, other.prices(SUPPLIER)))
    with refused("signer-not-supplier"):
        prepared(io.BytesIO(), signer=WORLD.agency.signer)
    with refused("certificate-wrong-authority"):
        prepared(io.BytesIO(), signer=WORLD.statement_signer)
    with refused("not-canonical"):
        prepared(io.BytesIO(), notice_raw=TENDER.notice.raw + b" ")


# --- hostile bidders and a platform that lies


class Hostile:
    """A bid whose files part is made by hand, as a bidder with a client of its own would."""

    def __init__(self, contents: bytes, objects: list[bytes], tender: Tender = TENDER) -> None:
        honest = tender.seal(SUPPLIER)
        policy = tender.notice.policy
        context = honest.manifest.context("bid", "files")
        key = SUNSEAL_1.content_key()
        self.objects = [
            SUNSEAL_1.encrypt(data, key, context, j, j == 0) for j, data in enumerate([contents, *objects])
        ]
        dealt = SUNSEAL_1.deal(key, policy.threshold, len(policy.custodians), context)
        members = json.loads(honest.manifest.raw)
        members["parts"][1].update(
            objects=[{"sha256": canonical.digest(one), "size": len(one)} for one in self.objects],
            share_digests=[canonical.digest(share) for share in dealt],
            sealed_shares=[
                b64encode(SUNSEAL_1.seal_share(custodian.sealing_key, context, custodian.position, share))
                for custodian, share in zip(policy.custodians, dealt, strict=True)
            ],
        )
        self.manifest = Manifest.parse(canonical.dumps(members))
        check_manifest(self.manifest, tender.notice, SUPPLIER.id)
        self.notice = tender.notice

    def open(self, sink: Callable[[str], Any] | None = None) -> tuple[list[OpenedFile], Memory]:
        memory = Memory()
        given = shares(TENDER, self.manifest, "files")
        files = open_files(
            self.manifest, given, lambda j: io.BytesIO(self.objects[j]), self.notice, sink or memory.sink
        )
        return files, memory


def contents(*files: tuple[int, str, bytes]) -> bytes:
    return write_object(
        "contents",
        {
            "files": [
                {"object": n, "name": name, "media_type": "text/plain", "sha256": canonical.digest(data)}
                for n, name, data in files
            ]
        },
    )


def test_names_with_path_parts_never_reach_a_disk() -> None:
    names = ["../../etc/passwd", "/abs", "C:\\x.exe", "nul", "..", "plan.pdf", "PLAN.PDF", "a" * 250]
    data = [str(n).encode() for n in range(len(names))]
    hostile = Hostile(contents(*((n, name, data[n - 1]) for n, name in enumerate(names, 1))), data)
    files, memory = hostile.open()
    assert [one.problem for one in files] == [None] * len(names)
    assert [one.stated_name for one in files] == names
    assert len(memory.objects) == len(names)
    for name in memory.objects:
        assert Path(name).name == name and not set(name) & set('/\\:*?"<>|')
    assert len({name.casefold() for name in memory.objects}) == len(names)
    assert files[0].name == "001-_.._etc_passwd"


def test_a_name_that_looks_like_a_numbered_one_takes_no_others_place() -> None:
    names = ["003-a_b", "x", "a/b"]
    data = [b"1", b"2", b"3"]
    listed = contents(*((n, name, data[n - 1]) for n, name in enumerate(names, 1)))
    files, memory = Hostile(listed, data).open()
    assert len({one.name for one in files}) == 3
    assert sorted(memory.objects.values()) == data


@pytest.mark.parametrize(
    ("numbers", "count"), [([1, 1], 2), ([2, 1], 2), ([1], 2), ([1, 2], 1), ([1, 3], 2), ([], 1)]
)
def test_the_list_of_files_must_name_each_object_once_in_order(numbers: list[int], count: int) -> None:
    listed = contents(*((n, f"{place}.txt", b"x") for place, n in enumerate(numbers)))
    with refused("contents-objects"):
        Hostile(listed, [b"x"] * count).open()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"rubbish", "not-canonical"),
        (b"{}", "wrong-type"),
        (OFFER, "wrong-type"),
        (contents((1, "a", b"x")) + b" ", "not-canonical"),
    ],
)
def test_a_list_of_files_that_is_none(data: bytes, code: str) -> None:
    with refused(code):
        Hostile(data, [b"x"]).open()


def test_one_file_that_lies_does_not_stop_the_others() -> None:
    files, memory = Hostile(
        contents((1, "a.txt", b"said"), (2, "b.txt", b"fine")), [b"given", b"fine"]
    ).open()
    assert [one.problem.code if one.problem else None for one in files] == ["file-digest", None]
    assert files[0].size == 0
    assert memory.objects == {"b.txt": b"fine"}


def test_content_is_withdrawn_from_its_place_if_it_was_wrong() -> None:
    left: list[tuple[str, bool]] = []

    @contextmanager
    def sink(name: str) -> Iterator[io.BytesIO]:
        try:
            yield io.BytesIO()
        except Exception:
            left.append((name, False))
            raise
        left.append((name, True))

    Hostile(contents((1, "a.txt", b"said"), (2, "b.txt", b"fine")), [b"given", b"fine"]).open(sink)
    assert left == [("a.txt", False), ("b.txt", True)]


def test_a_changed_ciphertext_leaves_nothing_behind() -> None:
    bid = TENDER.seal(SUPPLIER, attachments={"a.txt": b"x"})
    altered = bytearray(bid.ciphertext("files", 1))
    altered[-1] ^= 1
    objects = {**bid.objects, "objects/bid-files-1": bytes(altered)}
    files, memory = opened(TENDER, Bid(**{**bid.__dict__, "objects": objects}))
    assert files[0].problem is not None and files[0].problem.code == "ciphertext-digest"
    assert memory.objects == {}


@pytest.mark.parametrize(
    "change", [lambda c: c[:-1], lambda c: c + b"\0", lambda c: b"", lambda c: b"\0" * len(c)]
)
@pytest.mark.parametrize("number", [0, 1])
def test_ciphertext_that_is_not_the_manifests(change: Callable[[bytes], bytes], number: int) -> None:
    bid = TENDER.seal(SUPPLIER)
    path = f"objects/bid-files-{number}"
    altered = Bid(**{**bid.__dict__, "objects": {**bid.objects, path: change(bid.objects[path])}})
    if number == 0:
        with refused("ciphertext-digest", what="contents"):
            opened(TENDER, altered)
    else:
        problem = opened(TENDER, altered)[0][0].problem
        assert problem is not None and problem.code == "ciphertext-digest"


def test_rubbish_sealed_on_purpose_is_told_from_ciphertext_that_changed() -> None:
    hostile = Hostile(contents((1, "a.txt", b"x")), [b"x"])
    hostile.objects[1] = bytes(len(hostile.objects[1]))
    members = json.loads(hostile.manifest.raw)
    members["parts"][1]["objects"][1]["sha256"] = canonical.digest(hostile.objects[1])
    hostile.manifest = Manifest.parse(canonical.dumps(members))
    problem = hostile.open()[0][0].problem
    assert problem is not None and problem.code == "ciphertext-invalid"


def test_a_manifest_that_lies_about_a_ciphertext_that_would_open() -> None:
    hostile = Hostile(contents((1, "a.txt", b"x")), [b"x"])
    members = json.loads(hostile.manifest.raw)
    members["parts"][1]["objects"][1]["sha256"] = "0" * 64
    hostile.manifest = Manifest.parse(canonical.dumps(members))
    files, memory = hostile.open()
    assert files[0].problem is not None and files[0].problem.code == "ciphertext-digest"
    assert memory.objects == {}


def test_an_endless_ciphertext_is_not_read_to_its_end() -> None:
    bid = TENDER.seal(SUPPLIER)

    class Endless(io.BytesIO):
        read_so_far = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None and size >= 0
            Endless.read_so_far += size
            return bytes(size)

    with refused("ciphertext-digest"):
        open_files(
            bid.manifest,
            shares(TENDER, bid.manifest, "files"),
            lambda j: Endless(),
            TENDER.notice,
            Memory().sink,
        )
    assert Endless.read_so_far <= 65_673
