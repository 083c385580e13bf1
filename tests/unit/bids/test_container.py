"""The container: a tar that other tools list, and that is read with suspicion."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from bids.container import ContainerWriter, SealedBid, SealedObject, object_path
from bids.envelope import prepare
from bids.offer import build_offer
from tests.bids_factory import NOW, World, attach, refused

WORLD = World(1)
TENDER = WORLD.tender()
SUPPLIER = WORLD.suppliers[0]


def container() -> bytes:
    out = io.BytesIO()
    prepare(
        TENDER.notice.raw,
        build_offer(TENDER.notice, TENDER.prices(SUPPLIER)),
        [attach("plan.pdf", b"plan" * 1000)],
        SUPPLIER.signer,
        out,
        NOW,
    )
    return out.getvalue()


SEALED = container()
ORDER = [
    "objects/bid-public-0",
    "objects/bid-files-1",
    "objects/bid-files-0",
    "manifest.json",
    "manifest.p7s",
]


def entries() -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(SEALED)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}  # type: ignore[union-attr]


ENTRIES = entries()


def tar(
    members: list[tuple[tarfile.TarInfo, bytes]], mode: Any = "w", format: int = tarfile.GNU_FORMAT
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=format) as archive:
        for info, data in members:
            info.size = len(data) if info.type == tarfile.REGTYPE else info.size
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def plain(name: str, data: bytes | None = None) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), ENTRIES[name] if data is None else data


ALL = [plain(name) for name in ORDER]


def test_common_tools_list_it() -> None:
    assert list(ENTRIES) == ORDER
    assert ENTRIES["manifest.json"].startswith(b'{"bid":')


def test_reading() -> None:
    sealed = SealedBid.open(io.BytesIO(SEALED))
    assert sealed.manifest.raw == ENTRIES["manifest.json"]
    assert sealed.signature == ENTRIES["manifest.p7s"]
    assert [one.path for one in sealed.objects] == [
        "objects/bid-public-0",
        "objects/bid-files-0",
        "objects/bid-files-1",
    ]
    for one in sealed.objects:
        with sealed.open_object(one.segment, one.part, one.number) as reader:
            assert reader.read() == ENTRIES[one.path]
        sealed.check_object(one)
    with refused("sealed-missing", name="objects/bid-files-2"):
        sealed.open_object("bid", "files", 2)
    with refused("sealed-missing"):
        sealed.open_object("..", "..", 0)


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_other_tars_of_the_same_files_are_read_in_any_order(format: int) -> None:
    again = tar([plain(name) for name in reversed(ORDER)], format=format)
    assert SealedBid.open(io.BytesIO(again)).manifest.raw == ENTRIES["manifest.json"]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "objects/../../x",
        "objects/bid-public-00",
        "objects/bid-public-1000",
        "objects/Bid-public-0",
        "objects/bid-secret-0",
        "manifest.json/x",
        "README",
        "objects/bid-public-0\n",
        "objects",
        "objects/bid-public-١",
    ],
)
def test_names_that_do_not_belong(name: str) -> None:
    with refused("sealed-name"):
        SealedBid.open(io.BytesIO(tar([*ALL, plain(name, b"x")])))


def test_an_object_that_the_manifest_does_not_name() -> None:
    with refused("sealed-name", name="objects/bid-files-2"):
        SealedBid.open(io.BytesIO(tar([*ALL, plain("objects/bid-files-2", b"x")])))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_only_plain_files(kind: bytes) -> None:
    info = tarfile.TarInfo("objects/bid-public-0")
    info.type = kind
    info.linkname = "/etc/passwd" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    with refused("sealed-name", name="objects/bid-public-0"):
        SealedBid.open(io.BytesIO(tar([(info, b""), *ALL[1:]])))


def test_long_names_of_gnu_and_pax_are_no_way_in() -> None:
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with refused("sealed-name"):
            SealedBid.open(io.BytesIO(tar([plain("objects/" + "x" * 300, b"x"), *ALL], format=format)))


@pytest.mark.parametrize("name", ORDER)
def test_an_entry_twice(name: str) -> None:
    with refused("sealed-duplicate", name=name):
        SealedBid.open(io.BytesIO(tar([*ALL, plain(name)])))


@pytest.mark.parametrize("name", ORDER)
def test_an_entry_missing(name: str) -> None:
    with refused("sealed-missing", name=name):
        SealedBid.open(io.BytesIO(tar([one for one in ALL if one[0].name != name])))


@pytest.mark.parametrize("name", ORDER[:3])
def test_an_object_of_another_size(name: str) -> None:
    with refused("sealed-size", name=name):
        SealedBid.open(io.BytesIO(tar([plain(n, ENTRIES[n] + b"x" if n == name else None) for n in ORDER])))


@pytest.mark.parametrize(
    ("name", "size"), [("manifest.json", (1 << 20) + 1), ("manifest.p7s", (64 << 10) + 1)]
)
def test_oversize(name: str, size: int) -> None:
    members = [plain(n, bytes(size) if n == name else None) for n in ORDER]
    with refused("sealed-size", name=name):
        SealedBid.open(io.BytesIO(tar(members)))


@pytest.mark.parametrize("size", [0, 1 << 62, -5])
def test_sizes_that_are_none(size: int) -> None:
    info = tarfile.TarInfo("objects/bid-public-0")
    info.size = size
    with refused("sealed-size"):
        SealedBid.open(io.BytesIO(info.tobuf(tarfile.GNU_FORMAT) + SEALED))


def test_an_object_that_changed() -> None:
    sealed = SealedBid.open(
        io.BytesIO(tar([plain(n, bytes(len(ENTRIES[n])) if n == ORDER[1] else None) for n in ORDER]))
    )
    wrong: list[SealedObject] = [one for one in sealed.objects if one.path == ORDER[1]]
    with refused("ciphertext-digest", what="objects/bid-files-1"):
        sealed.check_object(wrong[0])


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_compressed_archives_are_refused(mode: str) -> None:
    with refused("sealed-malformed"):
        SealedBid.open(io.BytesIO(tar(ALL, mode)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the end is missing"),
        (b"PK\x03\x04" + bytes(600), "a damaged header"),
        (SEALED[:511], "the end is missing"),
        (SEALED[:70_000], "cut short"),
        (SEALED[: -2 * 512], "the end is missing"),
        (SEALED + b"x", "something follows the end"),
        (SEALED + bytes(1 << 20), "something follows the end"),
        (SEALED + SEALED, "something follows the end"),
        (b"\xff" * 512 + SEALED, "a damaged header"),
    ],
)
def test_what_is_no_whole_container(data: bytes, reason: str) -> None:
    with refused("sealed-malformed", reason=reason):
        SealedBid.open(io.BytesIO(data))


def test_a_million_entries_are_not_listed() -> None:
    many = [plain(f"objects/{'abcdefghij'[n // 100]}-files-{n % 100}", b"x") for n in range(203)]
    with refused("sealed-malformed", reason="too many entries"):
        SealedBid.open(io.BytesIO(tar(many)))


def test_a_manifest_that_is_none() -> None:
    with refused("not-canonical"):
        SealedBid.open(io.BytesIO(tar([plain("manifest.json", b"{"), plain("manifest.p7s")])))


def test_the_writer_notices_an_entry_of_another_size() -> None:
    with (
        refused("sealed-size", name="objects/bid-public-0"),
        ContainerWriter(io.BytesIO()).entry(object_path("bid", "public", 0), 5) as sink,
    ):
        sink.write(b"1234")


def test_sizes_over_8_gib_have_a_header() -> None:
    class Discard(io.BytesIO):
        def write(self, data: Any, /) -> int:
            return len(data) if len(data) != 512 else super().write(data)

    out = Discard()
    with refused("sealed-size"), ContainerWriter(out).entry("objects/bid-files-1", 1 << 40):
        pass
    assert tarfile.TarInfo.frombuf(out.getvalue()[:512], "ascii", "strict").size == 1 << 40
