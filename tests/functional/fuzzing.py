"""schemathesis against the platform over real HTTP, with ids of what is there, so that it gets past 404."""

from __future__ import annotations

import dataclasses
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from trading.commands.server import HttpServer
from trading.platform import Platform
from trading.web.app import make_app

PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass
class Outcome:
    """What a run found, and how each operation answered: label -> status -> count."""

    found: list[str] = field(default_factory=list)
    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def succeeded(self) -> set[str]:
        """The operations that succeeded at least once."""
        return {label for label, seen in self.answers.items() if any(200 <= each < 300 for each in seen)}


@contextmanager
def served(platform: Platform) -> Iterator[str]:
    """The platform behind the embedded HTTP server on a free port: where its API document is."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = dataclasses.replace(platform.settings, listen_port=port)
    server = HttpServer(make_app(platform), settings)
    server.start()
    try:
        yield f"{server.address}/api/v1/openapi.json"
    finally:
        server.stop()


# How a request that does not fit the document may be refused; one that is far too long is not even read.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]


def fuzz(
    document: str,
    operations: Sequence[str],
    token: str | None,
    known: Mapping[str, Sequence[str]],
    *,
    phases: Sequence[str] = ("examples", "coverage", "fuzzing"),
    examples: int = 3,
    judged: bool = True,
) -> Outcome:
    """Every check of schemathesis over the operations of these ids; the same requests each time.

    Args:
        known: parameter ("path.tender") -> values that are there. Fuzzing mixes them with generated ones;
            the phase "coverage" can't, and takes the first.
        judged: that a request which fits the document is not refused with 422.
    """
    mixed: dict[str, Any] = {name: {"dictionary": name, "probability": 0.8} for name in known}
    fixed: dict[str, Any] = {name: values[0] for name, values in known.items() if name.startswith("path.")}
    outcome = Outcome()
    for parameters, some in ((fixed, {"coverage"}), (mixed, set(PHASES) - {"coverage"})):
        if not operations or not some & set(phases):
            continue
        settings: dict[str, Any] = {
            "seed": 1,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True},
            "phases": {name: {"enabled": name in some & set(phases)} for name in PHASES},
            "dictionaries": {name: {"values": list(values)} for name, values in known.items()},
            "parameters": parameters,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "checks": {
                "positive_data_acceptance": {"enabled": judged},
                "negative_data_rejection": {"expected-statuses": REFUSALS},
            },
        }
        schema = schemathesis.openapi.from_url(document, config=SchemathesisConfig.from_dict(settings))
        for event in from_schema(schema.include(operation_id=list(operations))).execute():
            _note(event, outcome, fixed if "coverage" in some else {})
    return outcome


def _note(event: events.EngineEvent, outcome: Outcome, fixed: Mapping[str, str]) -> None:
    if isinstance(event, events.NonFatalError):
        outcome.found.append(f"{event.label}: {event.info}")
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        for one in event.recorder.interactions.values():
            if one.response is not None:
                outcome.answers[str(event.recorder.label)][one.response.status_code] += 1
        for case, checks in event.recorder.checks.items():
            for check in checks:
                if check.failure_info is not None and not _replaced(check, fixed):
                    outcome.found.append(_told(event, case, check))


def _replaced(check: Any, fixed: Mapping[str, str]) -> bool:
    """Whether a wrong part of an address was said to be accepted that a fixed value took the place of."""
    message = check.failure_info.failure.message
    return check.name == "negative_data_rejection" and any(
        f"parameter `{name.removeprefix('path.')}` in path" in message for name in fixed
    )


def _told(event: events.ScenarioFinished, case: str, check: Any) -> str:
    one = event.recorder.interactions[case]
    failure = check.failure_info.failure
    answer = one.response.content[:400].decode("utf-8", "replace") if one.response else ""
    return (
        f"{event.phase.value} {check.name}: {failure.title}: {failure.message}\n"
        f"  {one.request.method} {one.request.uri} {(one.request.body or b'')[:200]!r}\n"
        f"  {one.response.status_code if one.response else None} {answer}"
    )
