"""The command line's language, errors and exit statuses."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bids.errors import BidError
from signing.errors import CertificateError, SigningError
from trading.cli import sunseal
from trading.client.api import ApiProblem
from trading.client.errors import ClientError
from trading.client.transport import ConnectionFailed
from trading.commands.group import SunsealGroup, language_in, language_of, sentence
from trading.commands.table import BID_COMMANDS, COMMANDS, Entry
from trading.errors import ConfigurationError


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN", "LC_ALL": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh"),
    ],
)
def test_language_of(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


def test_the_option_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US")
    assert language_in(["verify", "--lang", "zh", "x"]) == "zh"
    assert language_in(["verify", "--lang=zh"]) == "zh"
    assert language_in(["verify", "--lang"]) == "en"
    monkeypatch.setenv("LC_ALL", "zh_CN")
    assert language_in(["verify", "--lang", "en"]) == "en"


def test_every_error_of_ours_has_a_sentence() -> None:
    problem = ApiProblem(
        422, {"code": "late", "detail": "Too late.", "rule": "late-bid", "article": "art. 27"}
    )
    for error, words in (
        (ClientError("token-missing"), "--token"),
        (BidError("bid-twice"), ""),
        (SigningError("broken"), "broken"),
        (CertificateError("gone", "expired"), "certificate"),
        (problem, "art. 27"),
        (ConnectionFailed("没有线路", "no line"), "no line"),
        (ConfigurationError("设置项 x 有误。", "Setting x is wrong."), "Setting x"),
        (FileNotFoundError(2, "No such file or directory", "a.json"), "a.json: No such file"),
        (ModuleNotFoundError("No module named 'pyramid'", name="pyramid"), "sunseal[platform]"),
    ):
        assert words in (sentence(error, "en") or ""), error
        assert sentence(error, "zh") not in (None, "", sentence(error, "en")) or error is problem, error
    assert sentence(RuntimeError("surprise"), "en") is None
    assert sentence(ModuleNotFoundError("x", name="trading.nothing"), "en") is None


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Iterator[SunsealGroup]:
    module = types.ModuleType("sunseal_test_commands")

    @click.command()
    @click.argument("what")
    def fail(what: str) -> int:
        if what == "surprise":
            raise RuntimeError("a secret 4711")
        if what == "stop":
            raise KeyboardInterrupt
        if what == "refuse":
            raise ClientError("token-missing")
        return 1 if what == "one" else 0

    module.fail = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sunseal_test_commands", module)
    yield SunsealGroup("sunseal", {"fail": Entry("sunseal_test_commands", "fail", "Fails.")})


def test_exit_statuses(group: SunsealGroup, capsys: pytest.CaptureFixture[str]) -> None:
    assert group.run(["fail", "well"]) == 0
    assert group.run(["fail", "one"]) == 1
    assert group.run(["fail", "refuse"]) == 1
    assert group.run(["fail", "stop"]) == 130
    assert group.run(["fail"]) == 2
    assert group.run(["nothing"]) == 2
    assert group.run(["fail", "--lang", "zh"]) == group.run(["nothing", "--lang=zh"]) == 2
    said = capsys.readouterr().err
    assert "缺少参数" not in said and "没有选项 --lang" in said and "没有命令 nothing" in said
    assert group.run(["--help"]) == 0
    assert "fail  Fails." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("verify", "缺少参数"),
        ("verify a.zip b.zip", "多余的参数：b.zip"),
        ("verify a.zip --roots", "选项 --roots 后面缺少值"),
        ("custodian run --store x --once=1", "选项 --once 后面不应有值"),
        ("custodian run --store x --poll 0", "'--poll' 的值不对：0.0 不在 0.1<=x<=3600 之内"),
        ("custodian run --store x --poll y", "'y' 不是数字"),
        ("witness run --state x --port 1 --listen 127.0.0.1 --lang fr", "'fr' 不可用，只能是 'zh', 'en'"),
        ("bid status", "--tender（32 位十六进制）"),
        ("revoke --reason superseded", "--key 或 --certificate"),
        ("bid status --tender " + "0" * 32 + " --server ftp://y", "--server 须以 http://"),
    ],
)
def test_wrong_usage_is_told_in_chinese(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert sunseal.run(arguments.split()) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("错误：") and said in lines[-1], lines
    assert sunseal.run(["custodian"]) == 2
    assert "错误" not in capsys.readouterr().err, "only its help"


def test_a_file_that_may_not_be_read_is_told_in_both_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    for lang, said in (("zh", "无法读取，没有权限"), ("en", "is not readable")):
        monkeypatch.setenv("LC_ALL", lang)
        assert sunseal.run(["receipt", "check", __file__]) == 2
        assert said in capsys.readouterr().err


def test_what_the_system_refuses_is_told_in_chinese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    status = f"bid status --tender {'0' * 32} --token x --server"
    offer = tmp_path / "offer.json"
    offer.write_text("{}")
    journal = f"custodian journal --store {tmp_path}"
    for arguments, said in (
        ("verify no-such.zip", "no-such.zip：没有这个文件或目录"),
        ("receipt check . --lang zh", "这是目录，不是文件"),
        (f"{status} http://127.0.0.1:1", "对方拒绝连接"),
        (f"{status} http://no.such.invalid", "找不到这个主机名"),
        (journal, "没有保管人密钥库"),
        (f"receipt check {offer}", "不是回执"),
    ):
        assert sunseal.run(arguments.split()) == 1
        assert said in capsys.readouterr().err


def test_a_surprise_shows_no_trace_but_keeps_it(
    group: SunsealGroup, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert group.run(["fail", "surprise"]) == 1
    said = capsys.readouterr().err
    assert "RuntimeError" in said and "Traceback" not in said and "4711" not in said
    (kept,) = tmp_path.iterdir()
    assert "Traceback" in kept.read_text() and kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", [*COMMANDS, *(f"bid {name}" for name in BID_COMMANDS)])
def test_every_command_of_the_table_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert sunseal.run([*name.split(), "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: sunseal {name}")


def test_verify_of_what_is_no_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"rubbish")
    for arguments in (
        ["verify", str(path)],
        ["verify", str(tmp_path / "missing.zip")],
        ["verify", str(tmp_path)],
    ):
        for language in ("zh", "en"):
            assert sunseal.run([*arguments, "--lang", language]) == 1
            said = capsys.readouterr().err
            assert said.startswith("错误：" if language == "zh" else "Error: ")
