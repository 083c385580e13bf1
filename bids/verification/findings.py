"""What a verification found: numbered findings in plain words, each naming the files it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bids.errors import BidError, Language, from_signing
from bids.messages import MESSAGES
from signing.errors import SigningError

_SHOWN = 5  # reasons spelled out in a finding's text; all files are named all the same


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    `ok` is True (it holds), False (it does not) or None (it could not be checked, and the text says why).
    `files` are those it is about; of a failed finding, those that are at fault or cannot be believed.
    """

    number: int
    code: str
    ok: bool | None
    files: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict)
    reasons: tuple[BidError, ...] = ()

    def text(self, lang: Language) -> str:
        """What was checked and, if it failed, why."""
        sentence = MESSAGES[self.code][0 if lang == "zh" else 1].format_map(_Known(self.params))
        if not self.reasons:
            return sentence
        shown = [_reason(reason, lang) for reason in self.reasons[:_SHOWN]]
        left = len(self.reasons) - len(shown)
        if left:
            shown.append(f"……另有 {left} 处" if lang == "zh" else f"… and {left} more")
        joint = "；" if lang == "zh" else "; "
        head = f"{sentence} 不符：" if lang == "zh" else f"{sentence} Not so: "
        return head + joint.join(shown)


class _Known(dict[str, str]):
    """What a check that broke off never came to know stands as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def _reason(reason: BidError, lang: Language) -> str:
    file = reason.params.get("file")
    text = reason.text(lang)
    return text if file is None or file in text else f"{file}: {text}"


@dataclass(frozen=True)
class Report:
    """All findings in order. `anchored`: roots and log key were the reader's own, not the package's."""

    findings: tuple[Finding, ...]
    anchored: bool

    @property
    def ok(self) -> bool:
        """Whether nothing failed; what could not be checked does not count against it."""
        return all(finding.ok is not False for finding in self.findings)

    @property
    def failed_files(self) -> frozenset[str]:
        """Every file that a failed finding names."""
        return frozenset(name for finding in self.findings if finding.ok is False for name in finding.files)


class Step:
    """A finding in the making: `fail` may be called many times, `unknown` says it could not be checked."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self.files = files
        self.blamed: list[str] = []
        self.reasons: list[BidError] = []
        self.params: dict[str, str] = {}
        self.open = False

    def fail(self, error: BidError, *files: str) -> None:
        """Record a failure and blame the error's own file and `files`, or without any the step's files."""
        self.reasons.append(error)
        own = error.params.get("file")
        self.blamed += (own,) if own is not None else ()
        self.blamed += files or (() if own is not None else self.files)

    def unknown(self) -> None:
        """Record that this could not be checked."""
        self.open = True

    @contextmanager
    def guard(self, *files: str) -> Iterator[None]:
        """Turn whatever is refused inside into a failure of this step."""
        try:
            yield
        except BidError as error:
            self.fail(error, *files)
        except SigningError as error:
            self.fail(from_signing(error, what=self._what(files)), *files)
        except Exception as error:
            # Something in the package that no check foresaw: it does not hold, and the others go on.
            kind = type(error).__name__
            self.fail(BidError("verify-broke-off", what=self._what(files), kind=kind), *files)

    def _what(self, files: tuple[str, ...]) -> str:
        return files[0] if files else ", ".join(self.files[:1])


class Book:
    """Collects findings in the order in which the checks end."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    @contextmanager
    def step(self, code: str, *files: str, **params: object) -> Iterator[Step]:
        """A check: whatever is refused inside fails it, else it holds or is unknown as the step says."""
        step = Step(files)
        with step.guard():
            yield step
        ok = False if step.reasons else None if step.open else True
        named = tuple(dict.fromkeys(step.blamed)) if step.reasons else files
        # What parties wrote may have line breaks; a finding is one line.
        words = {name: " ".join(str(value).split()) for name, value in {**params, **step.params}.items()}
        self.findings.append(Finding(len(self.findings) + 1, code, ok, named, words, tuple(step.reasons)))

    def note(self, code: str, *files: str, **params: object) -> None:
        """Something that could not be checked, said plainly."""
        with self.step(code, *files, **params) as step:
            step.unknown()
