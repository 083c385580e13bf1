"""Whole packages: whatever is changed in them, by whomever, the verifier fails and names the file.

README.txt, log/key and certificates/ are the reader's to replace; for every other file any byte counts.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bids.errors import BidError
from bids.package import is_package_name
from tests.bids_factory import Tender, World
from tests.package_checks import check, rewrite, texts
from tests.package_factory import Case, unzipped


def refusing(bid: str) -> Callable[[dict[str, Any]], None]:
    """Custodians who say that the shares of one bid do not open."""

    def change(release: dict[str, Any]) -> None:
        release["shares"] = [
            {"bid": bid, "part": row["part"], "refusal": "does-not-open"} if row["bid"] == bid else row
            for row in release["shares"]
        ]

    return change


@lru_cache(maxsize=1)
def award() -> tuple[World, bytes]:
    """A package with everything in it: amendments, a replacement, a withdrawal, a bid that does not open."""
    world = World(seed=81, suppliers=4)

    def before(tender: Tender) -> None:
        void = tender.submit(world.suppliers[0])
        tender.amend(deadline=tender.notice.deadline + timedelta(hours=1))
        tender.submit(world.suppliers[0], replaces=void.id)
        tender.withdraw(tender.submit(world.suppliers[1]))
        tender.submit(world.suppliers[1])
        tender.submit(world.suppliers[2])
        tender.submit(world.suppliers[3])

    case = Case(world, bidders=0, prepare=before)
    case.close()
    case.release((0, 2), wait=20, change=refusing(case.checked.current[2].bid))
    case.open()
    case.evaluate({case.checked.current[3].bid: "未按要求签章"})
    case.award()
    data = case.package()
    assert check(data, world).ok and check(data).ok
    return world, data


@lru_cache(maxsize=1)
def failed() -> tuple[World, bytes]:
    """A package of a tender that failed unopened."""
    world = World(seed=82)
    case = Case(world, bidders=2, minimum_bidders=3)
    case.close()
    case.fail()
    data = case.package()
    assert check(data, world).ok and check(data).ok
    return world, data


def guarded(name: str) -> bool:
    """Whether any byte of the file must count."""
    return name not in ("README.txt", "log/key") and not name.startswith("certificates/")


Maker = Callable[[], tuple[World, bytes]]
PACKAGES = st.sampled_from([award, failed])


@st.composite
def changed_byte(draw: st.DrawFn) -> tuple[World, bytes, str, bytes]:
    """A package, one of its guarded files, and that file with one byte changed."""
    world, data = draw(PACKAGES)()
    files = unzipped(data)
    name = draw(st.sampled_from(sorted(filter(guarded, files))))
    content = files[name]
    at = draw(st.integers(0, len(content) - 1))
    byte = draw(st.integers(1, 255)) ^ content[at]
    return world, data, name, content[:at] + bytes((byte,)) + content[at + 1 :]


def fails_and_names(data: bytes, world: World, name: str) -> None:
    for anchored in (world, None):
        report = check(data, anchored)
        assert not report.ok
        assert name in report.failed_files, (name, sorted(report.failed_files))
        assert all(texts(report))


@settings(max_examples=40, deadline=None)
@given(changed_byte())
def test_any_byte_changed_in_any_file_fails_and_names_it(found: tuple[World, bytes, str, bytes]) -> None:
    world, data, name, content = found
    fails_and_names(rewrite(data, {name: content}), world, name)


def positions(size: int) -> Iterator[int]:
    """The ends, the middle, and some places between."""
    yield from sorted({0, size // 3, 2 * size // 3, size - 1})


@pytest.mark.parametrize("package", [award, failed])
def test_every_file_is_guarded_at_several_places(package: Maker) -> None:
    world, data = package()
    files = unzipped(data)
    for name in filter(guarded, files):
        content = files[name]
        for at in positions(len(content)):
            other = content[:at] + bytes((content[at] ^ 0x20,)) + content[at + 1 :]
            report = check(rewrite(data, {name: other}), world)
            assert name in report.failed_files, (name, at)


@pytest.mark.parametrize("package", [award, failed])
def test_the_logs_small_files_and_the_evidences_signature_are_guarded_throughout(package: Maker) -> None:
    world, data = package()
    files = unzipped(data)
    proof = next(name for name in files if name.startswith("log/proofs/"))
    for name, places in (
        ("log/checkpoint", range(0, len(files["log/checkpoint"]), 3)),
        (proof, range(0, len(files[proof]), 11)),
        ("evidence.json", range(0, 2000, 67)),
    ):
        for at in places:
            content = files[name]
            other = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
            assert name in check(rewrite(data, {name: other}), world).failed_files, (name, at)


@pytest.mark.parametrize("package", [award, failed])
def test_every_file_cut_or_lengthened_is_named(package: Maker) -> None:
    world, data = package()
    files = unzipped(data)
    for name in filter(guarded, files):
        for content in (files[name][:-1], files[name] + b"\n", b""):
            assert name in check(rewrite(data, {name: content}), world).failed_files, name


@pytest.mark.parametrize("package", [award, failed])
def test_every_file_removed_is_named(package: Maker) -> None:
    world, data = package()
    for name in unzipped(data):
        report = check(rewrite(data, {name: None}), world)
        if name.startswith("log/proofs/"):
            assert "log/entries.jsonl" in report.failed_files
        elif name != "log/key":  # the reader has a key of its own
            assert name in report.failed_files, name
    assert "log/key" in check(rewrite(data, {"log/key": None})).failed_files


@pytest.mark.parametrize(
    "name",
    [
        "bids/" + "0" * 32 + "/manifest.json",
        "bids/" + "0" * 32 + "/bid/offer.json",
        "notices/" + "0" * 64 + ".json",
        "shares/bid/" + "0" * 32 + ".json",
        "log/proofs/99999.tlog-proof",
    ],
)
@pytest.mark.parametrize("package", [award, failed])
def test_every_file_added_is_named(package: Maker, name: str) -> None:
    world, data = package()
    report = check(rewrite(data, {name: b"{}"}), world)
    assert name in report.failed_files


@settings(max_examples=30, deadline=None)
@given(PACKAGES, st.data())
def test_two_files_swapped_are_both_named(package: Maker, data: st.DataObject) -> None:
    world, original = package()
    files = unzipped(original)
    one, two = data.draw(
        st.lists(st.sampled_from(sorted(filter(guarded, files))), min_size=2, max_size=2, unique=True)
    )
    report = check(rewrite(original, {one: files[two], two: files[one]}), world)
    expected = {one, two}
    if one.startswith("log/") and two.startswith("log/"):
        expected.discard("log/enrolments.json")  # judged by the log, once that holds
    assert expected <= report.failed_files


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_byte_changed_anywhere_in_the_zip_is_refused_or_found_unless_it_changes_no_file(
    data: st.DataObject,
) -> None:
    world, original = failed()
    at = data.draw(st.integers(0, len(original) - 1))
    mask = data.draw(st.integers(1, 255))
    other = original[:at] + bytes((original[at] ^ mask,)) + original[at + 1 :]
    try:
        report = check(other, world)
    except BidError as error:
        assert error.text("zh") and error.text("en")
        return
    if report.ok:
        assert unzipped(other) == unzipped(original) or only_unguarded(other, original)


def only_unguarded(other: bytes, original: bytes) -> bool:
    """Whether the damage is in a file that the verifier did not have to read."""
    with zipfile.ZipFile(io.BytesIO(other)) as archive:
        damaged = archive.testzip()
    return damaged is not None and is_package_name(damaged) and not guarded(damaged)
