"""Segments opened in stages, on the real application: agents, jobs, the agency's statement, the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bids.custody import Release
from bids.errors import BidError
from bids.objects import build_statement, read_signed
from signing.encoding import b64decode, b64encode, format_time
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.functional.agent_scene import CAST, Cast, Scene
from tests.functional.opening_house import AFTER, DATABASES, OpeningHouse, failures, shared_house
from tests.functional.wsgi_transport import LyingTransport
from trading.audit.services import AuditLog
from trading.client.agency import Agency
from trading.client.api import Api
from trading.client.attachments import open_attachments
from trading.client.errors import ClientError
from trading.client.keyfile import KeyFile
from trading.client.supplier import PreparedBid, Supplier, prepare_bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender

TWO = ["qualification", "price"]


@pytest.fixture(scope="module", params=DATABASES[:1])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    for made in shared_house(request, tmp_path_factory.mktemp("stages")):
        CAST[made] = Cast(made)
        yield made
        del CAST[made]


def opened(house: OpeningHouse, folder: Path, **facts: Any) -> Scene:
    """The first segment open, nothing judged."""
    scene = Scene(house, folder, **{"segments": TWO, **facts})
    scene.step()
    scene.close()
    assert scene.step() == 3
    house.work()
    assert house.state(scene.tender) == "judging"
    return scene


def agency(house: OpeningHouse, scene: Scene) -> Agency:
    api = Api(LyingTransport(house.app.app), scene.agency.token, "en")
    return Agency(api, scene.agency.signer, house.platform.keys.roots, house.now)


def judge(house: OpeningHouse, scene: Scene, rejections: dict[str, str]) -> dict[str, Any]:
    own = agency(house, scene)
    opening = own.last_opening(scene.id)
    assert opening is not None
    return dict(own.judge(scene.id, opening, rejections))


def test_two_segments_from_draft_to_evidence(house: OpeningHouse, tmp_path: Path) -> None:
    scene = opened(house, tmp_path)
    first, second = (bid.bid for bid in scene.bids)
    shown = house.opening(scene.tender)
    assert (shown["segment"], shown["opened"], shown["record"]) == ("qualification", 2, None)
    assert scene.step() == 0, "nobody releases prices, nobody erases a key, before the agency has judged"

    # Only the files of the open segment are handed out, and only to the agency.
    sealed = f"/tenders/{scene.id}/files/{first}?segment=price"
    house.refused("GET", sealed, scene.agency, None, "tender-not-opened")
    attachment(house, scene, 0, "qualification", "qualification.pdf", tmp_path / "first")

    done = judge(house, scene, {second: "资质证书已过期"})
    assert (done["admitted"], done["rejected"], done["opens"]) == ([first], [second], "price")
    assert house.state(scene.tender) == "closed"
    house.work()
    assert scene.step() == 3, "each agent checks the stage statement and releases the next segment"
    released = Release.parse(last_release(scene))
    assert {bid for bid, _ in released.rows} == {first}
    house.work()
    assert house.state(scene.tender) == "opened"
    record = house.record(scene.tender)
    assert [(row["bid"], row["segment"]) for row in record["bids"]] == [(first, "price")]
    house.refused(
        "GET", f"/tenders/{scene.id}/files/{second}?segment=price", scene.agency, None, "bid-not-opened"
    )
    attachment(house, scene, 0, "price", "方案.pdf", tmp_path / "last")
    assert scene.step() == 3, "all erase, after the last opening"
    assert all(agent.state.read(scene.id, "release-price.json") is None for agent in scene.agents)

    house.evaluate(scene.tender)
    house.award(scene.tender, first)
    package, report = house.verified(scene.tender)
    assert failures(report) == []
    assert "stages/qualification/opening-record.pdf" in package
    assert f"bids/{second}/price/public.sealed" not in package
    pdf = house.call("GET", f"/tenders/{scene.id}/opening-record.pdf?segment=qualification")
    assert pdf.body == package.read("stages/qualification/opening-record.pdf")


def test_three_segments_from_notice_to_award(house: OpeningHouse, tmp_path: Path) -> None:
    """Three bidders: one is rejected by its qualification, one by its technical bid; a custodian is away."""
    names = ("qualification", "technical", "price")
    scene = Scene(house, tmp_path, segments=list(names))
    third = house.enrol("supplier")
    scene.suppliers, scene.bids = [*scene.suppliers, third], [*scene.bids, house.bid(third, scene.tender)]
    unqualified, infeasible, winner = (bid.bid for bid in scene.bids)
    assert scene.tender.notice.policy.segment_names == names
    scene.close()
    rejected = [{unqualified: "资质证书已过期"}, {infeasible: "方案不可行"}, {}]
    left = {unqualified, infeasible, winner}
    for place, (segment, out) in enumerate(zip(names, rejected, strict=True)):
        working = scene.agents[: 2 if segment == "technical" else 3]
        assert [agent.step() for agent in working] == [1] * len(working)
        if len(working) < 3:
            house.work()
            assert house.state(scene.tender) == "closed", "the third one has its grace"
            house.clock.ahead(AFTER + timedelta(seconds=scene.tender.notice.policy.grace_seconds + 2))
        house.work()
        released = Release.parse(last_release(scene))
        assert (released.segment, {bid for bid, _ in released.rows}) == (segment, left)
        shown = house.opening(scene.tender)
        record = shown["record"] if segment == "price" else shown["stages"][-1]["record"]
        rows = read_signed(b64decode(record), "opening-record").statement["bids"]
        assert {row["bid"] for row in rows} == left and all(row["opened"] for row in rows)
        assert [("total" in row) for row in rows] == [segment == "price"] * len(left)
        for bid in left - out.keys():
            attached = f"/tenders/{scene.id}/files/{bid}?segment="
            house.call("GET", attached + segment, scene.agency)
            for later in names[place + 1 :]:
                house.refused("GET", attached + later, scene.agency, None, "tender-not-opened")
        if segment != "price":
            assert judge(house, scene, out)["opens"] == names[place + 1]
            left -= out.keys()
        # Who went out earlier has nothing of it opened, and its files go to nobody.
        for bid in {unqualified, infeasible, winner} - left - out.keys():
            gone = f"/tenders/{scene.id}/files/{bid}?segment={segment}"
            house.refused("GET", gone, scene.agency, None, "bid-not-opened")
    # The one that was away does not release a segment that is open without it, and erases as the others do.
    assert scene.step() == 3
    assert house.acts(scene.tender).count("custody.released") == 8
    house.evaluate(scene.tender)
    house.award(scene.tender, winner)
    package, report = house.verified(scene.tender)
    assert failures(report) == []
    offers = {name for name in package.names if name.endswith("/offer.json")}
    assert offers == {
        *(f"bids/{bid.bid}/qualification/offer.json" for bid in scene.bids),
        *(f"bids/{bid}/technical/offer.json" for bid in (infeasible, winner)),
        f"bids/{winner}/price/offer.json",
    }
    assert f"bids/{infeasible}/price/public.sealed" not in package
    shares = {f"shares/{name}/{agent.who.id}.json" for name in names for agent in scene.agents}
    assert {name for name in package.names if name.startswith("shares/")} == shares - {
        f"shares/technical/{scene.agents[2].who.id}.json"
    }


def last_release(scene: Scene) -> bytes:
    """What the first agent handed in last."""
    bodies = [
        body for method, path, body in scene.liar.sent if method == "PUT" and path.endswith("/release")
    ]
    return b64decode(json.loads(bodies[-1])["file"])


def attachment(house: OpeningHouse, scene: Scene, bidder: int, segment: str, name: str, folder: Path) -> None:
    """The agency opens what the bidder attached to a segment."""
    folder.mkdir()
    key = SUNSEAL_1.sealing_key(scene.envelope)
    own = agency(house, scene)
    manifest = scene.bids[bidder].manifest
    files = open_attachments(own.api, scene.tender.notice, manifest, key, folder, segment)
    assert [(file.name, file.problem) for file in files] == [(name, None)]


def stage_body(house: OpeningHouse, scene: Scene, admitted: list[str], **changes: Any) -> dict[str, str]:
    """A stage statement of the agency's, as it should be but for `changes`."""
    shown = house.opening(scene.tender)["stages"][-1]
    record = read_signed(b64decode(shown["record"]), "opening-record")
    members = {
        "at": format_time(house.now()), "tender": scene.id, "closing": record.statement["closing"],
        "segment": shown["opens"], "opening": record.digest, "admitted": admitted, "rejections": [],
        **changes,
    }  # fmt: skip
    return {"file": b64encode(house.state_as(scene.agency, build_statement("stage", members)))}


def test_a_bidders_own_lock_is_opened_once_for_all_segments(house: OpeningHouse, tmp_path: Path) -> None:
    scene = Scene(house, tmp_path, segments=TWO, lock=True)
    scene.step()
    scene.close()
    scene.step()
    house.work()
    assert house.opening(scene.tender)["unlocking"]["unlocked"] == 0
    for supplier, bid in zip(scene.suppliers, scene.bids, strict=True):
        assert bid.secret is not None
        path = f"/tenders/{scene.id}/bids/{bid.bid}/unlocking"
        house.call("POST", path, supplier, {"secret": b64encode(bid.secret)})
    house.work()
    assert house.state(scene.tender) == "judging"
    first, second = (bid.bid for bid in scene.bids)
    house.judge(scene.tender, {second: "资质不符"})
    assert scene.step() == 3
    house.work()
    assert house.state(scene.tender) == "opened", "nobody is asked to unlock a second time"
    house.evaluate(scene.tender)
    house.award(scene.tender, first)
    _, report = house.verified(scene.tender)
    assert failures(report) == []


def test_what_the_agency_signs_must_fit(house: OpeningHouse, tmp_path: Path) -> None:
    scene = opened(house, tmp_path)
    first, second = (bid.bid for bid in scene.bids)
    both = [first, second]
    at = f"/tenders/{scene.id}/stage"
    for body, code in (
        (stage_body(house, scene, [first]), "stage-bid-missing"),
        (stage_body(house, scene, [*both, "f" * 32]), "stage-bid-unknown"),
        (stage_body(house, scene, both, opening="0" * 64), "stage-other-opening"),
        (stage_body(house, scene, both, segment="technical"), "stage-other-segment"),
        (stage_body(house, scene, both, closing="0" * 64), "stage-other-closing"),
    ):
        house.refused("POST", at, scene.agency, body, code)
    assert house.state(scene.tender) == "judging"
    body = stage_body(house, scene, both)
    house.call("POST", at, scene.agency, body, 200)
    house.call("POST", at, scene.agency, body, 200)
    house.refused("POST", at, scene.agency, stage_body(house, scene, both, segment="price"), "state-refuses")


def test_a_later_release_goes_out_again_as_the_same_bytes(house: OpeningHouse, tmp_path: Path) -> None:
    """The agent's process ends when its release of the prices is on its way; the next one sends the same."""
    scene = opened(house, tmp_path)
    judge(house, scene, {scene.bids[1].bid: "资质不符"})
    first = scene.agents[0]
    first.line.breaks_after = lambda method, path: path.endswith("/release")
    first.step()
    sent = last_release(scene)
    kept = json.loads(first.state.read(scene.id, "release-price.json") or b"")
    assert b64decode(kept["file"]) == sent, "on its disk before it went out"
    first.line.breaks_after = lambda method, path: False
    first.start()
    assert scene.step() == 3 and last_release(scene) == sent
    house.work()
    assert house.state(scene.tender) == "opened"


def test_too_few_admitted_end_the_tender_and_no_price_is_ever_opened(
    house: OpeningHouse, tmp_path: Path
) -> None:
    scene = opened(house, tmp_path, minimum_bidders=2)
    judge(house, scene, {scene.bids[0].bid: "资质不符"})
    assert house.state(scene.tender) == "failed"
    house.work()
    assert scene.step() == 3, "the keys are erased: the log proves that too few were left"
    assert house.acts(scene.tender).count("custody.released") == 3
    _, report = house.verified(scene.tender)
    assert failures(report) == []


def test_prepared_from_files_for_each_segment(house: OpeningHouse, tmp_path: Path) -> None:
    """As `sunseal bid prepare` does it."""
    scene = Scene(house, tmp_path / "agents", segments=TWO)
    who = house.enrol("supplier")
    offer, shown, plan = (tmp_path / name for name in ("offer.json", "资质证书.pdf", "plan.txt"))
    shown.write_bytes(b"%PDF-1.7 certificate")
    plan.write_bytes(b"plan")
    given: dict[str, Any] = {"unit_prices": {"1": "2", "2": "3"}, "quality": "优"}

    def prepared(out: str, **segments: Any) -> PreparedBid:
        offer.write_text(json.dumps({**given, **segments}))
        return prepare_bid(
            notice=scene.tender.notice.raw, signature=scene.tender.signature, offer=offer,
            attachments=[Path(f"qualification:{shown}"), plan],
            key=KeyFile(who.signer, house.platform.keys.roots), roots=house.platform.keys.roots,
            out=tmp_path / out, at=house.now(),
        )  # fmt: skip

    for segments, code in (
        ({"price": {}}, "offer-member"), ([], "offer-value"), ({"qualification": 1}, "offer-value"),
        ({"qualification": {"total": "1"}}, "offer-member"),
        ({"qualification": {"quality": 1}}, "offer-value"),
    ):  # fmt: skip
        with pytest.raises(ClientError) as refused:
            prepared("wrong.sealed", segments=segments)
        assert refused.value.code == code
    with pytest.raises(BidError, match="total_in_words"):
        prepared("wrong.sealed", segments={"qualification": {"total_in_words": "一"}})
    done = prepared("bid.sealed", segments={"qualification": {"quality": "一级资质"}})
    api = Api(LyingTransport(house.app.app), who.token, "en")
    with (tmp_path / "bid.sealed").open("rb") as source:
        Supplier(api, house.platform.keys.roots).submit(source)
    scene.step()
    scene.close()
    scene.step()
    house.work()
    [row] = [row for row in rows_of(house, scene) if row["bid"] == done.prepared.bid]
    assert (row["opened"], row["announced"]["quality"]) == (True, "一级资质")
    scene.bids.append(done.prepared)
    attachment(house, scene, 2, "qualification", shown.name, tmp_path / "opened")


def rows_of(house: OpeningHouse, scene: Scene) -> list[dict[str, Any]]:
    """The bids in the record of the segment that was opened last, before the prices."""
    raw = b64decode(house.opening(scene.tender)["stages"][-1]["record"])
    return list(read_signed(raw, "opening-record").statement["bids"])


# --- a platform that lies to custodians


def forced(house: OpeningHouse, scene: Scene) -> None:
    """The platform's own rows say that the price segment's turn has come."""
    with house.platform.database.transaction() as session:
        tender = session.get_one(Tender, scene.id)
        tender.state, tender.segment = State.CLOSED, "price"


def refused(scene: Scene) -> str | None:
    """What an agent says when it is asked for prices; it must have released none."""
    agent = scene.agents[0]
    before = agent.line.count("PUT", "/release")
    agent.start()
    agent.step()
    assert agent.line.count("PUT", "/release") == before
    assert agent.state.read(scene.id, "release-price.json") is None
    return agent.refusal(scene.id)


def test_no_price_before_the_agencys_statement(house: OpeningHouse, tmp_path: Path) -> None:
    scene = opened(house, tmp_path)
    forced(house, scene)
    assert refused(scene) == "stage-missing"


def test_no_price_on_a_statement_of_the_platforms_own(house: OpeningHouse, tmp_path: Path) -> None:
    scene = opened(house, tmp_path)
    body = stage_body(house, scene, [bid.bid for bid in scene.bids])
    members = read_signed(b64decode(body["file"]), "stage")
    forged = sign_statement(dict(members.statement), house.platform.keys.statement, house.now())
    log_stage(house, scene, forged, members.digest)
    forced(house, scene)
    assert refused(scene) == "certificate-wrong-authority"


def test_no_price_of_a_rejected_bid_on_a_second_statement(house: OpeningHouse, tmp_path: Path) -> None:
    """Agency and platform together want the rejected bid's price after all."""
    scene = opened(house, tmp_path)
    first, second = (bid.bid for bid in scene.bids)
    judge(house, scene, {second: "资质不符"})
    body = stage_body(house, scene, [first, second])
    again = b64decode(body["file"])
    log_stage(house, scene, again, read_signed(again, "stage").digest)
    assert refused(scene) == "stage-second"


def test_a_first_opening_without_releases_ends_no_key(house: OpeningHouse, tmp_path: Path) -> None:
    """The platform alone signs and logs an opening at which nothing opened, and a failure that follows."""
    scene = Scene(house, tmp_path, segments=TWO)
    scene.step()
    scene.close()
    first = scene.agents[0]
    closing = house.call("GET", scene.path("closing")).json
    digest = read_signed(b64decode(closing["file"]), "closing").digest
    at = {"at": format_time(house.now()), "tender": scene.id}
    record = build_statement("opening-record", {**at, "closing": digest, "bids": []})
    failure = build_statement("failure", {**at, "reason": "too few bidders"})
    keys = house.platform.keys.statement
    file, failed = (sign_statement(dict(each), keys, house.now()) for each in (record, failure))
    with house.platform.database.transaction() as session:
        for act, digests, statement in (
            ("tender.opened", {"opening_record": read_signed(file, "opening-record").digest}, None),
            ("tender.failed", {}, failed),
        ):
            AuditLog(house.platform).append(
                session, act, at=house.now(), tender=scene.id, actor=None, address=None, digests=digests,
                statement=statement,
            )  # fmt: skip
    stage = {"segment": scene.tender.notice.policy.segment_names[0], "record": b64encode(file)}
    first.line.lies["/opening"] = lambda answer: answer | {"stages": [stage]}
    first.line.lies["/custody/tenders"] = lambda page: (
        page | {"items": [item | {"state": "failed", "erase": True} for item in page["items"]]}
    )
    first.step()
    assert first.refusal(scene.id) == "erase-unreleased"
    assert first.state.read(scene.id, "seed") is not None


def log_stage(house: OpeningHouse, scene: Scene, file: bytes, digest: str) -> None:
    with house.platform.database.transaction() as session:
        AuditLog(house.platform).append(
            session, "tender.admitted", at=house.now(), tender=scene.id, actor=None, address=None,
            digests={"stage": digest}, statement=file,
        )  # fmt: skip
