"""Revocation lists of outside authorities, fetched from the configured addresses alone."""

from __future__ import annotations

from datetime import datetime

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.chains import issued_by
from trading.accounts.outside import OutsideAuthority
from trading.accounts.signatures import loaded_crl
from trading.answers import read_answer
from trading.errors import TradingError

_MAX_LIST = 16 << 20  # bytes
_TIMEOUT = urllib3.Timeout(connect=5, read=15, total=30)
_SECONDS = 45.0  # for all of it: less than the claim is held


def fetch_list(
    authority: OutsideAuthority, now: datetime, held: bytes | None = None
) -> tuple[bytes, datetime]:
    """The authority's list of now, in DER, and when the next is due (UTC).

    One request to the configured address, without redirects, of at most 16 MiB. Older than the one `held`
    (DER) it may not be: addresses of lists are seldom https, and an old one would hide what was revoked
    since. Raises TradingError "outside-list-unfetched", "outside-list-unfit".
    """
    data = _download(authority)
    try:
        crl = (
            x509.load_pem_x509_crl(data)
            if data.lstrip().startswith(b"-----")
            else x509.load_der_x509_crl(data)
        )
        genuine = crl.issuer == authority.issuer.subject and issued_by(crl, authority.issuer)
        next_update = crl.next_update_utc
        older = held is not None and crl.last_update_utc < loaded_crl(held).last_update_utc
    except (ValueError, x509.InvalidVersion):
        raise TradingError("outside-list-unfit", name=authority.name) from None
    if not genuine or older or next_update is None or next_update <= now or crl.last_update_utc > now:
        raise TradingError("outside-list-unfit", name=authority.name)
    return crl.public_bytes(Encoding.DER), next_update


def _download(authority: OutsideAuthority) -> bytes:
    try:
        with urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as pool:
            answer = pool.request("GET", authority.crl_url, redirect=False, preload_content=False)
            try:
                data = read_answer(answer, _MAX_LIST + 1, _SECONDS)
            finally:
                answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        reason = type(error).__name__
        raise TradingError("outside-list-unfetched", name=authority.name, reason=reason) from None
    if answer.status != 200 or len(data) > _MAX_LIST:
        raise TradingError("outside-list-unfetched", name=authority.name, reason=f"HTTP {answer.status}")
    return data
