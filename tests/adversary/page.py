"""The tables of docs/security.md, as the suite has them; `python -m tests.adversary.page` writes them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.adversary.attacks import ATTACKS
from tests.adversary.columns import Caught, Elsewhere, Harmless, Open
from tests.adversary.edits import ROW
from tests.adversary.moments import Moment
from tests.adversary.parties import WHEN, Party
from tests.adversary.tables import TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- {}: written by `make security` from tests/adversary -->", "<!-- end of {} -->"

MOMENTS = {
    Moment.DRAFTED: "before the notice is signed",
    Moment.BIDDING: "before the deadline",
    Moment.CLOSED: "after the closing",
    Moment.RELEASED: "after the releases",
    Moment.OPENED: "after the opening",
    Moment.EVALUATED: "after the evaluation",
    Moment.AWARDED: "after the award",
    Moment.ARCHIVED: "after the evidence is out",
}
DRAFTING = {
    Party.AGENCY: "before it signs the notice",
    Party.CUSTODIAN: "when it is to accept the notice",
}


def written(page: str) -> str:
    """The page with its tables as the suite has them now."""
    for name, lines in (
        ("attacks", attacks()), ("edits", edits()), ("harmless", harmless()), ("undetected", undetected()),
    ):  # fmt: skip
        begin, end = BEGIN.format(name), END.format(name)
        head, _, rest = page.partition(begin)
        _, _, tail = rest.partition(end)
        if not tail:
            raise ValueError(f"{PAGE.name} has no place for {name}: {begin} … {end}")
        page = head + begin + "\n" + "\n".join(lines) + "\n" + end + tail
    return page


def attacks() -> Iterator[str]:
    """Every attack: when it begins, who detects it, when."""
    yield "| attack | begun | detected by | when |"
    yield "|---|---|---|---|"
    for one in ATTACKS:
        if one.by:
            who, when = _detected(one.by, one.moment)
            when = one.when or when
        else:
            who, when = "**nobody**", one.why
        yield f"| {one.title} | {MOMENTS[one.moment]} | {who} | {when} |"


def edits() -> Iterator[str]:
    """Every column whose edit is detected."""
    yield "| table | columns | edited | detected by |"
    yield "|---|---|---|---|"
    for table, said in sorted(TABLES.items()):
        for kind in said:
            if isinstance(kind, Caught):
                who, _ = _detected(kind.parties, kind.moment)
                yield f"| `{table}` | {_columns(kind.columns)} | {MOMENTS[kind.moment]} | {who} |"
            elif isinstance(kind, Elsewhere):
                yield f"| `{table}` | {_columns(kind.columns)} | at any time | {kind.who} |"


def harmless() -> Iterator[str]:
    """Columns whose edit changes nothing that anybody relies on, by the reason."""
    yield "| why it does not matter | columns |"
    yield "|---|---|"
    reasons: dict[str, list[str]] = {}
    for table, said in sorted(TABLES.items()):
        for kind in said:
            if isinstance(kind, Harmless):
                reasons.setdefault(kind.reason, []).append(f"`{table}`: {_columns(kind.columns)}")
    for reason, where in reasons.items():
        yield f"| {reason} | {'; '.join(where)} |"


def undetected() -> Iterator[str]:
    """What nobody detects."""
    yield "| edit or attack | why not |"
    yield "|---|---|"
    for one in ATTACKS:
        if not one.by:
            yield f"| {one.title} | {one.why} |"
    for table, said in sorted(TABLES.items()):
        for kind in said:
            if isinstance(kind, Open):
                yield f"| `{table}`: {_columns(kind.columns)} | {kind.why} |"


def _detected(parties: Iterable[Party], moment: Moment) -> tuple[str, str]:
    found = [party for party in Party if party in set(parties)]
    times = {party: DRAFTING.get(party, WHEN[party]) if moment is Moment.DRAFTED else WHEN[party]
             for party in found}  # fmt: skip
    if len(found) == 1:
        return found[0], times[found[0]]
    return ", ".join(found), "; ".join(f"{party}: {time}" for party, time in times.items())


def _columns(columns: Iterable[str]) -> str:
    return ", ".join("the row" if column == ROW else f"`{column}`" for column in columns)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    sys.exit(0)
