"""Our time-stamp authority and the checking of its tokens; asn1crypto is the referee of their form."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from signing import certificates, der, timestamps
from signing import timestamp_messages as messages
from signing.errors import CertificateError, SignatureInvalid, SigningError
from signing.keys import Signer
from signing.profile import TIMESTAMP_POLICY
from signing.profile import der as certificate_der
from signing.signer_info import SHA256, issuer_and_serial, signing_certificate
from signing.timestamps import TimeStampAuthority
from tests.unit.signing.material import AT, new_world, signer, world

DIGEST = hashlib.sha256(b"the signature of a receipt").digest()
MOMENT = datetime(2026, 6, 2, 9, 0, 0, 120_500, tzinfo=UTC)


@cache
def stamper() -> Signer:
    return signer(world().platform, certificates.PlatformSubject("Time-stamps", "timestamp"))


def authority(at: datetime = MOMENT, who: Signer | None = None) -> TimeStampAuthority:
    return TimeStampAuthority(who or stamper(), lambda: at)


def request(**changes: object) -> bytes:
    imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST})
    members = {"version": "v1", "message_imprint": imprint, "nonce": 77, "cert_req": True, **changes}
    return tsp.TimeStampReq({name: value for name, value in members.items() if value is not None}).dump()


def asked(data: bytes) -> tsp.TimeStampResp:
    return tsp.TimeStampResp.load(authority().reply(data), strict=True)


def info_of(token: bytes) -> tsp.TSTInfo:
    return tsp.ContentInfo.load(token, strict=True)["content"]["encap_content_info"]["content"].parsed


def test_a_stamp_says_what_was_there_and_when() -> None:
    token = authority().stamp(DIGEST)
    stamp = timestamps.verify_token(token, DIGEST, world().roots)
    assert (stamp.time, stamp.policy, stamp.nonce) == (MOMENT, TIMESTAMP_POLICY, None)
    assert stamp.accuracy == timedelta(seconds=1)
    assert stamp.certificate == stamper().certificate and stamp.intermediates == stamper().chain
    assert timestamps.verify_token(authority().stamp(DIGEST), DIGEST, world().roots).serial != stamp.serial
    assert 2**100 < stamp.serial < 2**128


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 6, 2, 9, 0, 0, tzinfo=UTC),
        datetime(2026, 6, 2, 9, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 6, 2, 17, 0, 0, 500_000, tzinfo=UTC).astimezone(),
    ],
)
def test_the_time_is_exact_and_in_its_one_form(at: datetime) -> None:
    token = authority(at).stamp(DIGEST)
    assert timestamps.verify_token(token, DIGEST, world().roots).time == at
    assert info_of(token)["gen_time"].native.replace(tzinfo=UTC) == at.astimezone(UTC)


def test_another_parser_reads_the_reply_so() -> None:
    reply = asked(request())
    assert reply["status"]["status"].native == "granted"
    token = reply["time_stamp_token"]
    signed = token["content"]
    assert signed["version"].native == "v3"
    names = {one["type"].native for one in signed["signer_infos"][0]["signed_attrs"]}
    assert names == {"content_type", "message_digest", "signing_certificate_v2"}
    info = info_of(token.dump())
    assert info["nonce"].native == 77 and info["policy"].native == TIMESTAMP_POLICY
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert len(signed["certificates"]) == 2


def test_the_certificate_only_if_asked_for() -> None:
    reply = asked(request(cert_req=None, nonce=None))
    assert reply["time_stamp_token"]["content"]["certificates"].native is None
    assert info_of(reply["time_stamp_token"].dump())["nonce"].native is None
    with pytest.raises(SignatureInvalid, match="no certificate"):
        timestamps.verify_token(reply["time_stamp_token"].dump(), DIGEST, world().roots)


def test_our_own_request_gets_its_reply() -> None:
    asks = messages.build_request(messages.imprint_of(DIGEST), 2**63 + 5)
    assert tsp.TimeStampReq.load(asks, strict=True)["nonce"].native == 2**63 + 5
    token = messages.read_reply(authority().reply(asks))
    assert timestamps.verify_token(token, DIGEST, world().roots, nonce=2**63 + 5)
    with pytest.raises(SignatureInvalid, match="nonces differ"):
        timestamps.verify_token(token, DIGEST, world().roots, nonce=1)
    with pytest.raises(SigningError, match="32 bytes"):
        messages.imprint_of(DIGEST[:31])


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512", "sha3_256", "sha3_512"])
def test_every_digest_of_today_is_stamped(name: str) -> None:
    digest = hashlib.new(name, b"x").digest()
    imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": name}, "hashed_message": digest})
    reply = asked(request(message_imprint=imprint))
    assert info_of(reply["time_stamp_token"].dump())["message_imprint"].dump() == imprint.dump()


def imprint(name: str, value: bytes) -> tsp.MessageImprint:
    return tsp.MessageImprint({"hash_algorithm": {"algorithm": name}, "hashed_message": value})


REFUSALS = [
    (request(message_imprint=imprint("sha1", bytes(20))), "bad_alg"),
    (request(message_imprint=imprint("md5", bytes(16))), "bad_alg"),
    (request(message_imprint=imprint("sha256", bytes(31))), "bad_data_format"),
    (request(req_policy="1.2.3.4"), "unaccepted_policy"),
    (request(nonce=2**600), "bad_request"),
    (request(extensions=[{"extn_id": "1.2.3", "extn_value": b"x"}]), "unaccepted_extensions"),
    (request().replace(der.integer(1), der.integer(2), 1), "bad_request"),
    (b"", "bad_data_format"),
    (b"not ASN.1", "bad_data_format"),
    (request() + b"\0", "bad_data_format"),
    (request()[:-1], "bad_data_format"),
    (der.tlv(der.SEQUENCE, der.integer(1), der.tlv(der.SEQUENCE)), "bad_data_format"),
    (request().replace(der.integer(77), b"\2\2\0\x4d"), "bad_data_format"),
]


@pytest.mark.parametrize(("data", "failure"), REFUSALS, ids=range(len(REFUSALS)))
def test_what_is_refused_and_by_which_word(data: bytes, failure: str) -> None:
    reply = der.Reader(authority().reply(data)).inside(der.SEQUENCE)
    status = tsp.PKIStatusInfo.load(reply.element(), strict=True)
    reply.end()  # no token
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {failure}
    with pytest.raises(messages.TimeStampRefused) as caught:
        messages.read_reply(authority().reply(data))
    assert caught.value.failure.lower().rstrip("s") == failure.replace("_", "").rstrip("s")
    assert str(caught.value) == status["status_string"].native[0]


def test_a_policy_asked_for_by_name_and_a_written_default_are_fine() -> None:
    assert asked(request(req_policy=TIMESTAMP_POLICY))["status"]["status"].native == "granted"
    written = request(cert_req=None) + der.tlv(der.BOOLEAN, b"\0")
    grown = der.tlv(der.SEQUENCE, der.Reader(written[:-3]).content(der.SEQUENCE), written[-3:])
    assert asked(grown)["status"]["status"].native == "granted"


@pytest.mark.parametrize("reply", [b"", b"\x30\x00", messages.granted(b""), messages.granted(b"\4\0"), b"x"])
def test_a_reply_that_is_none(reply: bytes) -> None:
    with pytest.raises(messages.TimeStampRefused, match="not a TimeStampResp"):
        messages.read_reply(reply)


def test_a_refusal_without_a_word() -> None:
    bare = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.integer(2)))
    odd = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.integer(3), der.tlv(der.BIT_STRING, b"\0")))
    for reply in (bare, odd):
        with pytest.raises(messages.TimeStampRefused, match="without a word") as caught:
            messages.read_reply(reply)
        assert caught.value.failure == "systemFailure"


def test_for_another_digest_it_says_nothing() -> None:
    token = authority().stamp(DIGEST)
    with pytest.raises(SignatureInvalid, match="imprints differ"):
        timestamps.verify_token(token, bytes(32), world().roots)
    sha3 = messages.read_reply(authority().reply(request(message_imprint=imprint("sha3_256", DIGEST))))
    with pytest.raises(SignatureInvalid, match="imprints differ"):
        timestamps.verify_token(sha3, DIGEST, world().roots)


def test_only_a_time_stamp_key_of_the_platform_stamps() -> None:
    w = world()
    for who in (w.statements, w.supplier):
        with pytest.raises(CertificateError) as caught:
            timestamps.verify_token(authority(who=who).stamp(DIGEST), DIGEST, w.roots)
        assert caught.value.reason_code == "wrong-authority"
    with pytest.raises(CertificateError):
        timestamps.verify_token(authority().stamp(DIGEST), DIGEST, new_world().roots)
    late = authority(AT + timedelta(days=900)).stamp(DIGEST)
    with pytest.raises(CertificateError, match="expired"):
        timestamps.verify_token(late, DIGEST, w.roots)
    revoked = certificates.make_crl(
        w.platform,
        [(stamper().certificate.serial_number, MOMENT - timedelta(hours=1), "keyCompromise")],
        MOMENT,
        MOMENT + timedelta(days=9),
    )
    with pytest.raises(CertificateError, match="revoked"):
        timestamps.verify_token(authority().stamp(DIGEST), DIGEST, w.roots, crls=[revoked])


def test_its_certificate_is_for_stamping_alone() -> None:
    extensions = stamper().certificate.extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical and [one.dotted_string for one in usage.value] == ["1.3.6.1.5.5.7.3.8"]
    key = extensions.get_extension_for_class(x509.KeyUsage).value
    assert key.digital_signature and not key.content_commitment
    document = signer(world().platform, certificates.PlatformSubject("Documents", "document"))
    certificates.verify_chain(document.certificate, document.chain, world().roots, AT, "platform", "document")


TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
SHA384 = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.2"))


class Forge:
    """Builds tokens that are right but for what a test changes, signed by the real key."""

    def __init__(self, **changes: object) -> None:
        own = certificate_der(stamper().certificate)
        self.info = [
            der.integer(1),
            der.oid(TIMESTAMP_POLICY),
            messages.imprint_of(DIGEST).encoded,
            der.integer(99),
            der.tlv(der.GENERALIZED_TIME, b"20260602090000.5Z"),
        ]
        self.type = self.signed_type = TST_INFO
        self.version, self.info_version = der.integer(3), der.integer(1)
        self.digests, self.digest = [SHA256], SHA256
        self.algorithm = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))
        self.certificates = [own, certificate_der(stamper().chain[0])]
        self.sid, self.named = issuer_and_serial(own), signing_certificate(own, with_issuer=False)
        self.hash: hashes.HashAlgorithm = hashes.SHA256()
        self.told: bytes | None = None
        self.after_signature = self.after_infos = b""
        self.infos = 1
        vars(self).update(changes)

    def build(self) -> bytes:
        content = der.tlv(der.SEQUENCE, *self.info)
        told = self.told or hashlib.sha256(content).digest()
        attributes = [
            der.tlv(der.SEQUENCE, der.oid(oid), der.tlv(der.SET, value))
            for oid, value in (
                ("1.2.840.113549.1.9.3", self.signed_type),
                ("1.2.840.113549.1.9.4", der.tlv(der.OCTET_STRING, told)),
                ("1.2.840.113549.1.9.16.2.47", self.named),
            )
        ]
        value = stamper().key.sign(der.set_of(der.SET, attributes), ec.ECDSA(self.hash))
        info = der.tlv(
            der.SEQUENCE,
            self.info_version,
            self.sid,
            self.digest,
            der.set_of(der.CONTEXT_0, attributes),
            self.algorithm,
            der.tlv(der.OCTET_STRING, value),
            self.after_signature,
        )
        wrapped = der.tlv(der.CONTEXT_0, der.tlv(der.OCTET_STRING, content))
        signed = der.tlv(
            der.SEQUENCE,
            self.version,
            der.set_of(der.SET, self.digests),
            der.tlv(der.SEQUENCE, self.type, wrapped),
            der.set_of(der.CONTEXT_0, self.certificates),
            der.set_of(der.SET, [info, info[:-1] + b"\0"][: self.infos]),
            self.after_infos,
        )
        return der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.1.7.2"), der.tlv(der.CONTEXT_0, signed))


def info_with(at: int, *elements: bytes) -> list[bytes]:
    info = Forge().info
    return [*info[:at], *elements, *info[at + 1 :]]


def time_of(text: bytes) -> list[bytes]:
    return info_with(4, der.tlv(der.GENERALIZED_TIME, text))


def test_what_the_profile_allows() -> None:
    full = [
        *Forge().info,
        der.tlv(der.SEQUENCE, der.integer(2), der.tlv(0x80, b"\5"), der.tlv(0x81, b"\7")),
        der.tlv(der.BOOLEAN, b"\xff"),
        der.integer(4),
        der.tlv(0xA0, der.tlv(0xA4, der.tlv(der.SEQUENCE))),
        der.tlv(0xA1, der.tlv(der.SEQUENCE)),
    ]
    stamp = timestamps.verify_token(Forge(info=full).build(), DIGEST, world().roots)
    assert stamp.accuracy == timedelta(seconds=2, milliseconds=5, microseconds=7)
    assert (stamp.nonce, stamp.serial, stamp.time.microsecond) == (4, 99, 500_000)
    bare = timestamps.verify_token(Forge().build(), DIGEST, world().roots)
    assert bare.accuracy is None and bare.nonce is None
    precise = timestamps.verify_token(
        Forge(info=time_of(b"20260602090000.123456789Z")).build(), DIGEST, world().roots
    )
    assert precise.time.microsecond == 123_456


OWN = certificate_der(stamper().certificate)
FORGERIES: list[dict[str, object]] = [
    {"type": der.oid("1.2.840.113549.1.7.1")},
    {"signed_type": der.oid("1.2.840.113549.1.7.1")},
    {"version": der.integer(1)},
    {"info_version": der.integer(3)},
    {"digests": [SHA384]},
    {"digests": [SHA256, SHA384]},
    {"digest": SHA384},
    {"algorithm": der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.3"))},
    {"hash": hashes.SHA384()},
    {"told": bytes(32)},
    {"named": der.tlv(der.SEQUENCE)},
    {"sid": der.tlv(der.SEQUENCE)},
    {"after_signature": der.tlv(0xA1, der.tlv(der.SEQUENCE))},
    {"after_infos": b"\0"},
    {"infos": 2},
    {"infos": 0},
    {"certificates": [OWN, certificate_der(world().parties.certificate)]},
    {"info": info_with(0, der.integer(2))},
    {"info": info_with(1, der.tlv(der.OID, b""))},
    {"info": info_with(1, der.tlv(der.OID, b"\x80\1"))},
    {"info": info_with(1, der.tlv(der.OID, b"\x81"))},
    {"info": info_with(2, der.tlv(der.SEQUENCE))},
    {"info": info_with(2, imprint("sha1", bytes(20)).dump())},
    {"info": info_with(2, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, SHA256[2:], b"\5\1\0")))},
    {"info": info_with(3, b"\2\2\0\1")},
    {"info": time_of(b"20260602090000.50Z")},
    {"info": time_of(b"20260602090000.Z")},
    {"info": time_of(b"20260602090000.1234567891Z")},
    {"info": time_of(b"20260602090000")},
    {"info": time_of(b"202606020900Z")},
    {"info": time_of(b"20260602250000Z")},
    {"info": time_of(b"20260602090000,5Z")},
    {"info": time_of(b"20260602090000.\xff5Z")},
    {"info": [*Forge().info, der.tlv(der.BOOLEAN, b"\0")]},
    {"info": [*Forge().info, der.tlv(der.SEQUENCE, der.tlv(0x80, b"\3\xe8"))]},
    {"info": [*Forge().info, der.tlv(der.SEQUENCE, b"\2\1\xff")]},
    {"info": [*Forge().info, der.tlv(0xA2)]},
]


@pytest.mark.parametrize("changes", FORGERIES, ids=lambda changes: next(iter(changes)))
def test_other_forms_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SignatureInvalid):
        timestamps.verify_token(Forge(**changes).build(), DIGEST, world().roots)


@pytest.mark.parametrize("token", [b"", b"\x30", b"\x30\x80\0\0", bytes(70_000)])
def test_rubbish_is_refused(token: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        timestamps.verify_token(token, DIGEST, world().roots)


@pytest.mark.slow
def test_every_byte_counts() -> None:
    token = authority().stamp(DIGEST)
    for at in range(len(token)):
        changed = bytearray(token)
        changed[at] ^= 0x80
        with pytest.raises(SigningError):
            timestamps.verify_token(bytes(changed), DIGEST, world().roots)
