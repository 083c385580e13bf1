"""What tests of tenders share: drafts with all keys in, and what the public log says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from signing.encoding import b64decode
from tests.functional.house import House, Who

HOUR = timedelta(hours=1)


def ready_draft(house: House, agency: Who, custodians: tuple[Who, ...], **changes: Any) -> str:
    id: str = house.draft(agency, custodians, **changes)["id"]
    for custodian in custodians:
        house.hand_in_key(custodian, id)
    return id


def public_entries(house: House, tender: str) -> list[dict[str, Any]]:
    answer = house.call("GET", f"/log/entries?tender={tender}").json
    return [json.loads(b64decode(entry["raw"])) for entry in answer["entries"]]
