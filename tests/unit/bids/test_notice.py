"""Notice and sealing policy: what binds a tender, and every way to forge one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bids.notice import Notice, Policy, build_policy, sealing_key_statement, sign_sealing_key, verify_notice
from bids.sealing_keys import verify_sealing_key
from signing import canonical, cms
from signing.certificates import fingerprint
from signing.encoding import b64encode
from signing.keys import generate_signing_key, spki
from signing.suite import SUNSEAL_1
from tests.bids_factory import HOUR, NOW, World, refused, strangers

WORLD = World(1)
TENDER = WORLD.tender(items=3)
NOTICE = TENDER.notice


def changed(edit: Callable[[dict[str, Any]], object], raw: bytes = NOTICE.raw) -> bytes:
    """The canonical notice after an edit of its members."""
    members: dict[str, Any] = json.loads(raw)
    edit(members)
    return canonical.dumps(members)


def test_members() -> None:
    assert NOTICE.digest == canonical.digest(NOTICE.raw)
    assert NOTICE.tender == TENDER.id == NOTICE.policy.tender
    assert (NOTICE.at, NOTICE.deadline) == (NOW, NOW + HOUR)
    assert NOTICE.policy.opens_at == NOTICE.deadline
    assert NOTICE.sandbox is True
    assert NOTICE.buyer.organisation == WORLD.agency.party.organisation
    assert NOTICE.project.number == "2026-007"
    assert [item.number for item in NOTICE.items] == ["1", "2", "3"]
    assert [item.quantity for item in NOTICE.items] == [Decimal("2.5"), Decimal("88"), Decimal("1000.125")]
    assert NOTICE.items[1].code == ""
    assert NOTICE.estimate == Decimal("215488.00")
    assert NOTICE.ceiling is None and NOTICE.replaces is None
    assert NOTICE.digits == 2
    assert (NOTICE.rules.pack, NOTICE.rules.version) == ("generic", "1")
    assert NOTICE.documents[0].name == "招标文件.pdf"


def test_policy_members() -> None:
    policy = NOTICE.policy
    assert policy.raw == canonical.dumps(json.loads(NOTICE.raw)["policy"])
    assert policy.digest == canonical.digest(policy.raw)
    assert (policy.suite, policy.threshold, policy.grace_seconds) == ("sunseal-1", 2, 10)
    assert [custodian.position for custodian in policy.custodians] == [1, 2, 3]
    assert policy.custodian(policy.custodians[1].id) is policy.custodians[1]
    first = policy.custodians[0]
    assert first.sealing_key == TENDER.sealing_keys[0].public
    assert first.sealing_key_digest == canonical.digest(first.sealing_key)
    with refused("custodian-unknown", custodian="0" * 32):
        policy.custodian("0" * 32)


def test_one_custodian_alone_is_allowed_for_rehearsal() -> None:
    world = World(2, custodians=1)
    policy = world.tender(threshold=1, independent=False).notice.policy
    assert (policy.threshold, len(policy.custodians), policy.independent) == (1, 1, False)


@pytest.mark.parametrize(("threshold", "count"), [(1, 2), (2, 4), (1, 3), (4, 3)])
def test_half_of_the_custodians_or_fewer_never_open(threshold: int, count: int) -> None:
    world = World(3, custodians=count)
    with refused("threshold", threshold=str(threshold), count=str(count)):
        world.tender(threshold=threshold)


@pytest.mark.parametrize(("threshold", "count"), [(2, 2), (2, 3), (3, 4), (9, 16), (16, 16)])
def test_more_than_half_do(threshold: int, count: int) -> None:
    assert World(3, custodians=count).tender(threshold=threshold).notice.policy.threshold == threshold


def test_seventeen_custodians_are_too_many() -> None:
    with refused("form-list", path="custodians"):
        World(3, custodians=17).tender(threshold=9)


def policy_edit(**members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda notice: notice["policy"].update(members)


def custodian_edit(**members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda notice: notice["policy"]["custodians"][1].update(members)


OPENS = json.loads(NOTICE.raw)["deadline"]
QUALIFICATION = {"name": "qualification", "opens_at": OPENS}
FIRST = json.loads(NOTICE.raw)["policy"]["custodians"][0]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda n: n.update(type="sunseal/notice/v2"), "wrong-type"),
        (lambda n: n.pop("sandbox"), "member-missing"),
        (lambda n: n.update(sandbox=None), "form-flag"),
        (lambda n: n.update(estimate=None), "number-form"),
        (lambda n: n.update(waived=[]), "member-unknown"),
        (lambda n: n.update(currency="XXX"), "currency-unknown"),
        (lambda n: n.update(estimate="1.5"), "amount-digits"),
        (lambda n: n.update(ceiling="-1.00"), "number-negative"),
        (lambda n: n.update(items=[]), "form-list"),
        (lambda n: n["items"][0].update(quantity="-1"), "number-negative"),
        (lambda n: n["items"][0].update(quantity="1e9"), "number-form"),
        (lambda n: n["items"][0].update(quantity="1" * 16), "number-absurd"),
        (lambda n: n["items"][0].update(number=1), "form-text"),
        (lambda n: n["items"][1].update(number="1"), "duplicate"),
        (lambda n: n["items"][1].pop("unit"), "member-missing"),
        (lambda n: n.update(at=n["deadline"]), "deadline-before-notice"),
        (lambda n: n.update(tender="0" * 32), "policy-tender"),
        (lambda n: n.update(deadline="2026-06-01T03:00:00.000Z"), "segments-deadline"),
        (lambda n: n.update(buyer={**n["buyer"], "organisation": "nobody"}), "form-pattern"),
        (lambda n: n["documents"].append(n["documents"][0]), "duplicate"),
        (lambda n: n["documents"].append({**n["documents"][0], "name": "../../etc/passwd"}), "name-unsafe"),
        (lambda n: n["documents"].append({**n["documents"][0], "size": -1}), "form-whole"),
        (policy_edit(suite="sunseal-0"), "signing-refused"),
        (policy_edit(threshold=1), "threshold"),
        (policy_edit(threshold=4), "threshold"),
        (policy_edit(threshold=0), "form-whole"),
        (policy_edit(minimum_bidders=0), "form-whole"),
        (policy_edit(grace_seconds=-1), "form-whole"),
        (policy_edit(custodians=[]), "form-list"),
        (policy_edit(segments=[{"name": "price", "opens_at": OPENS}]), "segments-names"),
        (policy_edit(segments=[{"name": "bid", "after": "technical"}]), "segments-course"),
        (policy_edit(segments=[{"name": "bid"}]), "segments-course"),
        (
            policy_edit(segments=[{"name": "bid", "opens_at": OPENS, "after": "technical"}]),
            "segments-course",
        ),
        (policy_edit(segments=[{"name": "bid", "opens_at": OPENS}] * 2), "segments-course"),
        (policy_edit(segments=[QUALIFICATION, {"name": "price", "after": "technical"}]), "segments-course"),
        (policy_edit(segments=[QUALIFICATION, {"name": "price", "opens_at": OPENS}]), "segments-course"),
        (
            policy_edit(segments=[QUALIFICATION, {"name": "qualification", "after": "qualification"}]),
            "segments-course",
        ),
        (policy_edit(segments=[QUALIFICATION, {"name": "bid", "after": "qualification"}]), "segments-names"),
        (
            policy_edit(segments=[QUALIFICATION, {"name": "technical", "after": "qualification"}]),
            "segments-names",
        ),
        (
            policy_edit(
                segments=[
                    {"name": "price", "opens_at": OPENS},
                    {"name": "technical", "after": "price"},
                ]
            ),
            "segments-names",
        ),
        (policy_edit(segments=[{"name": "bid", "opens_at": "2026-06-01T01:30:00Z"}]), "segments-deadline"),
        (policy_edit(custodians=[FIRST] * 3), "custodian-duplicate"),
        (custodian_edit(id="0" * 32), "sealing-key-signature"),
        (custodian_edit(sealing_key=FIRST["sealing_key"]), "sealing-key-signature"),
        (custodian_edit(signing_key=FIRST["signing_key"]), "sealing-key-signature"),
        (custodian_edit(sealing_key_signature="A" * 24), "sealing-key-signature"),
        (custodian_edit(sealing_key="A" * 24), "sealing-key-size"),
        (custodian_edit(signing_key="A" * 24), "signing-refused"),
        (custodian_edit(role="The Boss"), "form-pattern"),
    ],
)
def test_refused(edit: Callable[[dict[str, Any]], object], code: str) -> None:
    with refused(code):
        Notice.parse(changed(edit))


def test_a_sealing_key_signed_for_another_tender_is_refused() -> None:
    other = WORLD.tender()
    with refused("sealing-key-signature"):
        Notice.parse(changed(custodian_edit(**other.custodian_member(1))))


@pytest.mark.parametrize("shared", ["signing_key", "sealing_key"])
def test_custodians_do_not_share_keys(shared: str) -> None:
    first = {**TENDER.custodian_member(0)}
    key = WORLD.custodians[0].signer.key if shared == "signing_key" else generate_signing_key()
    sealing = TENDER.sealing_keys[0 if shared == "sealing_key" else 1].public
    second = {
        **TENDER.custodian_member(1),
        "signing_key": b64encode(spki(key.public_key())),
        "sealing_key": b64encode(sealing),
        "sealing_key_signature": b64encode(sign_sealing_key(key, TENDER.id, WORLD.custodians[1].id, sealing)),
    }
    with refused("custodian-duplicate", member=shared):
        TENDER.policy(custodians=[first, second])


def test_building_refuses_what_parsing_does() -> None:
    with refused("duplicate"):
        TENDER.notice_bytes(items=TENDER.facts()["items"] * 2)
    with refused("deadline-before-notice"):
        TENDER.notice_bytes(at=TENDER.deadline)
    with refused("sealing-key-size"):
        bad = {**TENDER.custodian_member(0), "sealing_key": b64encode(b"x" * 1215)}
        TENDER.policy(custodians=[bad], threshold=1, independent=False)


def test_one_custodian_alone_is_a_rehearsal_and_never_independent() -> None:
    alone = World(3, custodians=1)
    with refused("independent-alone"):
        alone.tender(threshold=1, independent=True)
    with refused("threshold-rehearsal"):
        alone.tender(threshold=1, independent=False, changes={"sandbox": False})
    assert alone.tender(threshold=1, independent=False).notice.sandbox


def test_an_amendment_names_what_it_replaces_and_a_postponement_changes_the_policy() -> None:
    tender = World(4).tender()
    first = tender.notice
    second = tender.amend(title="更正后的公告")
    assert second.replaces == first.digest
    assert second.policy.digest == first.policy.digest
    third = tender.amend(deadline=tender.notice.deadline + HOUR)
    assert third.policy.digest != first.policy.digest


def test_policy_is_built_as_parsed() -> None:
    assert TENDER.policy() == json.loads(NOTICE.policy.raw)
    assert Policy.parse(json.loads(NOTICE.policy.raw)) == NOTICE.policy
    default = build_policy(
        tender=TENDER.id,
        threshold=2,
        custodians=[TENDER.custodian_member(n) for n in range(3)],
        opens_at=NOTICE.deadline,
        minimum_bidders=3,
        independent=True,
    )
    assert default["grace_seconds"] == 10 and default["suite"] == "sunseal-1"


# --- sealing keys


def test_what_a_custodian_signs() -> None:
    key = TENDER.sealing_keys[0].public
    assert json.loads(sealing_key_statement(TENDER.id, "0" * 32, key)) == {
        "type": "sunseal/sealing-key/v1",
        "tender": TENDER.id,
        "custodian": "0" * 32,
        "sealing_key": b64encode(key),
    }
    with refused("form-id", path="custodian"):
        sealing_key_statement(TENDER.id, "me", key)


def test_a_sealing_key_signature_is_for_one_key_tender_and_custodian() -> None:
    signing = generate_signing_key()
    public = SUNSEAL_1.sealing_key(bytes(32)).public
    mine, other = "1" * 32, "2" * 32
    signature = sign_sealing_key(signing, TENDER.id, mine, public)
    whose = spki(signing.public_key())
    verify_sealing_key(whose, TENDER.id, mine, public, signature)
    for arguments in (
        (spki(generate_signing_key().public_key()), TENDER.id, mine, public, signature),
        (whose, other, mine, public, signature),
        (whose, TENDER.id, other, public, signature),
        (whose, TENDER.id, mine, public[:-1] + b"\x00", signature),
        (whose, TENDER.id, mine, public, signature[:-1]),
        (whose, TENDER.id, mine, public, b"not DER"),
    ):
        with refused("sealing-key-signature"):
            verify_sealing_key(*arguments)


# --- signature


def test_verify_notice() -> None:
    verified = verify_notice(NOTICE.raw, TENDER.signature, WORLD.roots, crls=[WORLD.crl])
    assert verified.notice == NOTICE
    assert verified.party == WORLD.agency.party
    assert fingerprint(verified.certificate) == WORLD.agency.fingerprint


def test_a_changed_notice_does_not_verify() -> None:
    forged = changed(lambda n: n.update(title="另一个"))
    with refused("signature-invalid", what="notice"):
        verify_notice(forged, TENDER.signature, WORLD.roots)


@pytest.mark.parametrize("role", ["supplier", "custodian"])
def test_only_an_agency_publishes(role: str) -> None:
    buyer = WORLD.agency.party
    actor = WORLD.actor(role, "冒名者", id=buyer.id, organisation=buyer.organisation)
    with refused("signer-role", role=role, wanted="agency"):
        verify_notice(NOTICE.raw, actor.sign(NOTICE.raw, NOW), WORLD.roots)


def test_another_agency_cannot_publish_in_the_buyers_name() -> None:
    party = WORLD.agency.party
    same_id = WORLD.actor("agency", "另一机构", id=party.id, organisation="CN-USCC:913")
    same_organisation = WORLD.actor("agency", "另一机构", organisation=party.organisation)
    for other in (same_id, same_organisation):
        with refused("signer-not-buyer"):
            verify_notice(NOTICE.raw, other.sign(NOTICE.raw, NOW), WORLD.roots)


def test_another_root_another_authority_and_the_wrong_time_are_refused() -> None:
    stranger = strangers()
    with refused("certificate-untrusted"):
        verify_notice(NOTICE.raw, stranger.agency.sign(NOTICE.raw, NOW), WORLD.roots)
    platform = cms.sign(NOTICE.raw, WORLD.statement_signer, NOW)
    with refused("certificate-wrong-authority"):
        verify_notice(NOTICE.raw, platform, WORLD.roots)
    with refused("certificate-expired"):
        verify_notice(NOTICE.raw, TENDER.signature, WORLD.roots, at=NOW + timedelta(days=400))
    with refused("certificate-not-yet-valid"):
        verify_notice(NOTICE.raw, TENDER.signature, WORLD.roots, at=NOW - timedelta(days=400))


def test_a_revoked_agency_cannot_publish() -> None:
    serial = WORLD.agency.signer.certificate.serial_number
    crl = WORLD.make_crl([(serial, NOW - HOUR, "keyCompromise")])
    with refused("certificate-revoked", what="notice"):
        verify_notice(NOTICE.raw, TENDER.signature, WORLD.roots, crls=[crl])
    with refused("certificate-crl-missing"):
        verify_notice(NOTICE.raw, TENDER.signature, WORLD.roots, crls=[strangers().crl])


def test_the_notice_itself_is_checked_before_its_signature() -> None:
    with refused("not-canonical"):
        verify_notice(NOTICE.raw + b"\n", TENDER.signature, WORLD.roots)
