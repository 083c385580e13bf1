"""After closing each supplier fetches two proofs and checks them without the platform."""

from __future__ import annotations

import pytest

from bids.closing import Closing
from bids.entries import Entry
from bids.ledger import parse_leaf
from signing import canonical
from signing.encoding import b64decode
from signing.errors import SigningError
from signing.notes import NoteVerifier, parse_checkpoint, verify_proof
from tests.functional.opening_house import OpeningHouse

pytestmark = pytest.mark.one_database


def test_a_supplier_proves_its_bid_in_the_ledger_and_the_closing_in_the_log(
    working_house: OpeningHouse,
) -> None:
    house = working_house
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    suppliers = [house.enrol("supplier") for _ in range(3)]
    tender = house.tender(house.enrol("agency"), custodians)
    bids = {who: house.bid(who, tender) for who in suppliers}
    path = f"/tenders/{tender.id}/bids"
    house.refused("GET", f"{path}/{bids[suppliers[0]].bid}/proofs", suppliers[0], None, "ledger-not-closed")
    house.past_deadline()
    house.work()

    keys = house.platform.keys
    for who, sealed in bids.items():
        found = house.call("GET", f"{path}/{sealed.bid}/proofs", who).json
        leaf, file = b64decode(found["leaf"]), b64decode(found["closing_file"])
        assert (parse_leaf(leaf).bid, parse_leaf(leaf).document) == (sealed.bid, sealed.manifest.digest)
        closing = Closing.parse(file)
        assert (closing.tender, closing.policy) == (tender.id, tender.notice.policy.digest)
        origin = closing.ledger_origin
        verifier = NoteVerifier.from_vkey(keys.note_signer(origin).vkey)
        checkpoint = verify_proof(found["ledger"].encode(), leaf, verifier, origin)
        assert checkpoint == parse_checkpoint(closing.checkpoint, verifier, origin)
        assert checkpoint.size == len(bids)
        with pytest.raises(SigningError):
            verify_proof(found["ledger"].encode(), leaf + b" ", verifier, origin)

        entry = b64decode(house.call("GET", f"/tenders/{tender.id}/closing").json["entry"])
        verify_proof(found["closing"].encode(), entry, keys.log_verifier, keys.log_origin)
        assert Entry.parse(entry).digests["closing"] == closing.digest
        assert Entry.parse(entry).digests["closing_file"] == canonical.digest(file)
    stranger = house.enrol("supplier")
    house.refused("GET", f"{path}/{bids[suppliers[0]].bid}/proofs", stranger, None, "bid-not-found")
