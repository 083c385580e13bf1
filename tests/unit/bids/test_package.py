"""The ZIP of an evidence package: the same bytes for the same files, and nothing in it that could hide."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bids import package as names
from bids.errors import BidError
from bids.package import (
    Package,
    build_evidence,
    evidence_digests,
    is_package_name,
    lines,
    read_package,
    split_lines,
    write_package,
)
from bids.readme import readme
from signing import canonical
from signing.statements import read_statement
from tests.bids_factory import World
from tests.typescript.agreement import admitted

AT = datetime(2026, 6, 1, tzinfo=UTC)
BID = "a" * 32
FILES = {
    "notice.json": b"{}",
    f"bids/{BID}/manifest.json": b"manifest",
    f"bids/{BID}/bid/public.sealed": bytes(1000),
    "log/proofs/0.tlog-proof": b"proof",
}


def zipped(files: dict[str, bytes] | None = None) -> bytes:
    sink = io.BytesIO()
    write_package(sink, (FILES if files is None else files).items())
    return sink.getvalue()


def opened(data: bytes) -> Package:
    return admitted(data)


def code(call: Callable[[], object]) -> str:
    with pytest.raises(BidError) as caught:
        call()
    assert caught.value.text("zh") and caught.value.text("en")
    return caught.value.code


def test_what_is_written_is_read_back() -> None:
    package = opened(zipped())
    assert package.names == tuple(sorted(FILES))
    assert {name: package.read(name) for name in package.names} == FILES
    assert "notice.json" in package and "award.json" not in package
    assert code(lambda: package.read("award.json")) == "file-missing"


def test_the_same_files_are_the_same_bytes_whatever_their_order() -> None:
    backwards = dict(reversed(FILES.items()))
    assert zipped(backwards) == zipped()
    sink = io.BytesIO()
    write_package(sink, [(name, io.BytesIO(data)) for name, data in FILES.items()])
    assert sink.getvalue() == zipped()


def test_entries_are_stored_and_dated_1980() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped())) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_a_package_zipped_again_by_others_is_read_too() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    package = opened(sink.getvalue())
    assert {name: package.read(name) for name in package.names} == FILES


@pytest.mark.parametrize(
    "name",
    [
        "../notice.json",
        "/notice.json",
        "notice.json/../x",
        "bids\\x",
        "evil.exe",
        "notice.json ",
        "NOTICE.JSON",
        "bids/" + "A" * 32 + "/manifest.json",
        f"bids/{BID}/other.json",
        f"bids/{BID}/../notice.json",
        f"bids/{BID}/Bid/offer.json",
        f"bids/{BID}/" + "a" * 17 + "/offer.json",
        f"shares/bid/{BID}.json/",
        "notices/" + "0" * 63 + ".json",
        "log/proofs/01.tlog-proof",
        "log/proofs/-1.tlog-proof",
        "log/proofs/" + "1" * 20 + ".tlog-proof",
        "certificates/",
        "",
        "notice.json\n",
    ],
)
def test_other_names_are_refused_on_both_sides(name: str) -> None:
    assert not is_package_name(name)
    assert code(lambda: zipped({name: b""})) == "package-name"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"")
    assert code(lambda: opened(sink.getvalue())) == "package-name"


def test_a_name_cut_by_a_nul_is_refused() -> None:
    data = zipped({"README.txt": b"x"}).replace(b"README.txt", b"READ\0E.txt")
    assert code(lambda: opened(data)) == "package-name"


@pytest.mark.parametrize("name", [*FILES, "notices/" + "0" * 64 + ".p7s", f"shares/price/{BID}.json"])
def test_the_fixed_names_are_accepted(name: str) -> None:
    assert is_package_name(name)


def test_a_file_twice_is_refused() -> None:
    def twice() -> None:
        write_package(io.BytesIO(), [("notice.json", b"1"), ("notice.json", b"2")])

    assert code(twice) == "package-duplicate"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive, pytest.warns(UserWarning):
        archive.writestr("notice.json", b"1")
        archive.writestr("notice.json", b"2")
    assert code(lambda: opened(sink.getvalue())) == "package-duplicate"


def test_compressed_files_are_refused() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notice.json", bytes(1000))
    assert code(lambda: opened(sink.getvalue())) == "package-not-stored"


def flagged(flag: int) -> bytes:
    """A package whose one file has a general purpose flag set, in both headers."""
    data = bytearray(zipped({"notice.json": b"{}"}))
    directory = data.index(b"PK\x01\x02")
    data[6:8] = struct.pack("<H", flag)
    data[directory + 8 : directory + 10] = struct.pack("<H", flag)
    return bytes(data)


@pytest.mark.parametrize("flag", [1, 8, 0x40, 0x2000])
def test_encrypted_and_streamed_files_are_refused(flag: int) -> None:
    assert code(lambda: opened(flagged(flag))) == "package-not-stored"


def test_a_name_marked_as_utf8_is_fine() -> None:
    assert opened(flagged(0x800)).read("notice.json") == b"{}"


def with_extra(extra: bytes, mode: int = 0o644) -> bytes:
    info = zipfile.ZipInfo("notice.json")
    info.extra, info.external_attr = extra, mode << 16
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(info, b"{}")
    return sink.getvalue()


def test_extra_fields_of_common_tools_are_read() -> None:
    times, owner = struct.pack("<2HBI", 0x5455, 5, 1, 0), struct.pack("<2H", 0x7875, 0)
    assert opened(with_extra(times + owner)).read("notice.json") == b"{}"


@pytest.mark.parametrize(
    "extra", [struct.pack("<2H", 0x7075, 3) + b"\1ab", b"UT", struct.pack("<2H", 0x5455, 9)]
)
def test_other_extra_fields_are_refused(extra: bytes) -> None:
    """0x7075 gives another name, by which some tools unpack."""
    assert code(lambda: opened(with_extra(extra))) == "package-malformed"


def test_an_extra_field_in_the_local_header_alone_is_refused() -> None:
    data = bytearray(with_extra(struct.pack("<2H", 0x5455, 0)))
    place = data.index(struct.pack("<2H", 0x5455, 0))
    data[place : place + 2] = struct.pack("<H", 0x7075)
    assert code(lambda: opened(bytes(data))) == "package-malformed"


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o1644, 0o120777])
def test_modes_that_are_more_than_a_plain_files_are_refused(mode: int) -> None:
    assert code(lambda: opened(with_extra(b"", mode))) == "package-malformed"


def test_bytes_before_between_and_after_the_files_are_refused() -> None:
    data = zipped()
    for junk in (b"x" + data, data + b"x", b"PK\x03\x04" + data, data[:-1], b"", b"not a ZIP", data[1:]):
        assert code(lambda junk=junk: opened(junk)) == "package-malformed"  # type: ignore[misc]


def test_a_comment_is_refused() -> None:
    sink = io.BytesIO(zipped())
    with zipfile.ZipFile(sink, "a") as archive:
        archive.comment = b"hidden"
    assert code(lambda: opened(sink.getvalue())) == "package-malformed"


def test_a_comment_that_is_announced_but_not_there_is_none() -> None:
    data = bytearray(zipped({"notice.json": b"{}"}))
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 32, 4)
    assert opened(bytes(data)).read("notice.json") == b"{}"


def test_a_gap_between_files_is_refused() -> None:
    data = zipped({"notice.json": b"{}", "notice.p7s": b"sig"})
    second = data.index(b"PK\x03\x04", 4)
    gap = 7
    moved = bytearray(data[:second] + bytes(gap) + data[second:])
    for directory in (i for i in range(len(moved)) if moved[i : i + 4] == b"PK\x01\x02"):
        offset = struct.unpack_from("<I", moved, directory + 42)[0]
        struct.pack_into("<I", moved, directory + 42, offset + gap if offset else 0)
    end = moved.rindex(b"PK\x05\x06")
    struct.pack_into("<I", moved, end + 16, struct.unpack_from("<I", moved, end + 16)[0] + gap)
    assert code(lambda: opened(bytes(moved))) == "package-malformed"


def test_another_name_in_the_files_own_header_is_refused() -> None:
    data = zipped({"notice.json": b"{}"})
    assert code(lambda: opened(data.replace(b"notice.json", b"notice.p7s.", 1))) == "package-malformed"
    assert code(lambda: opened(data[:8] + b"\x08" + data[9:])) == "package-malformed"


def test_a_changed_byte_damages_the_file_and_names_it() -> None:
    data = bytearray(zipped())
    data[data.index(b"manifest", data.index(b"manifest.json") + 13)] ^= 1
    package = opened(bytes(data))
    with pytest.raises(BidError) as caught:
        package.read(f"bids/{BID}/manifest.json")
    assert (caught.value.code, caught.value.params["file"]) == ("file-damaged", f"bids/{BID}/manifest.json")
    assert package.read("notice.json") == b"{}"


def test_oversized_files_and_too_many_of_them_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped()
    monkeypatch.setattr(names, "MAX_FILE", 999)
    assert code(lambda: read_package(io.BytesIO(data))) == "package-file-size"
    assert code(zipped) == "package-file-size"
    monkeypatch.setattr(names, "MAX_FILES", 3)
    assert code(lambda: read_package(io.BytesIO(data))) == "package-too-many"


def test_lines_are_leaves_each_ended_by_a_newline() -> None:
    assert lines([]) == b"" and split_lines(b"", "ledger.jsonl") == ()
    assert split_lines(lines([b"{}", b"[]"]), "ledger.jsonl") == (b"{}", b"[]")
    for data in (b"{}", b"\n", b"{}\n\n[]\n", b"{}\n[]"):
        assert code(lambda data=data: split_lines(data, "ledger.jsonl")) == "lines-malformed"  # type: ignore[misc]


# --- the evidence statement


def test_evidence_lists_everything_but_itself_and_the_log() -> None:
    statement = build_evidence(BID, {"notice.json": "0" * 64, "README.txt": "1" * 64}, AT)
    assert statement["files"] == {"notice.json": "0" * 64, "README.txt": "1" * 64}
    for name in ("evidence.json", "log/key", "log/proofs/1.tlog-proof", "other.txt"):
        assert code(lambda name=name: build_evidence(BID, {name: "0" * 64}, AT)) == "package-name"  # type: ignore[misc]


def test_the_logged_digests_are_of_statement_file_and_all_entries_before() -> None:
    world = World(seed=51)
    file = world.state(build_evidence(BID, {"notice.json": "0" * 64}, AT), AT)
    assert evidence_digests(file, [b"{}", b"[]"]) == {
        "evidence": read_statement(file, "sunseal/evidence/v1").digest,
        "evidence_file": canonical.digest(file),
        "entries": canonical.digest(b"{}\n[]\n"),
    }


def test_the_readme_tells_in_two_languages_how_to_check_without_us() -> None:
    text = readme(BID).decode()
    assert BID in text and "中文" in text and "English" in text
    for tool in ("openssl cms -verify", "sha256sum", "sumdb", "jq -jcS .statement", "sunseal verify"):
        assert text.count(tool) >= 2
    assert '{"signature"' in text and readme(BID) == readme(BID)
