"""Which certificates a set of revocation lists names, and since when (RFC 5280)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from cryptography import x509

from signing.chains import issued_by
from signing.errors import CertificateError
from signing.profile import fingerprint


class Revocations:
    """What lists say of certificates, by issuer: a serial's earliest time on any list that the issuer signed.

    Unlike a chain's check it asks for no list that is current: it tells what is known, for certificates whose
    lists come later than their use.
    """

    def __init__(self, crls: Iterable[x509.CertificateRevocationList] = ()) -> None:
        self._crls = tuple(crls)
        self._of: dict[str, tuple[Mapping[int, datetime], datetime | None]] = {}

    def time_of(self, certificate: x509.Certificate, issuer: x509.Certificate) -> datetime | None:
        """When `certificate` was revoked (UTC) as far as the lists of its issuer say, None if they do not."""
        return self._known(issuer)[0].get(certificate.serial_number)

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        """CertificateError "revoked" if it was revoked by `at`."""
        revoked = self.time_of(certificate, issuer)
        if revoked is not None and revoked <= at:
            raise CertificateError(
                f"The certificate was revoked on {revoked:%Y-%m-%d %H:%M:%S} UTC.", "revoked"
            )

    def reach(self, issuer: x509.Certificate, at: datetime) -> bool:
        """Whether one of the issuer's lists is current at `at` or was made later."""
        last = self._known(issuer)[1]
        return last is not None and at <= last

    def _known(self, issuer: x509.Certificate) -> tuple[Mapping[int, datetime], datetime | None]:
        print_ = fingerprint(issuer)
        if print_ not in self._of:
            self._of[print_] = self._read(issuer)
        return self._of[print_]

    def _read(self, issuer: x509.Certificate) -> tuple[Mapping[int, datetime], datetime | None]:
        found: dict[int, datetime] = {}
        last: datetime | None = None
        for crl in self._crls:
            if crl.issuer != issuer.subject or not issued_by(crl, issuer):
                continue
            for entry in crl:
                earliest = found.setdefault(entry.serial_number, entry.revocation_date_utc)
                found[entry.serial_number] = min(earliest, entry.revocation_date_utc)
            if crl.next_update_utc is not None and (last is None or crl.next_update_utc > last):
                last = crl.next_update_utc
        return found, last
