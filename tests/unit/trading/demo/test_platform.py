"""The demonstration's platform: what stays of its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.demo import run
from trading.demo.errors import DemoError
from trading.demo.platform import PlatformProcess


def test_all_of_the_log_of_a_platform_that_fails_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(f"line {n}\n" for n in range(1000))
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(
        PlatformProcess, "start", lambda _: (tmp_path / "work" / "platform.log").write_text(lines)
    )
    with (
        pytest.raises(DemoError, match="unexpectedly"),
        run._platform(tmp_path / "work", tmp_path / "out", "en") as platform,
    ):
        platform.check()
    kept = tmp_path / "out.platform.log"
    assert kept.read_text() == lines and str(kept) in capsys.readouterr().err


def test_without_a_log_nothing_is_said(tmp_path: Path) -> None:
    assert PlatformProcess(tmp_path).keep_log(tmp_path / "kept.log") is False
