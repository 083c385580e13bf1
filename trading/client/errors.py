"""What the parties' programs refuse by themselves, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from trading.client.messages import MESSAGES

Language = Literal["zh", "en"]


class ClientError(Exception):
    """A refusal: a stable `code` and the values that its two sentences need; never a secret."""

    sentences: ClassVar[Mapping[str, tuple[str, str]]] = MESSAGES

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}

    def text(self, lang: Language) -> str:
        """The sentence for a person."""
        return self.sentences[self.code][0 if lang == "zh" else 1].format_map(self.params)

    def __str__(self) -> str:
        return self.text("en")
