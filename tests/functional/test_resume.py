"""An upload that broke off goes on where it was; what arrived is not sent again."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bids.envelope import Attachment, prepare
from bids.offer import build_offer
from tests.functional.house import House, Tendering, Who
from tests.functional.wsgi_transport import LyingTransport
from trading.client.api import Api, ApiProblem
from trading.client.supplier import Supplier
from trading.client.transport import ConnectionFailed

SIZE = 20 * 1024 * 1024  # three parts of 8 MiB


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("resume")
    made = House(folder, f"sqlite:///{folder / 'sunseal.db'}")
    yield made
    made.close()


@pytest.fixture(scope="module")
def tender(house: House) -> Tendering:
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    return house.tender(house.enrol("agency"), custodians)


def sealed_bid(house: House, tender: Tendering, supplier: Who) -> io.BytesIO:
    prices = {item.number: "12.50" for item in tender.notice.items}
    data = os.urandom(SIZE)
    attachment = Attachment("plan.pdf", "application/pdf", SIZE, lambda: io.BytesIO(data))
    out = io.BytesIO()
    offer = build_offer(tender.notice, prices)
    prepare(tender.notice.raw, offer, [attachment], supplier.signer, out, house.now())
    return out


def test_goes_on_where_it_broke_off(house: House, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    source = sealed_bid(house, tender, supplier)
    line = LyingTransport(house.app.app)
    client = Supplier(Api(line, supplier.token, "en"), house.platform.keys.roots)
    line.breaks_before = lambda method, path: path.endswith("/parts/2")
    with pytest.raises(ConnectionFailed):
        client.submit(source)
    arrived = line.count("PUT", "/parts/")
    line.breaks_before = lambda method, path: False
    seen: list[tuple[int, int]] = []
    done = client.submit(source, lambda count, total: seen.append((count, total)))
    parts = [path for method, path, _ in line.sent if method == "PUT"]
    assert arrived >= 2
    assert len(parts) == len(set(parts)), "no part that arrived was sent again"
    assert seen[-1][0] == seen[-1][1] > SIZE
    assert [count for count, _ in seen] == sorted(count for count, _ in seen)
    assert client.receipt(tender.id, done.receipt.bid) == done.file
    assert [bid["state"] for bid in client.bids(tender.id)] == ["current"]


def test_the_answer_to_the_bid_is_lost(house: House, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    source = sealed_bid(house, tender, supplier)
    line = LyingTransport(house.app.app)
    client = Supplier(Api(line, supplier.token, "en"), house.platform.keys.roots)
    line.breaks_after = lambda method, path: path.endswith("/bids")
    with pytest.raises(ConnectionFailed):
        client.submit(source)
    line.breaks_after = lambda method, path: False
    first = client.submit(source)
    assert client.submit(source).file == first.file, "the same bid again has the same receipt"
    assert len(client.bids(tender.id)) == 1


def test_a_receipt_that_another_platform_signed_is_refused(
    house: House, tender: Tendering, tmp_path: Path
) -> None:
    supplier = house.enrol("supplier")
    strange = House(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    try:
        client = Supplier(
            Api(LyingTransport(house.app.app), supplier.token, "en"), strange.platform.keys.roots
        )
        with pytest.raises(Exception, match="(?i)trust|certificate|chain"):
            client.submit(sealed_bid(house, tender, supplier))
    finally:
        strange.close()


def test_a_damaged_container_is_refused_by_the_platform(house: House, tender: Tendering) -> None:
    """Nothing checks a ciphertext before it is sent; the platform's digest does."""
    supplier = house.enrol("supplier")
    source = sealed_bid(house, tender, supplier)
    source.seek(SIZE // 2)
    byte = source.read(1)
    source.seek(SIZE // 2)
    source.write(bytes([byte[0] ^ 1]))
    client = Supplier(Api(LyingTransport(house.app.app), supplier.token, "en"), house.platform.keys.roots)
    with pytest.raises(ApiProblem) as refused:
        client.submit(source)
    assert refused.value.code == "upload-digest"
    source.seek(SIZE // 2)
    source.write(byte)
    assert client.submit(source).receipt.tender == tender.id, "nothing wrong stayed behind"
