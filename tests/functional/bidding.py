"""What tests of bids share: the ledger as it stands, refused attempts, withdrawals."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bids.receipts import build_withdrawal
from signing import canonical
from tests.functional.house import House, Sealed, Tendering, Who, signed
from trading.submission.models import Bid, LedgerLeaf, Upload

HOUR = timedelta(hours=1)


def stored(house: House, model: Any, tender: Tendering) -> int:
    with house.platform.database.reading() as session:
        query = select(func.count()).select_from(model).where(model.tender_id == tender.id)
        return int(session.scalar(query) or 0)


def ledger(house: House, tender: Tendering) -> list[bytes]:
    with house.platform.database.reading() as session:
        rows = select(LedgerLeaf.raw).where(LedgerLeaf.tender_id == tender.id).order_by(LedgerLeaf.position)
        return list(session.scalars(rows))


def bids_path(tender: Tendering) -> str:
    return f"/tenders/{tender.id}/bids"


def refused_bid(
    house: House, supplier: Who, tender: Tendering, sealed: Sealed, code: str, rule: str | None
) -> dict[str, Any]:
    """The bid is refused with rule and article, nothing is received and nothing uploaded is lost."""
    before = (stored(house, Bid, tender), stored(house, LedgerLeaf, tender), stored(house, Upload, tender))
    body = signed(sealed.manifest.raw, sealed.signature)
    problem = house.refused("POST", bids_path(tender), supplier, body, code)
    after = (stored(house, Bid, tender), stored(house, LedgerLeaf, tender), stored(house, Upload, tender))
    assert before == after
    if rule is not None:
        assert problem["rule"] == rule
        assert " / " in problem["article"]
    return problem


def resigned(house: House, supplier: Who, sealed: Sealed, **members: Any) -> Sealed:
    """The manifest with other members, signed again by its supplier: what a hostile client would send."""
    value = {**json.loads(sealed.manifest.raw), **members}
    raw = canonical.dumps(value)
    manifest = dataclasses.replace(sealed.manifest, raw=raw)
    return Sealed(manifest, house.sign(supplier, raw), sealed.objects)


def withdrawals(tender: Tendering) -> str:
    return f"/tenders/{tender.id}/withdrawals"


def withdrawal(
    house: House, supplier: Who, tender: Tendering, bid: str, /, **members: str
) -> tuple[bytes, bytes]:
    facts = {"tender": tender.id, "policy": tender.notice.policy.digest, "supplier": supplier.id, **members}
    raw = build_withdrawal(**facts, bid=bid, reason="报价有误")
    return raw, house.sign(supplier, raw)
