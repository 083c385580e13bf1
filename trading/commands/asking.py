"""Questions to whoever sits at the terminal, in their language."""

from __future__ import annotations

import os

import click

from trading.commands.group import Language, language_of


def ask_secret(zh: str, en: str, *, twice: bool = False) -> str:
    """A password, passphrase or token, which the terminal does not show; a new one is typed `twice`."""
    lang = _language()
    while True:
        given = str(click.prompt(zh if lang == "zh" else en, hide_input=True, err=True))
        again = "再输入一次" if lang == "zh" else "Once more"
        if not twice or given == str(click.prompt(again, hide_input=True, err=True)):
            return given
        click.echo(
            "两次输入不一致，请重新输入。" if lang == "zh" else "The two differ; type it anew.", err=True
        )


def _language() -> Language:
    """That of the command that runs, else the locale's."""
    context = click.get_current_context(silent=True)
    given = None if context is None else context.params.get("lang")
    return given if given in ("zh", "en") else language_of(os.environ)
