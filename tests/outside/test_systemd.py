"""systemd's own opinion of the units that `sunseal custodian unit` and `sunseal witness unit` print."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from trading.commands import custodian_unit, witness_unit

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"),
]


@pytest.mark.parametrize("unit", [custodian_unit.unit, witness_unit.unit], ids=["custodian", "witness"])
def test_the_unit_holds_and_exposes_little(unit: click.Command, tmp_path: Path) -> None:
    printed = CliRunner().invoke(unit).output
    file = tmp_path / "sunseal-custodian.service"
    file.write_text(printed.replace("/opt/sunseal/bin/sunseal", sys.executable))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False
    )
    complaints = [line for line in verified.stderr.splitlines() if file.name in line]
    assert not complaints, verified.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # 2.0 of 10 is where systemd begins to call a service "OK" with a green smile.
    assert judged.returncode == 0, judged.stdout[-2000:]
    spoiled = tmp_path / "spoiled.service"
    spoiled.write_text(printed.replace("ProtectSystem=strict", "ProtectSystem=perhaps"))
    again = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", spoiled], capture_output=True, text=True, check=False
    )
    assert "spoiled.service" in again.stderr, "it would say so"


def test_the_containerfile_is_printed() -> None:
    printed = CliRunner().invoke(custodian_unit.unit, ["--container"]).output
    assert "USER 65532:65532" in printed and 'ENTRYPOINT ["sunseal", "custodian"]' in printed
