"""Findings in a terminal, and the log's key as readers give it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bids.verification import Finding
from signing.errors import SigningError
from signing.notes import NoteVerifier
from trading.client.errors import ClientError
from trading.client.files import read_file
from trading.commands.group import Language
from trading.commands.options import say

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "yellow")}
_PLAIN = {
    "zh": {True: "符合", False: "不符", None: "未能核对"},
    "en": {True: "ok", False: "FAILED", None: "not checked"},
}
_FILES_SHOWN = 5


def read_log_key(given: str | None) -> str | None:
    """A log's verifier key, given itself or as a file that holds it; ClientError."""
    if given is None:
        return None
    if "+" not in given:
        given = read_file(Path(given), 4096).decode("utf-8", "replace").strip()
    try:
        NoteVerifier.from_vkey(given)
    except SigningError:
        raise ClientError("log-key-malformed") from None
    return given


def marked(ok: bool | None, lang: Language) -> str:
    """Whether something holds: a coloured mark for people, a word in brackets for programs."""
    mark, colour = _MARKS[ok]
    return click.style(mark, fg=colour, bold=True) if sys.stdout.isatty() else f"[{_PLAIN[lang][ok]}]"


def show_finding(finding: Finding, lang: Language) -> None:
    """One line of a report, and the files that a failed one is about."""
    click.echo(f"{finding.number:3d} {marked(finding.ok, lang)} {finding.text(lang)}")
    if finding.ok is False and finding.files:
        shown = ", ".join(finding.files[:_FILES_SHOWN])
        more = len(finding.files) - _FILES_SHOWN
        tail = "" if more <= 0 else f" (+{more})"
        say(lang, f"      文件：{shown}{tail}", f"      files: {shown}{tail}")
