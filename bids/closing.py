"""The closing statement: the frozen ledger's checkpoint, signed and logged at the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bids.errors import BidError
from bids.ledger import ledger_origin
from bids.objects import build_statement, file_of, read_signed
from signing.canonical import JSON
from signing.encoding import format_time, parse_time
from signing.statements import Statement


@dataclass(frozen=True)
class Closing:
    """A closing statement; `checkpoint` is the ledger's signed note verbatim, `log` the log's origin.

    `raw` is the file, `digest` that of the statement, which every release binds.
    """

    raw: bytes
    digest: str
    at: datetime
    tender: str
    policy: str
    deadline: datetime
    checkpoint: bytes
    log: str

    @classmethod
    def parse(cls, source: bytes | Statement) -> Closing:
        """A closing from its file's bytes (or as `signing` read it), signature and checkpoint unchecked.

        Raises BidError: "closing-early" if it is from before its own deadline, "closing-origin" if the
        checkpoint is not of this tender's ledger.
        """
        read = read_signed(source, "closing")
        members = read.statement
        closing = cls(
            raw=source if isinstance(source, bytes) else file_of(read),
            digest=read.digest,
            at=parse_time(members["at"]),
            tender=members["tender"],
            policy=members["policy"],
            deadline=parse_time(members["deadline"]),
            checkpoint=members["checkpoint"].encode("utf-8"),
            log=members["log"],
        )
        if closing.at < closing.deadline:
            raise BidError("closing-early")
        if not closing.checkpoint.startswith(closing.ledger_origin.encode("utf-8") + b"\n"):
            raise BidError("closing-origin", wanted=closing.ledger_origin)
        return closing

    @property
    def ledger_origin(self) -> str:
        """The origin, and key name, of the tender's ledger."""
        return ledger_origin(self.log, self.tender)


def build_closing(
    *, at: datetime, tender: str, policy: str, deadline: datetime, checkpoint: bytes, log: str
) -> dict[str, JSON]:
    """A closing statement; `checkpoint` is the ledger's signed note, `log` the log's origin.

    Raises BidError "closing-early" before the deadline, "closing-origin" for another ledger's checkpoint.
    """
    if at < deadline:
        raise BidError("closing-early")
    origin = ledger_origin(log, tender)
    if not checkpoint.startswith(origin.encode("utf-8") + b"\n"):
        raise BidError("closing-origin", wanted=origin)
    return build_statement(
        "closing",
        {
            "at": format_time(at),
            "tender": tender,
            "policy": policy,
            "deadline": format_time(deadline),
            "checkpoint": checkpoint.decode("utf-8"),
            "log": log,
        },
    )
