from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from reports.fonts import build
from reports.typeface import FOLDER


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds this checkout's fonts, as a second checkout would find it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = build.cache_folder()
    folder.mkdir(parents=True)
    for name in build.FONTS:
        (folder / name).write_bytes((FOLDER / name).read_bytes())
    return folder


def refuse(*_args: object, **_named: object) -> subprocess.CompletedProcess[str]:
    raise AssertionError("nothing may be downloaded here")


def test_a_second_checkout_takes_the_fonts_from_the_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", refuse)
    target = tmp_path / "checkout"
    target.mkdir()
    assert build.build(target) is True
    assert [(target / name).read_bytes() == (cache / name).read_bytes() for name in build.FONTS] == [True] * 3
    assert build.build(target) is False


def test_fonts_of_another_recipe_are_made_again(cache: Path, tmp_path: Path) -> None:
    build.build(tmp_path)
    (tmp_path / ".recipe").write_text("older")
    (tmp_path / build.FONTS[0]).write_bytes(b"older font")
    assert build.build(tmp_path) is True
    assert (tmp_path / build.FONTS[0]).read_bytes() == (cache / build.FONTS[0]).read_bytes()


def test_without_a_network_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(build.FontBuildError, match="mpl-font"):
        build.build(tmp_path)
    assert not any((tmp_path / "cache" / "sunseal" / "fonts").iterdir())
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(build.build, "__defaults__", (tmp_path,))
    assert build.main() == 1
    assert "mpl-font" in capsys.readouterr().err


def test_a_package_with_other_bytes_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "altered.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for member, _ in build.MEMBERS.values():
            archive.writestr(member, b"not the font")
    with pytest.raises(build.FontBuildError, match="is not the file"):
        build.extract(wheel, tmp_path)


@pytest.mark.parametrize("name", build.FONTS)
def test_the_fonts_are_truetype_with_their_licence(name: str) -> None:
    font = TTFont(FOLDER / name, lazy=True)
    assert "glyf" in font
    assert "CFF " not in font
    assert "SIL Open Font License" in font["name"].getDebugName(13)
    assert "Adobe" in font["name"].getDebugName(0)


def test_all_of_the_first_han_block_is_there() -> None:
    cmap = TTFont(FOLDER / build.FONTS[0], lazy=True).getBestCmap()
    assert set(range(0x4E00, 0x9FA6)) <= set(cmap)
    assert set(map(ord, "（）《》￥¥€£—…·〔〕％№")) <= set(cmap)
