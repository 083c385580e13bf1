"""Certificates that their owners could not find in the log: the verifiers find them, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bids import package as names
from bids.verification import Report
from tests.bids_factory import World
from tests.package_checks import check, failures, rewrite, texts
from tests.package_factory import Case, unzipped

FILE = names.LOG_ENROLMENTS


@pytest.fixture(scope="module")
def data() -> tuple[bytes, World]:
    case = Case(World(seed=61)).run()
    return case.package(), case.world


def said(report: Report, code: str) -> Any:
    return next((one.params for one in report.findings if one.code == code), None)


def later(case: Case, days: float) -> Case:
    """The evidence comes so many days after the award."""
    case.later(days * 86_400)
    return case


def test_all_stand_in_the_log(data: tuple[bytes, World]) -> None:
    report = check(*data)
    assert report.ok
    assert said(report, "verify-enrolments-logged") == {"count": "4"}
    assert said(report, "verify-enrolments-day") == {"count": "3"}
    assert said(report, "verify-enrolments-new") is None


@pytest.mark.parametrize("who", ["agency", "custodian"])
def test_a_certificate_that_was_never_logged(who: str) -> None:
    case = Case(World(seed=62)).run()
    actor = case.world.agency if who == "agency" else case.world.custodians[1]
    case.logged.hidden = [actor]
    report = check(case.package(), case.world)
    assert failures(report) == {"verify-enrolments-logged": ["enrolment-unlogged"]}
    assert report.failed_files == {names.ENROLMENTS} and all(texts(report))


def test_a_suppliers_that_no_root_lists() -> None:
    case = Case(World(seed=63)).run()
    case.logged.hidden = [case.world.suppliers[2]]
    report = check(case.package(), case.world)
    assert report.ok and said(report, "verify-enrolments-day") == {"count": "2"}
    assert said(report, "verify-enrolments-new") == {"count": "1"}, "the next root may have it"
    case = later(Case(World(seed=63)).run(), 2)
    case.logged.day = "2026-06-02"
    case.logged.hidden = [case.world.suppliers[2]]
    report = check(case.package(), case.world)
    assert failures(report) == {"verify-enrolments-day": ["enrolment-unlisted"]}
    assert all(texts(report))


def test_without_any_root() -> None:
    case = Case(World(seed=64)).run()
    case.logged.day = None
    report = check(case.package(), case.world)
    assert report.ok and said(report, "verify-enrolments-new") == {"count": "3"}
    case = later(Case(World(seed=64)).run(), 2)
    case.logged.day = None
    report = check(case.package(), case.world)
    assert failures(report) == {"verify-enrolments-day": ["enrolment-unlisted"] * 3}


def test_an_old_root_that_lists_all() -> None:
    """Whoever looks for the first time in years opens no roots of before: they must not count any more."""
    case = later(Case(World(seed=65)).run(), 3)
    report = check(case.package(), case.world)
    assert failures(report) == {"verify-enrolments-day": ["enrolment-unlisted"] * 3}
    case = later(Case(World(seed=65)).run(), 3)
    case.logged.day = "2026-06-03"
    assert check(case.package(), case.world).ok


def changed(data: bytes, change: Any) -> bytes:
    members = json.loads(unzipped(data)[FILE])
    change(members)
    file = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return rewrite(data, {FILE: file})


def swap_openings(members: Any) -> None:
    one, two = members["day"]["openings"][:2]
    one["leaf"], two["leaf"] = two["leaf"], one["leaf"]


def other_party(members: Any) -> None:
    one, two = members["day"]["openings"][:2]
    one["party"] = two["party"]


def other_hashes(members: Any) -> None:
    one, two = members["day"]["openings"][:2]
    one["hashes"] = two["hashes"]


def no_day(members: Any) -> None:
    members["day"].update(members["issued"][0])


def moved(members: Any) -> None:
    members["issued"][0]["index"] += 1


def moved_day(members: Any) -> None:
    members["day"]["hashes"].pop()


def beyond(members: Any) -> None:
    members["issued"][0]["index"] = 10**9


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        (swap_openings, "verify-enrolments-day", "enrolment-day-other"),
        (other_party, "verify-enrolments-day", "enrolment-day-other"),
        (other_hashes, "verify-enrolments-day", "enrolment-day-root"),
        (no_day, "verify-enrolments-day", "enrolment-day-entry"),
        (moved, "verify-enrolments-logged", "proof-invalid"),
        (beyond, "verify-enrolments-logged", "proof-invalid"),
        (moved_day, "verify-enrolments-day", "proof-invalid"),
    ],
)
def test_a_proof_that_does_not_hold(data: tuple[bytes, World], change: Any, code: str, reason: str) -> None:
    report = check(changed(data[0], change), data[1])
    assert failures(report) == {code: [reason]} and all(texts(report))
    assert FILE in report.failed_files


def test_the_file_is_asked_for(data: tuple[bytes, World]) -> None:
    report = check(rewrite(data[0], {FILE: None}), data[1])
    missing = ["file-missing"]
    assert failures(report) == {"verify-enrolments-logged": missing, "verify-complete": missing}
    report = check(changed(data[0], lambda members: members.update(type="sunseal/entry/v1")), data[1])
    assert failures(report) == {"verify-enrolments-logged": ["wrong-type"]}
