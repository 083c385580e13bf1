"""One submission against the least that any view could do for it, both on PostgreSQL.

Measured: POST /api/v1/tenders/{tender}/bids, ciphertexts already up, from the WSGI call to the answer: token,
schema, every check of the protocol, row locks, ledger leaf, receipt, commit.
Compared with: a bare Pyramid view that decodes the same body, checks the same signature, chain and revocation
(CMS by `signing`), signs the same kind of receipt, inserts one row, commits. No token, no schema, no tender.
Ratio: the bare view's time / ours; 0.4 or more is wanted.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import Column, Engine, LargeBinary, MetaData, String, Table, insert

from bids.receipts import build_receipt
from signing import canonical, cms
from signing.encoding import b64decode, b64encode, new_id
from signing.statements import sign_statement
from tests import postgres
from tests.benchmarks.ratios import Ratio, say
from tests.crash.agents import Agents
from tests.crash.site import Site
from tests.crash.world import Prepared, Published, World
from tests.crash.wsgi import WsgiTransport
from trading.accounts.services import Accounts
from trading.platform import Platform

NAME = "submission_vs_insert"
REPETITIONS = 7
REQUESTS = 40
WARM = 5


def run(repetitions: int = REPETITIONS, requests: int = REQUESTS) -> Ratio:
    """Measure `requests` submissions by different suppliers, `repetitions` times over.

    Each is followed by the same one to ours, and the medians of a repetition are compared: a request takes
    milliseconds, and a single hiccup of the machine as many.
    """
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as name, _database() as url:
        world = World.create(Site(url, Path(name)))
        tender = _tender(world)
        say(f"  {NAME}: preparing {repetitions * requests + WARM} bids")
        suppliers = world.suppliers(repetitions * requests + WARM)
        bids = [world.prepare(tender, supplier) for supplier in suppliers]
        for bid in bids:
            world.upload(tender, bid)
        ours, bare = _ours(world, tender), _bare(world.platform, tender)
        for bid in bids[:WARM]:
            ours(bid)
            bare(bid)
        ratios = []
        for start in range(WARM, len(bids), requests):
            times = [_both(bare, ours, bid) for bid in bids[start : start + requests]]
            least, own = (statistics.median(column) for column in zip(*times, strict=True))
            say(f"  {NAME}: {1000 * least:.2f} ms, {1000 * own:.2f} ms")
            ratios.append(least / own)
        world.close()
    return Ratio(NAME, tuple(ratios), at_least=0.4)


def _both(bare: Callable[[Prepared], None], ours: Callable[[Prepared], None], bid: Prepared) -> list[float]:
    times = []
    for send in (bare, ours):
        start = time.perf_counter()
        send(bid)
        times.append(time.perf_counter() - start)
    return times


@contextmanager
def _database() -> Iterator[str]:
    with postgres.ensure_server().database() as url:
        yield url


def _tender(world: World) -> Published:
    draft = world.draft(world.now() + timedelta(hours=12), items=54)
    with tempfile.TemporaryDirectory() as folder:
        Agents(world, Path(folder)).round()
        return world.publish(draft)


def _ours(world: World, tender: Published) -> Callable[[Prepared], None]:
    transport = WsgiTransport(world.app)

    def send(bid: Prepared) -> None:
        headers = {"Authorization": f"Bearer {bid.supplier.token}", "Content-Type": "application/json"}
        answer = transport.send("POST", f"/api/v1/tenders/{tender.id}/bids", headers, _body(bid))
        assert answer.status == 201, answer.body

    return send


def _bare(platform: Platform, tender: Published) -> Callable[[Prepared], None]:
    transport = WsgiTransport(bare_application(platform, tender))

    def send(bid: Prepared) -> None:
        answer = transport.send("POST", "/bids", {"Content-Type": "application/json"}, _body(bid))
        assert answer.status == 200, answer.body

    return send


def _body(bid: Prepared) -> bytes:
    return json.dumps({"document": b64encode(bid.manifest), "signature": b64encode(bid.signature)}).encode()


def bare_application(platform: Platform, tender: Published) -> Any:
    """A Pyramid application of one view: the same cryptography, one row."""
    table = Table(
        "bare_bids",
        MetaData(),
        Column("id", String(32), primary_key=True),
        Column("manifest", LargeBinary),
        Column("signature", LargeBinary),
        Column("receipt", LargeBinary),
    )
    engine: Engine = platform.database.engine
    table.create(engine)
    keys = platform.keys
    with platform.database.transaction() as session:
        row = Accounts(platform).lists.current(session, datetime.now(UTC))
    crl = x509.load_der_x509_crl(row.der)

    def receive(request: Request) -> dict[str, str]:
        body = request.json_body
        raw, signature = b64decode(body["document"]), b64decode(body["signature"])
        now = datetime.now(UTC)
        cms.verify_with_chain(raw, signature, keys.roots, now, "parties", "party", [crl])
        bid = new_id()
        statement = build_receipt(
            at=now,
            tender=tender.id,
            policy=tender.notice.policy.digest,
            bid=bid,
            manifest=canonical.digest(raw),
            withdrawal=None,
            signature=canonical.digest(signature),
            crl=row.sha256,
            received_at=now,
        )
        receipt = sign_statement(statement, keys.receipt, now)
        with engine.begin() as connection:
            connection.execute(
                insert(table).values(id=bid, manifest=raw, signature=signature, receipt=receipt)
            )
        return {"bid": bid, "receipt": b64encode(receipt)}

    with Configurator() as config:
        config.add_route("bids", "/bids")
        config.add_view(receive, route_name="bids", request_method="POST", renderer="json")
        return config.make_wsgi_app()
