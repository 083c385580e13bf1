"""The root of everything the application refuses, with what HTTP needs to say so."""

from __future__ import annotations


class TradingError(Exception):
    """A refusal that explains itself: a stable `code` and the values its sentences need.

    `rule` and `article` are set where a rule pack or a statute refuses; both sentences
    (Chinese and English) stand in `trading/web/messages.py` under the code.
    """

    status = 422

    def __init__(
        self, code: str, *, status: int | None = None, rule: str = "", article: str = "", **params: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule
        self.article = article
        self.params = {name: str(value) for name, value in params.items()}
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class NotFound(TradingError):
    """The thing named in the address is not there, or not for this reader."""

    status = 404


class Forbidden(TradingError):
    """The person may not do this in this role."""

    status = 403


class Conflict(TradingError):
    """The state has moved on; reading it again shows what is possible now."""

    status = 409


class ToldInBoth(Exception):
    """An error that is a whole sentence for a person, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self._zh, self._en = zh, en

    def text(self, lang: str) -> str:
        """The sentence, in "zh" or "en"."""
        return self._zh if lang == "zh" else self._en


class ConfigurationError(ToldInBoth):
    """A setting is wrong, for the person starting the program."""
