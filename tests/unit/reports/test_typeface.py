from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.platypus import Paragraph

from reports import typeface
from reports.errors import ReportError
from reports.styles import style
from reports.typeface import BOLD, MONO, REGULAR, fitting, markup, shortened, visible, width


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("江苏恒远路桥工程有限公司", "江苏恒远路桥工程有限公司"),
        ("䶮㛃 𠮟 Ünïcode Москва", "䶮㛃 𠮟 Ünïcode Москва"),
        ("smile \U0001f600", "smile [U+1F600]"),
        ("evil\u202etxt.exe", "evil[U+202E]txt.exe"),
        ("a\u200bb\u00adc\x00d", "a[U+200B]b[U+00AD]c[U+0000]d"),
        ("\ud800", "[U+D800]"),
        ("한국", "[U+D55C][U+AD6D]"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("e\u0301", "é"),
    ],
)
def test_nothing_is_invisible_or_lost(written: str, shown: str) -> None:
    assert visible(written) == shown


def test_markup_has_no_meaning() -> None:
    assert markup("<b>A&B</b>") == "&lt;b&gt;A&amp;B&lt;/b&gt;"


def test_half_width_type_borrows_what_it_lacks() -> None:
    assert markup("— log<a>", MONO) == f'<font name="{REGULAR}">—</font> log&lt;a&gt;'


def test_half_width_figures_stand_under_each_other() -> None:
    assert {width(char, MONO, 10) for char in "0123456789abcdefABCDEF+/=.:-"} == {5.0}


@pytest.mark.parametrize("face", [REGULAR, BOLD])
def test_figures_are_tabular(face: str) -> None:
    assert len({width(digit, face, 10) for digit in "0123456789"}) == 1


@given(st.text(max_size=60), st.sampled_from([REGULAR, BOLD, MONO]))
@settings(max_examples=150, deadline=None)
def test_any_text_makes_a_paragraph_that_says_it(written: str, face: str) -> None:
    paragraph = Paragraph(markup(written, face), style(9, face=face))
    paragraph.wrap(120, 10_000)
    assert paragraph.getPlainText().split() == visible(written, face).split()


@given(st.text(max_size=80), st.floats(min_value=20, max_value=400))
@settings(max_examples=80, deadline=None)
def test_shortened_text_fits(written: str, room: float) -> None:
    cut = shortened(written, REGULAR, 8, room)
    assert width(cut, REGULAR, 8) <= room
    assert cut == visible(written) or cut.endswith("…")


def test_a_figure_gets_smaller_until_it_fits() -> None:
    figure = "999,999,999,999,999,999.99"
    size = fitting(figure, REGULAR, 9, 60)
    assert size < 9
    assert width(figure, REGULAR, size) == pytest.approx(60)
    assert fitting("1.00", REGULAR, 9, 60) == 9


def test_without_fonts_it_says_how_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typeface.register.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(typeface, "FOLDER", tmp_path)
        with pytest.raises(ReportError, match=r"python -m reports\.fonts\.build"):
            typeface.register()
    typeface.register()
