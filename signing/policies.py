"""Trust policies of transparency logs: c2sp.org/tlog-policy.

A policy says which logs are known, which witnesses, and whose cosignatures together make a checkpoint one to
believe. Its names mean nothing outside of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from signing.cosignatures import CosignatureVerifier
from signing.encoding import b64decode
from signing.errors import NoteError, PolicyError
from signing.notes import NoteVerifier

_MAX_BYTES = 256 * 1024
_BLANK = re.compile(r"[ \t]+")
_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\x80-\uffff]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
NOBODY = "none"


@dataclass(frozen=True)
class KnownLog:
    """A log: its verifier, and where it is."""

    verifier: NoteVerifier
    url: str | None


@dataclass(frozen=True)
class KnownWitness:
    """A witness under the policy's name for it (an octet a character); `url` is its submission prefix."""

    name: str
    verifier: CosignatureVerifier
    url: str | None

    @property
    def label(self) -> str:
        """The name for people."""
        return _words(self.name)


@dataclass(frozen=True)
class Group:
    """At least `threshold` of the members, each a witness or a group."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class LogPolicy:
    """A policy as `parse_policy` read it; `quorum` is None where no cosignature is asked for."""

    logs: tuple[KnownLog, ...] = ()
    witnesses: tuple[KnownWitness, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    def cosigned(self, note: bytes) -> dict[str, datetime]:
        """The witnesses that cosigned the checkpoint, by the policy's names, and when.

        NoteError if the note is malformed or a known witness's line does not hold.
        """
        times = ((witness.name, witness.verifier.verify(note)) for witness in self.witnesses)
        return {name: at for name, at in times if at is not None}

    def satisfied(self, names: Iterable[str]) -> bool:
        """Whether these witnesses are enough."""
        return self.quorum is None or self._reached(self.quorum, frozenset(names))

    def _reached(self, name: str, names: frozenset[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in names
        return sum(self._reached(member, names) for member in group.members) >= group.threshold


def parse_policy(data: bytes) -> LogPolicy:
    """A policy from its file.

    Raises PolicyError, naming the line: an unknown or malformed line, a key of another type than Ed25519
    (0x01 of logs, 0x04 of witnesses), a key, name or membership twice, a name not yet defined, no quorum.
    """
    return _Reading().read(data)


class _Reading:
    def __init__(self) -> None:
        self._logs: list[KnownLog] = []
        self._witnesses: list[KnownWitness] = []
        self._groups: dict[str, Group] = {}
        self._names: set[str] = set()
        self._members: set[str] = set()
        self._keys: set[bytes] = set()
        self._quorum: list[str] = []

    def read(self, data: bytes) -> LogPolicy:
        if len(data) > _MAX_BYTES:
            raise PolicyError(0, "too-large", "it is larger than 256 KiB")
        # Octets above 0x7f mean nothing to this format: each stands for itself.
        text = data.decode("latin-1")
        kinds: dict[str, Callable[[list[str]], None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._set_quorum,
        }  # fmt: skip
        for number, line in enumerate(text.split("\n"), 1):
            items = [item for item in _BLANK.split(line) if item]
            if _FORBIDDEN.search(line):
                raise PolicyError(number, "control", "a control character stands in it")
            if not items or items[0].startswith("#"):
                continue
            try:
                if items[0] not in kinds:
                    raise _Fault("unknown", "it begins with neither log, witness, group nor quorum")
                kinds[items[0]](items[1:])
            except _Fault as fault:
                raise PolicyError(number, fault.code, str(fault)) from None
            except NoteError as error:
                raise PolicyError(number, "vkey", str(error)) from None
        if len(self._quorum) != 1:
            raise PolicyError(0, "quorum-count", f"it has {len(self._quorum)} quorum lines, not one")
        quorum = None if self._quorum[0] == NOBODY else self._quorum[0]
        return LogPolicy(tuple(self._logs), tuple(self._witnesses), self._groups, quorum)

    def _log(self, items: list[str]) -> None:
        key, url = _one_or_two(items, "log-form", "a log line is: log <vkey> [<url>]")
        verifier = NoteVerifier.from_vkey(_words(key))
        self._new_key(key)
        self._logs.append(KnownLog(verifier, url))

    def _witness(self, items: list[str]) -> None:
        form = "a witness line is: witness <name> <vkey> [<url>]"
        key, url = _one_or_two(items[1:], "witness-form", form)
        verifier = CosignatureVerifier.from_vkey(_words(key))
        self._new_key(key)
        self._new_name(items[0])
        self._witnesses.append(KnownWitness(items[0], verifier, url))

    def _group(self, items: list[str]) -> None:
        if len(items) < 3:
            raise _Fault("group-form", "a group line is: group <name> <k|all|any> <name>…")
        name, count, *members = items
        for member in members:
            if member not in self._names:
                raise _Fault("undefined", f"{_words(member)} is not defined before it")
            if member in self._members:
                raise _Fault("member-twice", f"{_words(member)} is in a group already")
            self._members.add(member)
        known = {"all": len(members), "any": 1}
        threshold = known.get(count) or (int(count) if _THRESHOLD.fullmatch(count) else 0)
        if not 1 <= threshold <= len(members):
            raise _Fault("threshold", f"the threshold is all, any, or a number from 1 to {len(members)}")
        self._new_name(name)
        self._groups[name] = Group(threshold, tuple(members))

    def _set_quorum(self, items: list[str]) -> None:
        if len(items) != 1:
            raise _Fault("quorum-form", "a quorum line is: quorum <name>")
        if items[0] != NOBODY and items[0] not in self._names:
            raise _Fault("undefined", f"{_words(items[0])} is not defined before it")
        self._quorum.append(items[0])

    def _new_name(self, name: str) -> None:
        if name == NOBODY or name in self._names:
            raise _Fault("name-taken", f"the name {_words(name)} is taken")
        self._names.add(name)

    def _new_key(self, vkey: str) -> None:
        # Without the octet of its kind: a log that witnesses itself is no witness.
        key = b64decode(vkey.split("+", 2)[2])[1:]
        if key in self._keys:
            raise _Fault("key-twice", "this key stands in the file already")
        self._keys.add(key)


class _Fault(Exception):
    """What is wrong with a line."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def _one_or_two(items: list[str], code: str, form: str) -> tuple[str, str | None]:
    if not 1 <= len(items) <= 2:
        raise _Fault(code, form)
    return items[0], _words(items[1]) if len(items) == 2 else None


def _words(octets: str) -> str:
    return octets.encode("latin-1").decode("utf-8", "replace")
