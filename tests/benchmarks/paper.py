"""A tender on paper: parties, policy and notice without a platform, for work done on a bidder's machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bids.notice import Notice, build_notice, build_policy, sign_sealing_key
from bids.offer import build_offer
from signing import suite
from signing.certificates import Authority, Party, issue, new_issuing_authority, new_root
from signing.encoding import b64encode, new_id
from signing.keys import Signer, generate_signing_key, spki

BUYER = {"organisation": "CN-USCC:12110000400000000X", "name": "某市公路事业发展中心"}


@dataclass(frozen=True)
class PaperTender:
    """A notice with three custodians, any two of whom open; a supplier who may sign bids for it."""

    notice: bytes
    supplier: Signer
    seeds: tuple[bytes, ...]

    @classmethod
    def make(cls, items: int) -> PaperTender:
        """With a bill of quantities of `items` lines; the deadline is a day ahead."""
        at = datetime.now(UTC)
        tender = new_id()
        parties = new_issuing_authority(new_root("Root", at), "parties", at)
        seeds, custodians = [], []
        for name in ("采购人", "监督机构", "公证处"):
            key, seed, id = generate_signing_key(), suite.SUNSEAL_1.new_sealing_seed(), new_id()
            public = suite.SUNSEAL_1.sealing_key(seed).public
            custodians.append(
                {
                    "id": id,
                    "role": "notary",
                    "name": name,
                    "signing_key": b64encode(spki(key.public_key())),
                    "sealing_key": b64encode(public),
                    "sealing_key_signature": b64encode(sign_sealing_key(key, tender, id, public)),
                }
            )
            seeds.append(seed)
        policy = build_policy(
            tender=tender,
            threshold=2,
            custodians=custodians,
            opens_at=at + timedelta(days=1),
            minimum_bidders=1,
            independent=True,
        )
        notice = build_notice(
            tender=tender,
            project={"id": new_id(), "number": "P-1", "title": "Road works"},
            at=at,
            sandbox=True,
            title="Resurfacing, lot 1",
            category="works",
            buyer={"id": new_id(), **BUYER},
            items=bill(items),
            currency="CNY",
            deadline=at + timedelta(days=1),
            rules={"pack": "generic", "version": "1"},
            documents=[],
            policy=policy,
        )
        return cls(notice, _supplier(parties, at), tuple(seeds))

    def offer(self, notice: Notice) -> bytes:
        """A price for every line."""
        return build_offer(notice, unit_prices(len(notice.items)), delivery_days=90)


def bill(items: int) -> list[dict[str, str]]:
    """A bill of quantities as notices carry it."""
    return [
        {
            "number": str(n),
            "code": f"{39000 + n}",
            "description": f"Hot mix asphalt, type {n}, placed and compacted",
            "unit": "t",
            "quantity": str(100 + 7 * n),
        }
        for n in range(1, items + 1)
    ]


def unit_prices(items: int, step: int = 0) -> dict[str, str]:
    """Prices by item number; another `step` gives other prices."""
    return {str(n): f"{10 + n + step}.{(n * 37 + step) % 100:02d}" for n in range(1, items + 1)}


def _supplier(parties: Authority, at: datetime) -> Signer:
    key = generate_signing_key()
    subject = Party(new_id(), "CN-USCC:91110000600037341L", "supplier", "张三", "某某建设有限公司")
    return Signer(key, issue(parties, key.public_key(), subject, at, 365), parties.chain)
