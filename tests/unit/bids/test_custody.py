"""What an honest tender looks like to a custodian, and the release that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bids.custody import (
    CheckedClosing,
    Release,
    build_release,
    check_closed,
    check_log_extends,
    check_release,
    open_files_share,
    remember_closing,
    seal_files_share,
)
from bids.errors import BidError
from bids.manifest import Manifest
from bids.schemas import PARTS
from bids.trust import enrolments_of
from signing import canonical
from signing.certificates import issue
from signing.encoding import b64decode, b64encode
from signing.keys import Signer
from signing.statements import read_statement, sign_statement
from signing.suite import SUNSEAL_1
from tests.bids_factory import Bid, Tender, World
from tests.package_factory import Case, closed_tender


def refused(call: object, *args: object) -> BidError:
    with pytest.raises(BidError) as caught:
        call(*args)  # type: ignore[operator]
    assert caught.value.text("zh") and caught.value.text("en")
    return caught.value


@pytest.fixture(scope="module")
def case() -> Case:
    case = Case(World(seed=21))
    case.close()
    return case


def test_every_current_bid_is_found_in_the_ledgers_order(case: Case) -> None:
    checked = case.checked
    assert [bid.bid for bid in checked.current] == [bid.id for bid in case.tender.bids]
    assert [bid.supplier for bid in checked.current] == [actor.id for actor in case.world.suppliers]
    assert checked.suppliers == 3 and checked.minimum_reached
    assert checked.closing_digest == case.tender.closing.digest
    assert checked.policy.digest == case.tender.notice.policy.digest
    assert checked.checkpoint.origin == case.world.log_origin
    assert [leaf.raw for leaf in checked.leaves] == case.tender.leaves


def test_the_accepted_policy_and_a_clock_past_the_time_are_enough(case: Case) -> None:
    tender = case.tender
    digest = tender.notice.policy.digest
    checked = check_closed(closed_tender(tender), tender.trust(), digest, tender.notice.deadline)
    assert checked == case.checked


def test_what_is_not_at_hand_is_not_checked(case: Case) -> None:
    closed = closed_tender(case.tender, earlier=None, entries=None)
    assert check_closed(closed, case.tender.trust(), None, None).current == case.checked.current


def test_replaced_withdrawn_and_void_bids_are_not_current() -> None:
    # Given: one bid made void by a postponement, one replaced, one withdrawn, one withdrawn and made again
    world = World(seed=22, suppliers=5)
    tender = world.tender()
    one, two, three, four, five = world.suppliers
    tender.submit(one)
    void = tender.submit(five)
    tender.amend(deadline=tender.notice.deadline + timedelta(hours=1))
    first = tender.submit(two)
    second = tender.submit(two, replaces=first.id)
    tender.withdraw(tender.submit(three))
    back = tender.submit(four)
    tender.withdraw(back)
    again = tender.submit(four)
    anew = tender.submit(five, replaces=void.id)
    # When
    tender.close()
    checked = check_closed(closed_tender(tender), tender.trust(), None, tender.notice.deadline)
    # Then
    assert [bid.bid for bid in checked.current] == [second.id, again.id, anew.id]
    assert checked.suppliers == 3
    assert len(checked.accepted) == 8


def test_a_bid_for_an_earlier_notice_of_the_same_policy_stays_current() -> None:
    world = World(seed=23)
    tender = world.tender()
    bid = tender.submit(world.suppliers[0])
    tender.amend(title="更正后的标题")
    tender.close()
    for earlier in (closed_tender(tender).earlier, None):
        closed = closed_tender(tender, earlier=earlier)
        checked = check_closed(closed, tender.trust(), None, None)
        assert [one.bid for one in checked.current] == [bid.id]


def test_a_supplier_may_replace_a_bid_with_a_renewed_certificate_for_the_same_key() -> None:
    world = World(seed=24)
    tender = world.tender()
    supplier = world.suppliers[0]
    first = tender.submit(supplier)
    renewed = world.actor(
        "supplier", supplier.party.name, id=supplier.id, organisation=supplier.party.organisation
    )
    assert renewed.fingerprint != supplier.fingerprint
    second = tender.submit(renewed, replaces=first.id)
    tender.close()
    world.suppliers.append(renewed)
    checked = check_closed(closed_tender(tender), tender.trust(), None, None)
    assert [one.bid for one in checked.current] == [second.id]


# --- the release


def released(case: Case, number: int = 0) -> tuple[bytes, dict[str, bytes]]:
    actor, at = case.world.custodians[number], case.at
    statement, files = build_release(case.checked, actor.id, case.tender.sealing_keys[number], "bid", at)
    return actor.statement(statement, at), files


def test_a_release_has_a_share_for_each_bid_and_digests_for_files(case: Case) -> None:
    file, files = released(case)
    release = check_release(file, case.checked, case.tender.trust())
    assert release.digest == read_statement(file, "sunseal/release/v1").digest
    assert canonical.digest(release.raw) == release.digest
    assert release.custodian == case.world.custodians[0].id
    assert release.closing == case.checked.closing_digest
    assert not release.refusals
    for bid in case.checked.current:
        commitments = {part: bid.manifest.part("bid", part).share_digests[0] for part in PARTS}
        assert canonical.digest(release.shares[bid.bid]) == commitments["public"]
        assert release.files[bid.bid] == commitments["files"] == canonical.digest(files[bid.bid])
        assert b64encode(files[bid.bid]).encode() not in file


def test_a_share_that_does_not_open_is_refused_not_released() -> None:
    # Given: a bidder that seals rubbish to the first custodian and another share to the second
    case = Case(World(seed=25), bidders=1)
    tender = case.tender
    bid = tender.seal(case.world.suppliers[1])
    manifest = canonical.loads(bid.manifest.raw)
    for part in manifest["parts"]:
        part["sealed_shares"][0] = b64encode(bytes(1169))
        context = bid.manifest.context("bid", part["part"])
        other = SUNSEAL_1.deal(bytes(32), 2, 3, context)[1]
        sealed = SUNSEAL_1.seal_share(tender.custodians[1].sealing_key, context, 2, other)
        part["sealed_shares"][1] = b64encode(sealed)
    tender.receive(resigned(tender, bid, manifest))
    case.close()
    # When, then
    first, files = released(case, 0)
    release = check_release(first, case.checked, tender.trust())
    assert release.refusals == {(bid.id, part): "does-not-open" for part in PARTS}
    assert bid.id not in files and len(release.shares) == 1
    second, _ = released(case, 1)
    refusals = check_release(second, case.checked, tender.trust()).refusals
    assert refusals == {(bid.id, part): "commitment-differs" for part in PARTS}


def resigned(tender: Tender, bid: Bid, manifest: dict[str, Any]) -> Bid:
    """A bid with another manifest, signed by its supplier."""
    raw = canonical.dumps(manifest)
    signature = bid.supplier.sign(raw, tender.notice.at)
    return replace(bid, manifest=Manifest.parse(raw), signature=signature)


def test_nothing_is_released_early_or_below_the_minimum_or_for_others(case: Case) -> None:
    checked, keys, at = case.checked, case.tender.sealing_keys, case.at
    me = case.world.custodians[0].id
    early = at - timedelta(hours=1)
    few = replace(checked, minimum_reached=False)
    assert refused(build_release, few, me, keys[0], "bid", at).code == "minimum-not-reached"
    assert refused(build_release, checked, me, keys[0], "bid", early).code == "opening-early"
    assert refused(build_release, checked, me, keys[0], "price", at).code == "segment-unknown"
    assert refused(build_release, checked, me, keys[1], "bid", at).code == "sealing-key-differs"
    assert refused(build_release, checked, "f" * 32, keys[0], "bid", at).code == "custodian-unknown"


def changed(case: Case, number: int = 0, signer: int | None = None, **members: Any) -> bytes:
    """A release with members changed, signed by the custodian itself or by another one."""
    statement: dict[str, Any] = dict(
        read_statement(released(case, number)[0], "sunseal/release/v1").statement
    )
    actor = case.world.custodians[number if signer is None else signer]
    return actor.statement({**statement, **members}, case.at)


def rows(case: Case, number: int = 0) -> list[dict[str, str]]:
    found: list[dict[str, str]] = read_statement(released(case, number)[0], "sunseal/release/v1").statement[
        "shares"
    ]
    return found


def test_a_lying_custodian_is_caught_when_its_release_is_checked(case: Case) -> None:
    trust, checked = case.tender.trust(), case.checked
    theirs, mine = rows(case, 1), rows(case, 0)
    files = next(index for index, row in enumerate(mine) if row["part"] == "files")
    wrong_files = [{**row, "share_sha256": "0" * 64} if row["part"] == "files" else row for row in mine]
    no_x = [dict(row) for row in mine]
    no_x[0]["share"] = b64encode(b64decode(no_x[0]["share"])[:32] + b"\x09")
    lies = {
        "release-signer": changed(case, 0, signer=1),
        "release-other-closing": changed(case, closing="0" * 64),
        "segment-unknown": changed(case, segment="price"),
        "release-early": changed(case, at="2026-06-01T01:59:59.000Z"),
        "custodian-unknown": changed(case, custodian="f" * 32),
        "release-other-bids": changed(case, shares=mine[:-1]),
        "release-share": changed(case, shares=theirs),
    }
    for code, file in lies.items():
        assert refused(check_release, file, checked, trust).code == code
    others = [mine[2], mine[3], *mine[:2], *mine[4:]]
    for shares, code in (
        (others, "release-other-bids"),
        ([*mine, *mine[:2]], "release-other-bids"),
        (wrong_files, "release-share"),
        (no_x, "release-share"),
        ([{**mine[0], "refusal": "x"}, *mine[1:]], "release-row"),
        ([{"bid": row["bid"], "part": row["part"]} for row in mine], "release-row"),
        ([{"bid": mine[0]["bid"], "part": "public", "share_sha256": "0" * 64}, *mine[1:]], "release-row"),
        (
            [*mine[:files], {"bid": mine[0]["bid"], "part": "files", "share": mine[0]["share"]}],
            "release-row",
        ),
    ):
        error = refused(check_release, changed(case, shares=shares), checked, trust)
        assert error.code == code


def test_only_who_is_enrolled_as_the_policys_custodian_releases(case: Case) -> None:
    """The platform can put any name beside any key into a policy; who it is, the enrolment says."""
    statement = dict(read_statement(released(case)[0], "sunseal/release/v1").statement)
    custodian = case.world.custodians[0]
    trust = case.tender.trust()
    left_out = {key: value for key, value in trust.enrolments.items() if key != custodian.fingerprint}
    file = custodian.statement(statement, case.at)
    assert check_release(file, case.checked, trust).custodian == custodian.id
    unknown = replace(trust, enrolments=left_out)
    assert refused(check_release, file, case.checked, unknown).code == "not-enrolled"
    for role, code in (("supplier", "signer-role"), ("custodian", "release-signer")):
        party = replace(custodian.party, id="e" * 32, role=role)
        key, authority = custodian.signer.key, case.world.parties
        certificate = issue(authority, key.public_key(), party, case.world.issued, 365)
        enrolment = case.world.enrolment(certificate, party)
        known = replace(trust, enrolments=enrolments_of([enrolment], case.world.roots))
        file = sign_statement(statement, Signer(key, certificate, authority.chain), case.at)
        assert refused(check_release, file, case.checked, known).code == code


def test_a_release_names_the_file_it_would_be(case: Case) -> None:
    error = refused(check_release, changed(case, closing="0" * 64), case.checked, case.tender.trust())
    assert error.params["file"] == f"shares/bid/{case.world.custodians[0].id}.json"


def test_a_release_of_another_tender_with_the_same_closing_digest_is_refused(case: Case) -> None:
    file = changed(case, tender="f" * 32)
    assert refused(check_release, file, case.checked, case.tender.trust()).code == "release-other-closing"


def test_a_release_under_a_stolen_chain_or_with_another_signature_is_refused(case: Case) -> None:
    statement = dict(read_statement(released(case)[0], "sunseal/release/v1").statement)
    stranger = World(seed=98).custodians[0]
    error = refused(check_release, stranger.statement(statement, case.at), case.checked, case.tender.trust())
    assert error.code == "certificate-untrusted"
    platform = case.world.state(statement, case.at)
    error = refused(check_release, platform, case.checked, case.tender.trust())
    assert error.code == "certificate-wrong-authority"
    broken = released(case)[0].replace(b'"segment":"bid"', b'"segment":"bad"')
    assert refused(check_release, broken, case.checked, case.tender.trust()).code == "signature-invalid"


def test_a_lying_refusal_is_taken_as_it_is(case: Case) -> None:
    lie = [{"bid": row["bid"], "part": row["part"], "refusal": "does-not-open"} for row in rows(case)]
    release = check_release(changed(case, shares=lie), case.checked, case.tender.trust())
    assert len(release.refusals) == 6 and not release.shares and not release.files


def test_a_release_is_only_parsed_from_a_release(case: Case) -> None:
    assert refused(Release.parse, case.tender.closing_file).code == "signature-invalid"


# --- shares of files parts, for the agency


def test_a_files_share_goes_to_the_agencys_envelope_key_alone(case: Case) -> None:
    envelope, other = (SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed()) for _ in range(2))
    _, files = released(case, 1)
    custodian = case.tender.custodians[1]
    bid, share = next(iter(files.items()))
    tender = case.tender.id
    sealed = seal_files_share(envelope.public, tender, bid, "bid", custodian.id, share)
    assert open_files_share(envelope, tender, bid, "bid", custodian, sealed) == share
    for key, place in (
        (other, (tender, bid, "bid", custodian)),
        (envelope, ("f" * 32, bid, "bid", custodian)),
        (envelope, (tender, "f" * 32, "bid", custodian)),
        (envelope, (tender, bid, "price", custodian)),
        (envelope, (tender, bid, "bid", case.tender.custodians[0])),
    ):
        assert refused(open_files_share, key, *place, sealed).code == "sealing-failed"
    assert refused(open_files_share, envelope, tender, bid, "bid", custodian, "%").code == "encoding-invalid"
    assert (
        refused(seal_files_share, b"short", tender, bid, "bid", custodian.id, share).code == "sealing-failed"
    )


# --- what needs a memory


class Notebook:
    """A custodian's memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def recall(self, tender: str) -> str | None:
        return self.kept.get(tender)

    def keep(self, tender: str, closing: str) -> None:
        assert tender not in self.kept
        self.kept[tender] = closing


def test_a_closing_is_kept_once_and_recognised_ever_after(case: Case) -> None:
    memory = Notebook()
    remember_closing(memory, case.checked)
    remember_closing(memory, case.checked)
    assert memory.kept == {case.tender.id: case.checked.closing_digest}


def test_a_second_closing_is_refused_for_ever(case: Case) -> None:
    memory = Notebook()
    remember_closing(memory, case.checked)
    second: CheckedClosing = replace(case.checked, closing_digest="0" * 64)
    assert refused(remember_closing, memory, second).code == "closing-second"
    assert memory.kept == {case.tender.id: case.checked.closing_digest}


def test_a_log_must_extend_what_was_seen() -> None:
    world = World(seed=26)
    tender = world.tender()
    trust = tender.trust()
    seen = world.checkpoint()
    assert check_log_extends(None, seen, [], trust).size == 1
    tender.log("tender.viewed", world.now, {})
    now = world.checkpoint()
    proof = world.log_tree.consistency(1, 2)
    assert check_log_extends(seen, now, proof, trust).size == 2
    assert refused(check_log_extends, seen, now, [bytes(32)], trust).code == "log-rewritten"
    assert refused(check_log_extends, now, seen, proof, trust).code == "log-rewritten"
    assert refused(check_log_extends, seen, now[:-3] + b"AA\n", proof, trust).code == "note-invalid"
    assert refused(check_log_extends, seen, now, proof, tender.trust(log=None)).code == "log-key-missing"
