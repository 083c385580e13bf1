"""`sunseal demo` as a person runs it, on two small tenders of the real ones."""

from __future__ import annotations

import copy
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.reports.read_pdf import all_text, squeezed
from trading.demo.source import bundled

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ("07-4T2304", "12-0L1704")  # two bids, one of them not responsive; four bids
WINNERS = ("Y A K A R", "R P I COATING INC")

Change = Callable[[list[dict[str, Any]]], None]

# A private key in PEM, one of P-256 in PKCS#8, or a token.
SECRET = re.compile(rb"PRIVATE KEY|\x04\x6d\x30\x6b\x02\x01\x01\x04\x20|sst_[A-Za-z0-9_-]{43}")


def write_input(folder: Path, change: Change | None = None) -> Path:
    """The two tenders as they are, then changed."""
    whole = json.loads(bundled().read_text("utf-8"))
    contracts = [copy.deepcopy(one) for one in whole["contracts"] if one["contract_number"] in CONTRACTS]
    if change is not None:
        change(contracts)
    path = folder / "input.json"
    path.write_text(json.dumps({"source": whole["source"], "contracts": contracts}), "utf-8")
    return path


def demo(folder: Path, *more: str, change: Change | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "trading.cli", "demo", "--input", str(write_input(folder, change)), "--out",
            str(folder / "out"), "--exit", "--lang", "en", *more,
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


def summary(folder: Path) -> dict[str, dict[str, Any]]:
    tenders = json.loads((folder / "out" / "summary.json").read_text("utf-8"))["tenders"]
    return {one["contract_number"]: one for one in tenders}


@pytest.mark.slow
def test_comes_out_as_the_official_results(tmp_path: Path) -> None:
    done = demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every rank and every total is the official one" in done.stdout
    assert "Traceback" not in done.stderr
    found = summary(tmp_path)
    assert tuple(found) == CONTRACTS
    assert tuple(found[number]["award"]["bidder"] for number in CONTRACTS) == WINNERS
    rejected = found["07-4T2304"]["ranking"][1]
    assert rejected == {
        "rank": 2, "bidder": "WESTCOAST PUBLIC WORK INC", "total": "597972.50", "responsive": False,
        "reason": "OTHER REASON NT AWD",
    }  # fmt: skip
    for one in found.values():
        assert set(one) == {
            "contract_number", "tender_id", "status", "ranking", "award", "evidence", "opening_record",
            "award_report",
        }  # fmt: skip
        assert one["status"] == "awarded"
        for key, start in (("evidence", b"PK"), ("opening_record", b"%PDF"), ("award_report", b"%PDF")):
            assert (tmp_path / "out" / one[key]).read_bytes().startswith(start)
        paper = all_text((tmp_path / "out" / one["award_report"]).read_bytes())
        for said in (
            f"Tender number {one['contract_number']}", f"Project number {one['contract_number']}",
            "California Department of Transportation（DEMO:AGENCY）", "工程建设 Construction works",
        ):  # fmt: skip
            assert squeezed(said) in paper
    for path in (tmp_path / "out").rglob("*"):
        assert path.suffix not in (".p12", ".key", ".pem")
        assert path.is_dir() or not SECRET.search(path.read_bytes()), path
    assert list(tmp_path.glob(".out*")) == list(tmp_path.glob("*.log")) == []


@pytest.mark.slow
def test_too_few_bidders_and_a_changed_price(tmp_path: Path) -> None:
    """cn-works wants three bidders; one unit price differs from the official total."""

    def change(contracts: list[dict[str, Any]]) -> None:
        bid = contracts[1]["bids"][2]
        assert bid["bidder"] == "MURPHY INDUSTRIAL COATINGS INC"
        price = bid["unit_prices"]["1"]
        bid["unit_prices"]["1"] = f"{float(price) + 0.01:.2f}"

    done = demo(tmp_path, "--rules", "cn-works", change=change)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ 12-0L1704 · MURPHY INDUSTRIAL COATINGS INC: total should be" in done.stdout
    check_log_kept(tmp_path, done.stderr)
    assert done.stdout.count("  ✗ ") == 2, "by the platform and by the demo's own sum, and nothing else"
    failed = summary(tmp_path)["07-4T2304"]
    assert (failed["status"], failed["ranking"], failed["award"]) == ("failed", [], None)
    assert failed["opening_record"] is None and failed["award_report"] is None
    names = zipfile.ZipFile(tmp_path / "out" / failed["evidence"]).namelist()
    assert "closing.json" in names
    assert not [
        name for name in names if name.startswith("shares/") or name.endswith(("offer.json", ".sealed"))
    ]
    entries = zipfile.ZipFile(tmp_path / "out" / failed["evidence"]).read("log/entries.jsonl")
    assert b'"act":"tender.failed"' in entries and b'"act":"custody.released"' not in entries


@pytest.mark.slow
def test_a_lead_too_short_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    def repeat(contracts: list[dict[str, Any]]) -> None:
        """More bids than any machine seals and sends in a second."""
        bid = contracts[1]["bids"][0]
        contracts[1]["bids"] += [{**bid, "bidder": f"{bid['bidder']} {n}"} for n in range(45)]

    done = demo(tmp_path, "--lead", "1", change=repeat)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "--lead" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists() and list(tmp_path.glob(".out*")) == []
    check_log_kept(tmp_path, done.stderr)


def check_log_kept(folder: Path, said: str) -> None:
    """All of what the platform logged lies beside the results that are wrong or missing."""
    log = folder / "out.platform.log"
    assert f"The platform's log is kept in {log}" in said
    assert "sunseal.custodian" in log.read_text("utf-8")


def test_refusals_before_anything_is_started(tmp_path: Path) -> None:
    def drop(contracts: list[dict[str, Any]]) -> None:
        del contracts[0]["bids"][1]["unit_prices"]["3"]

    done = demo(tmp_path, change=drop)
    assert done.returncode == 1
    assert "07-4T2304, bidder WESTCOAST PUBLIC WORK INC, item 3" in done.stderr
    assert not (tmp_path / "out").exists()
    done = demo(tmp_path, "--rules", "nonsense")
    assert done.returncode == 1 and "cn-works, generic" in done.stderr
    (tmp_path / "out").mkdir()
    done = demo(tmp_path)
    assert done.returncode == 1 and "exists" in done.stderr and "--out" in done.stderr


def begin(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """A demonstration whose platform has been started, and the folder for temporary ones."""
    temporary = folder / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "trading.cli", "demo", "--input", str(write_input(folder)), "--out",
            str(folder / "out"),
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    for _ in range(300):
        if list(temporary.glob("sunseal-demo-*/platform")):
            break
        time.sleep(0.1)
    return process, temporary


def test_interrupted_it_leaves_nothing(tmp_path: Path) -> None:
    process, temporary = begin(tmp_path)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == [] and not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to see child processes")
def test_killed_its_platform_does_not_outlive_it(tmp_path: Path) -> None:
    process, _ = begin(tmp_path)
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()
    for _ in range(300):
        if not alive(child):
            return
        time.sleep(0.1)
    os.kill(int(child), signal.SIGKILL)
    pytest.fail("the platform was still running")


def alive(pid: str) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
