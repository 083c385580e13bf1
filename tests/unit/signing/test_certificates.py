from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signing import certificates as c
from signing import profile
from signing.errors import CertificateError
from signing.keys import generate_signing_key, spki
from tests.unit.signing.material import AT, BEGIN, DAY, SUPPLIER, new_world, signer, world


def check(
    leaf: x509.Certificate | None = None,
    intermediates: tuple[x509.Certificate, ...] | None = None,
    roots: list[x509.Certificate] | None = None,
    at: datetime = AT,
    kind: str = "parties",
    usage: str | None = "party",
    crls: tuple[x509.CertificateRevocationList, ...] = (),
) -> str:
    """ "good", or the reason code of the refusal, for the supplier unless told otherwise."""
    w = world()
    try:
        c.verify_chain(
            leaf or w.supplier.certificate,
            w.supplier.chain if intermediates is None else intermediates,
            w.roots if roots is None else roots,
            at,
            kind,
            usage,
            crls,
        )
    except CertificateError as error:
        assert error.reason == error.reason_code
        return error.reason_code
    return "good"


def test_a_good_chain_of_each_kind() -> None:
    w = world()
    assert check() == "good"
    assert check(usage=None) == "good"
    assert check(w.statements.certificate, w.statements.chain, kind="platform", usage="statement") == "good"


def test_no_partys_certificate_signs_for_the_platform_nor_the_other_way() -> None:
    w = world()
    assert check(kind="platform") == "wrong-authority"
    assert check(usage="statement") == "wrong-authority"
    assert check(w.statements.certificate, w.statements.chain) == "wrong-authority"
    assert (
        check(w.statements.certificate, w.statements.chain, kind="platform", usage="receipt")
        == "wrong-authority"
    )
    assert check(kind="nobody") == check(usage="anything") == "malformed"


def test_validity_is_judged_at_the_time_asked_for() -> None:
    w = world()
    last = w.supplier.certificate.not_valid_after_utc
    second = timedelta(seconds=1)
    first = w.supplier.certificate.not_valid_before_utc
    assert check(at=first) == check(at=BEGIN) == check(at=last) == "good"
    assert check(at=first - second) == "not-yet-valid"
    assert check(at=last + second) == "expired"


def test_a_chain_must_lead_to_a_trusted_root_and_use_all_that_is_given() -> None:
    w, stranger = world(), new_world()
    assert check(roots=stranger.roots) == check(roots=[]) == "untrusted"
    assert check(intermediates=()) == "untrusted"
    assert check(intermediates=stranger.supplier.chain) == "untrusted"
    extra = (*w.supplier.chain, w.platform.certificate)
    assert check(intermediates=extra) == "malformed"
    assert check(intermediates=w.supplier.chain * 2) == "malformed"
    assert check(w.parties.certificate, ()) in ("malformed", "untrusted")
    assert check(roots=[*stranger.roots, *w.roots]) == "good"


def test_a_leaf_cannot_issue() -> None:
    w = world()
    posing = c.Authority(w.supplier.key, w.supplier.certificate, (w.supplier.certificate, *w.supplier.chain))
    forged = signer(posing, SUPPLIER)
    assert check(forged.certificate, forged.chain) == "untrusted"


def test_an_authority_may_sign_certificates_or_is_none() -> None:
    w = world()
    own = w.parties.certificate

    def again(may: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder().subject_name(own.subject).issuer_name(own.issuer)
            .public_key(own.public_key()).serial_number(own.serial_number)  # type: ignore[arg-type]
            .not_valid_before(own.not_valid_before_utc).not_valid_after(own.not_valid_after_utc)
        )  # fmt: skip
        for extension in own.extensions:
            value = extension.value
            if isinstance(value, x509.KeyUsage):
                value = x509.KeyUsage(*[False] * 5, may, True, False, False)
            builder = builder.add_extension(value, extension.critical)
        return builder.sign(w.root.key, hashes.SHA256())

    assert check(intermediates=(again(True),)) == "good"
    assert check(intermediates=(again(False),)) == "untrusted"


def build(
    key: ec.EllipticCurvePrivateKey | None = None,
    digest: hashes.SHA256 | hashes.SHA384 | None = None,
    usage: bool | None = True,
    policies: bool = True,
) -> x509.Certificate:
    w = world()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd")]))
        .issuer_name(w.parties.certificate.subject)
        .public_key((key or generate_signing_key()).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + 30 * DAY)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(w.parties.key.public_key()), False)
    )
    if usage is not None:
        flags = [usage, *[False] * 3, not usage, *[False] * 4]
        builder = builder.add_extension(x509.KeyUsage(*flags), True)
    if policies:
        oids = (profile.KIND_POLICIES["parties"], profile.USAGE_POLICIES["party"])
        builder = builder.add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids]), False
        )
    return builder.sign(w.parties.key, digest or hashes.SHA256())


def test_other_algorithms_and_uses_are_refused() -> None:
    assert check(build()) == "good"
    assert check(build(key=ec.generate_private_key(ec.SECP384R1()))) == "algorithm"
    assert check(build(digest=hashes.SHA384())) == "algorithm"
    assert check(build(usage=False)) == check(build(usage=None)) == "wrong-authority"
    assert check(build(policies=False)) == "wrong-authority"


def test_a_party_certificate_must_name_its_party() -> None:
    with pytest.raises(CertificateError, match="once"):
        c.party_of(build())
    with pytest.raises(CertificateError, match="not one of a party"):
        c.party_of(world().statements.certificate)
    assert c.party_of(world().supplier.certificate) == SUPPLIER


class TestRevocation:
    def crl(
        self, revoked_at: datetime | None, reason: str = "keyCompromise", at: datetime = AT
    ) -> x509.CertificateRevocationList:
        w = world()
        serial = w.supplier.certificate.serial_number
        entries = [] if revoked_at is None else [(serial, revoked_at, reason)]
        return c.make_crl(w.parties, [(5, BEGIN, "unspecified"), *entries], at, at + DAY)

    def test_revoked_from_that_moment_on(self) -> None:
        second = timedelta(seconds=1)
        assert check(crls=(self.crl(None),)) == "good"
        assert check(crls=(self.crl(AT),)) == "revoked"
        assert check(crls=(self.crl(AT - second),)) == "revoked"
        assert check(crls=(self.crl(AT + second),)) == "good"

    def test_the_list_must_be_the_issuers_and_current(self) -> None:
        w, stranger = world(), new_world()
        platform = c.make_crl(w.platform, [], AT, AT + DAY)
        forged = c.make_crl(stranger.parties, [], AT, AT + DAY)
        assert check(crls=(platform,)) == check(crls=(forged,)) == "crl-missing"
        assert check(crls=(self.crl(None),), at=AT + DAY + timedelta(seconds=1)) == "crl-missing"
        assert check(crls=(platform, forged, self.crl(None))) == "good"

    def test_an_older_list_still_tells_of_a_revocation(self) -> None:
        lists = (self.crl(None), self.crl(AT, at=AT - 5 * DAY))
        assert check(crls=lists) == "revoked"

    def test_a_list_that_covers_only_a_part_is_not_taken(self) -> None:
        w = world()
        partial = (
            x509.CertificateRevocationListBuilder(w.parties.certificate.subject, AT, AT + DAY)
            .add_extension(x509.DeltaCRLIndicator(1), critical=True)
            .sign(w.parties.key, hashes.SHA256())
        )
        assert check(crls=(partial,)) == "crl-missing"

    def test_many_lists_are_forgotten_again(self) -> None:
        for day in range(70):
            assert check(crls=(self.crl(None, at=AT + timedelta(minutes=day)),)) == "good"

    def test_an_unknown_reason_is_not_written(self) -> None:
        with pytest.raises(CertificateError, match="no reason"):
            self.crl(AT, "because")


class TestRequests:
    def test_a_request_gives_its_key(self) -> None:
        key = generate_signing_key()
        assert spki(c.read_csr(c.create_csr(key, "张三"))) == spki(key.public_key())

    @pytest.mark.parametrize("name", ["", "x" * 257])
    def test_a_name_has_1_to_256_characters(self, name: str) -> None:
        with pytest.raises(CertificateError, match="1 to 256"):
            c.create_csr(generate_signing_key(), name)

    def request(self, key: ec.EllipticCurvePrivateKey, digest: hashes.SHA256 | hashes.SHA384) -> bytes:
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return builder.sign(key, digest).public_bytes(Encoding.PEM)

    def test_other_requests_are_refused(self) -> None:
        good = x509.load_pem_x509_csr(c.create_csr(generate_signing_key(), "x")).public_bytes(Encoding.DER)
        broken = x509.load_der_x509_csr(good[:-1] + bytes([good[-1] ^ 1])).public_bytes(Encoding.PEM)
        cases = [
            (b"no request", "malformed"),
            (b"x" * 20_000, "malformed"),
            (broken, "malformed"),
            (self.request(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()), "algorithm"),
            (self.request(generate_signing_key(), hashes.SHA384()), "algorithm"),
        ]
        for pem, code in cases:
            with pytest.raises(CertificateError) as refusal:
                c.read_csr(pem)
            assert refusal.value.reason_code == code


class TestIssuing:
    def test_each_authority_issues_only_its_kind(self) -> None:
        w, key = world(), generate_signing_key().public_key()
        for authority, subject in (
            (w.platform, SUPPLIER),
            (w.parties, c.PlatformSubject("x", "receipt")),
            (w.root, SUPPLIER),
        ):
            with pytest.raises(CertificateError) as refusal:
                c.issue(authority, key, subject, AT, 1)
            assert refusal.value.reason_code == "wrong-authority"

    def test_other_keys_get_no_certificate(self) -> None:
        key = ec.generate_private_key(ec.SECP384R1()).public_key()
        with pytest.raises(CertificateError) as refusal:
            c.issue(world().parties, key, SUPPLIER, AT, 1)
        assert refusal.value.reason_code == "algorithm"

    @pytest.mark.parametrize(("id", "role"), [("A" * 32, "supplier"), ("a" * 32, "operator")])
    def test_a_malformed_party_gets_no_certificate(self, id: str, role: str) -> None:
        party = c.Party(id, "CN-USCC:1", role, "n", "o")
        with pytest.raises(CertificateError):
            c.issue(world().parties, generate_signing_key().public_key(), party, AT, 1)

    def test_a_certificate_begins_before_it_is_issued_for_clocks_that_are_behind(self) -> None:
        w, key = world(), generate_signing_key().public_key()
        leaf = c.issue(w.parties, key, SUPPLIER, AT, 7)
        assert leaf.not_valid_before_utc == AT - timedelta(minutes=10)
        assert leaf.not_valid_after_utc == AT + 7 * DAY
        young = new_world()
        chain = (young.root, young.platform, young.parties)
        assert {each.certificate.not_valid_before_utc for each in chain} == {BEGIN - timedelta(minutes=10)}

    def test_a_leaf_never_outlives_its_authority_and_serials_tell_nothing(self) -> None:
        w, key = world(), generate_signing_key().public_key()
        leaves = [c.issue(w.parties, key, SUPPLIER, AT, 365 * 90) for _ in range(4)]
        assert {leaf.not_valid_after_utc for leaf in leaves} == {w.parties.certificate.not_valid_after_utc}
        assert len({leaf.serial_number >> 64 for leaf in leaves}) == 4
        assert len({c.fingerprint(leaf) for leaf in leaves}) == 4


def test_pem_round_trips_and_rubbish_is_refused() -> None:
    w = world()
    both = [w.root.certificate, w.parties.certificate]
    assert c.load_pem(c.dump_pem(both)) == both
    for wrong in (
        b"",
        b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
        b"x" * (1 << 20) + b"x",
    ):
        with pytest.raises(CertificateError):
            c.load_pem(wrong)


def test_pem_is_read_however_it_is_laid_out() -> None:
    """White space may stand anywhere in a block; six dashes in front of a word are no mark."""
    w = world()
    both = [w.root.certificate, w.parties.certificate]
    pem = c.dump_pem(both)
    for laid_out in (
        pem.replace(b"\n", b"\r\n"),
        pem.replace(b"\n", b"\n  "),
        pem.replace(b"M", b"M\t\x0c\xe3\x80\x80 "),
        pem.replace(b"-----\nM", b"-----\n\nM"),
        b"# roots \xff\n" + pem + b"end",
    ):
        assert c.load_pem(laid_out) == both
    assert c.load_pem(b"-" + pem) == both[1:]
    for old, new in ((b"M", b"M\xff"), (b"M", b"M-"), (b"\nM", b"\nMI\n\nI")):
        with pytest.raises(CertificateError):
            c.load_pem(pem.replace(old, new))
