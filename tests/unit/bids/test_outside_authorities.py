"""Parties that sign with certificates from outside the platform: the verifiers follow the enrolment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from bids.errors import BidError
from bids.trust import Outside, build_enrolment
from signing.certificates import dump_pem, fingerprint
from signing.profile import KIND_POLICIES, USAGE_POLICIES
from signing.statements import sign_statement
from tests.bids_factory import HOUR, World
from tests.bids_platform import Actor
from tests.outside_authority import CREDIT_CODE, OutsideAuthority
from tests.package_checks import check, failures, texts
from tests.package_factory import Case

DAY = timedelta(days=1)
SUBJECT, EXTENSION = "subject:2.5.4.97", f"extension:{CREDIT_CODE.dotted_string}"


def outsider(
    world: World, authority: OutsideAuthority, actor: Actor, attribute: str = SUBJECT, **said: str
) -> Actor:
    """The same party with a certificate of `authority`, enrolled with `said` instead of what is true."""
    identifier = actor.party.organisation.partition(":")[2]
    signer = authority.issue(
        actor.signer.key, f"NTRCN-{identifier}", name=actor.party.name, in_extension=attribute == EXTENSION
    )
    facts = {"authority": fingerprint(authority.root), "attribute": attribute, "value": f"NTRCN-{identifier}"}
    at = world.now - HOUR
    statement = build_enrolment(
        at=at, certificate=signer.certificate, party=actor.party, outside=Outside(**{**facts, **said})
    )
    return Actor(actor.party, signer, world.state(statement, at), world.more_crls[0])


def world_of_outsiders(seed: int, **said: str) -> tuple[World, OutsideAuthority]:
    """Agency, first supplier and first custodian sign with outside certificates."""
    world = World(seed=seed)
    authority = OutsideAuthority(world.issued)
    world.outside = (authority.root,)
    world.more_crls = [authority.crl(world.now - HOUR)]
    world.agency = outsider(world, authority, world.agency)
    world.suppliers[0] = outsider(world, authority, world.suppliers[0], EXTENSION, **said)
    world.custodians[0] = outsider(world, authority, world.custodians[0])
    return world, authority


def test_all_that_outsiders_sign_holds_and_the_report_says_whose_roots() -> None:
    world, authority = world_of_outsiders(81)
    data = Case(world).run().package()
    report = check(data, world)
    assert report.ok, failures(report)
    assert "verify-outside-package" in [one.code for one in report.findings if one.ok is None]
    report = check(data, world, outside=dump_pem([authority.root]))
    assert report.ok and "verify-outside-own" in [one.code for one in report.findings if one.ok]
    stranger = OutsideAuthority(world.issued)
    report = check(data, world, outside=dump_pem([stranger.root]))
    assert failures(report)["verify-notice-signed"] == ["outside-unknown"]
    assert all(texts(report))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"value": "NTRCN-0"}, "enrolment-disagrees"),
        ({"attribute": SUBJECT}, "certificate-malformed"),
        ({"attribute": "subject:2.5.4.3"}, "enrolment-disagrees"),
        ({"attribute": "extension:2.5.29.15"}, "certificate-malformed"),
        ({"authority": "0" * 64}, "outside-unknown"),
    ],
)
def test_what_the_certificate_does_not_say_is_caught(said: dict[str, str], reason: str) -> None:
    world, authority = world_of_outsiders(82)
    case = Case(world).run()
    honest = world.suppliers[0]
    value = f"NTRCN-{honest.party.organisation.partition(':')[2]}"
    facts = {"authority": fingerprint(authority.root), "attribute": EXTENSION, "value": value, **said}
    at = world.now - HOUR
    statement = build_enrolment(
        at=at, certificate=honest.signer.certificate, party=honest.party, outside=Outside(**facts)
    )
    world.suppliers[0] = replace(honest, enrolment=world.state(statement, at))
    assert failures(check(case.package(), world))["verify-bids"] == [reason]


def test_an_organisation_whose_id_only_ends_as_the_certificates_is_another() -> None:
    world, authority = world_of_outsiders(82)
    case = Case(world).run()
    honest = world.suppliers[0]
    identifier = honest.party.organisation.partition(":")[2]
    outside = Outside(fingerprint(authority.root), EXTENSION, f"NTRCN-{identifier}")
    at = world.now - HOUR
    for named in (identifier[-8:], f"CN-{identifier}", f"-{identifier}"):
        party = replace(honest.party, organisation=f"CN-USCC:{named}")
        statement = build_enrolment(
            at=at, certificate=honest.signer.certificate, party=party, outside=outside
        )
        world.suppliers[0] = replace(honest, enrolment=world.state(statement, at))
        assert failures(check(case.package(), world))["verify-bids"] == ["enrolment-disagrees"]


@pytest.mark.parametrize("revoked", [True, False])
def test_the_outside_list_in_the_receipt_judges(revoked: bool) -> None:
    world, authority = world_of_outsiders(83)
    case = Case(world, bidders=3).run()
    supplier = world.suppliers[0]
    serial, at = supplier.signer.certificate.serial_number, world.now + HOUR
    late = authority.crl(at + HOUR, revoked=[(serial, at)])
    old = authority.crl(world.now - 30 * DAY, days=1)
    if revoked:
        world.more_crls.append(late)
        report = check(case.package(), world)
        assert report.ok and "verify-revoked-later" in [one.code for one in report.findings]
        return
    world, authority = world_of_outsiders(83)
    world.suppliers[0] = replace(world.suppliers[0], crl=old)
    world.more_crls.append(old)
    with pytest.raises(BidError, match="no revocation list"):
        Case(world, bidders=3).close()


def test_a_revoked_outside_authority_takes_all_it_issued_along() -> None:
    for early in (True, False):
        world, authority = world_of_outsiders(84)
        case = Case(world, bidders=3).run()
        when = world.issued if early else world.now + 30 * DAY
        world.more_crls.append(authority.root_crl(world.now - HOUR, when))
        report = check(case.package(), world)
        if early:
            assert failures(report)["verify-notice-signed"] == ["certificate-revoked"]
        else:
            assert report.ok, failures(report)


def test_an_authority_that_constrains_names_is_refused_by_both() -> None:
    world = World(seed=84)
    constraints = x509.NameConstraints([x509.DirectoryName(x509.Name([]))], None)
    authority = OutsideAuthority(world.issued, extensions=[(constraints, True)])
    world.outside, world.more_crls = (authority.root,), [authority.crl(world.now - HOUR)]
    case = Case(world).run()
    world.suppliers[0] = outsider(world, authority, world.suppliers[0])
    bid = case.tender.bids[0]
    assert bid.supplier.signer.certificate != world.suppliers[0].signer.certificate
    with pytest.raises(BidError, match="does not lead to a trusted root"):
        case.tender.trust().verify(
            "manifest", b"x", world.suppliers[0].sign(b"x", world.now), world.now, "supplier"
        )


def test_no_outside_certificate_signs_a_statement_of_the_platform() -> None:
    world, authority = world_of_outsiders(85)
    policies = [KIND_POLICIES["platform"], USAGE_POLICIES["statement"]]
    asserted = x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in policies])
    signer = authority.issue(world.p256("thief"), "NTRCN-1", extensions=[(asserted, False)])
    case = Case(world)
    case.close()
    forged = sign_statement(case.tender.closing_statement(at=case.at), signer, case.at)
    with pytest.raises(BidError, match="does not lead to a trusted root"):
        case.tender.trust().platform_statement("closing", forged)
