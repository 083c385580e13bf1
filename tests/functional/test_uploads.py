"""Ciphertext on its way in: resumed, refused, discarded, kept from others."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.functional.bidding import (
    HOUR,
)
from tests.functional.house import House, Tendering, Who
from trading.storage import PART_BYTES
from trading.submission.uploads import storage_key


def test_an_upload_resumes_where_it_broke_off(house: House, supplier: Who, tender: Tendering) -> None:
    data = bytes(range(256)) * (PART_BYTES // 256) + b"the rest"
    body = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    path = f"/tenders/{tender.id}/uploads"
    begun = house.call("POST", path, supplier, body, 201).json
    assert begun == {"id": begun["id"], "part_bytes": PART_BYTES, "parts": 2, "have": [], "complete": False}
    address = f"/uploads/{begun['id']}"
    house.call("PUT", f"{address}/parts/1", supplier, b"the rest", 204)
    house.refused("POST", f"{address}/completion", supplier, None, "upload-incomplete")
    again = house.call("POST", path, supplier, body, 200).json
    assert again == {**begun, "have": [1]}
    house.call("PUT", f"{address}/parts/0", supplier, data[:PART_BYTES], 204)
    house.call("PUT", f"{address}/parts/0", supplier, data[:PART_BYTES], 204)
    other = b"x" + data[1:PART_BYTES]
    house.refused("PUT", f"{address}/parts/0", supplier, other, "upload-part-differs")
    assert house.call("POST", f"{address}/completion", supplier, status=200).json == body
    assert house.call("POST", f"{address}/completion", supplier, status=200).json == body
    assert house.call("GET", address, supplier).json == {**begun, "have": [0, 1], "complete": True}


def test_parts_of_the_wrong_number_or_size_are_refused(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": "0" * 64, "size": PART_BYTES + 5}
    address = f"/uploads/{house.call('POST', f'/tenders/{tender.id}/uploads', supplier, body).json['id']}"
    house.refused("PUT", f"{address}/parts/2", supplier, b"x", "upload-part-number")
    house.refused("PUT", f"{address}/parts/1", supplier, b"x", "upload-part-size")
    house.refused("PUT", f"{address}/parts/0", supplier, b"x" * 5, "upload-part-size")
    house.refused("PUT", f"{address}/parts/0", supplier, b"x" * (PART_BYTES + 1), "body-too-large")
    house.refused("PUT", f"{address}/parts/first", supplier, b"x", "request-invalid")
    assert house.call("GET", address, supplier).json["have"] == []


def test_an_upload_that_is_not_what_was_announced_leaves_nothing(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": hashlib.sha256(b"announced").hexdigest(), "size": 9}
    path = f"/tenders/{tender.id}/uploads"
    first = house.call("POST", path, supplier, body).json["id"]
    house.call("PUT", f"/uploads/{first}/parts/0", supplier, b"delivered", 204)
    answer = house.call("POST", f"/uploads/{first}/completion", supplier, status=422).json
    assert answer["code"] == "upload-digest"
    house.refused("GET", f"/uploads/{first}", supplier, None, "upload-not-found")
    with pytest.raises(FileNotFoundError):
        house.platform.storage.read_part(storage_key(first), 0)
    assert house.upload_bytes(supplier, tender.id, b"announced") != first


@pytest.mark.parametrize("left", [b"equal", b"other"])
def test_bytes_stored_by_a_request_that_died_stand_in_nobodys_way(
    house: House, supplier: Who, tender: Tendering, left: bytes
) -> None:
    body = {"sha256": hashlib.sha256(b"equal").hexdigest(), "size": 5}
    id = house.call("POST", f"/tenders/{tender.id}/uploads", supplier, body).json["id"]
    house.platform.storage.put_part(storage_key(id), 0, left)
    house.call("PUT", f"/uploads/{id}/parts/0", supplier, b"equal", 204)
    house.refused("PUT", f"/uploads/{id}/parts/0", supplier, b"other", "upload-part-differs")
    house.call("POST", f"/uploads/{id}/completion", supplier, status=200)


def test_uploads_are_their_own_suppliers(house: House, supplier: Who, agency: Who, tender: Tendering) -> None:
    id = house.upload_bytes(supplier, tender.id, b"secret size")
    house.refused("GET", f"/uploads/{id}", None, None, "token-missing")
    for who in (house.enrol("supplier"), agency):
        house.refused("GET", f"/uploads/{id}", who, None, "upload-not-found")
        house.refused("PUT", f"/uploads/{id}/parts/0", who, b"secret size", "upload-not-found")
    house.refused(
        "POST", f"/tenders/{tender.id}/uploads", agency, {"sha256": "0" * 64, "size": 1}, "forbidden"
    )


def test_no_upload_begins_or_goes_on_after_the_deadline(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": hashlib.sha256(b"late").hexdigest(), "size": 4}
    id = house.call("POST", f"/tenders/{tender.id}/uploads", supplier, body).json["id"]
    with house.later(HOUR):
        house.refused("POST", f"/tenders/{tender.id}/uploads", supplier, body, "bid-late")
        house.refused("PUT", f"/uploads/{id}/parts/0", supplier, b"late", "bid-late")


@pytest.mark.parametrize("size", [0, -1, 2**50 + 1, 1.5, "1"])
def test_absurd_sizes_are_refused(house: House, supplier: Who, tender: Tendering, size: Any) -> None:
    body = {"sha256": "0" * 64, "size": size}
    house.refused("POST", f"/tenders/{tender.id}/uploads", supplier, body, "request-invalid")


def test_objects_above_the_operators_limit_are_refused(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path / 'small.db'}", max_object_bytes=1000)
    custodian = (house.enrol("custodian"),)
    tender = house.tender(house.enrol("agency"), custodian, threshold=1)
    body = {"sha256": "0" * 64, "size": 1001}
    house.refused("POST", f"/tenders/{tender.id}/uploads", house.enrol("supplier"), body, "upload-size")
    house.close()
