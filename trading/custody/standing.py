"""How a custodian of a closed tender stands, and what is said of it.

What is said here is what appears: whether a custodian was late, or kept from the platform, its rows cannot
tell (Order 20 art. 31 asks whose fault it appears to be, and the record says so).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AWAITED, RELEASED, MISSING, LATE = "awaited", "released", "missing", "late"

WORDS = {
    AWAITED: ("等待其交出份额", "Its release is awaited"),
    RELEASED: ("已交出份额", "Released"),
    MISSING: ("未在规定时间内交出份额", "No release in time"),
    LATE: ("在开标开始后才交出，不计入", "Released after opening had begun; not counted"),
}
REFUSALS = {
    "release-share": (
        "交来的份额与投标人的承诺不符，未予接收",
        "it handed in shares that bidders had not committed to; they were refused",
    ),
    "tender-not-closed": (
        "在截标之前交来份额，未予接收",
        "it handed in shares before the closing; they were refused",
    ),
    "release-early": (
        "交来的份额早于开启时间，未予接收",
        "it handed in shares dated before the opening time; they were refused",
    ),
    "release-other-closing": (
        "交来的份额针对另一份截标声明，未予接收",
        "it handed in shares for another closing; they were refused",
    ),
}
OTHERWISE = ("交来的释放声明不合要求，未予接收", "what it handed in was no valid release and was refused")


@dataclass(frozen=True)
class Standing:
    """One custodian: `state` of the four above; `refused` the code of the first thing refused, if any was;
    `kept_back` how many shares its counted release refuses, None until the set is frozen."""

    id: str
    name: str
    role: str
    state: str
    refused: str | None
    kept_back: int | None

    @property
    def at_fault(self) -> bool:
        """Whether something appears to be this custodian's fault."""
        return self.state in (MISSING, LATE) or self.refused is not None or bool(self.kept_back)

    def words(self) -> tuple[str, str]:
        """What is said of it, in Chinese and English."""
        zh, en = WORDS[self.state]
        if self.refused is not None:
            more = REFUSALS.get(self.refused, OTHERWISE)
            zh, en = f"{zh}；{more[0]}", f"{en}; {more[1]}"
        if self.kept_back:
            zh = f"{zh}；声明有 {self.kept_back} 份份额打不开"
            en = f"{en}; it says that {self.kept_back} shares do not open"
        return zh, en

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "id": self.id, "name": self.name, "role": self.role, "state": self.state,
            "refused": self.refused, "kept_back": self.kept_back,
        }  # fmt: skip
