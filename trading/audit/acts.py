"""Which acts the public log takes. What would tell who bids, or how many, is not among them."""

from __future__ import annotations

PUBLIC_ACTS = frozenset(
    {
        "organisation.enrolled",  # never a supplier's
        "organisation.changed",  # roles; never of one that is a supplier alone
        "certificate.issued",  # agencies' and custodians'; suppliers' enter by the day's root
        "certificate.revoked",  # as above; a supplier's stands in the revocation list
        "certificates.day",
        "platform-key.revoked",  # one of the platform's own, by its certificate's and the next one's digest
        "acts.day",  # sign-ins, bids, downloads, refusals … of one day, by their root and the day's digest
        "sealing-code.served",  # the file that seals bids in browsers, by its digest
        "envelope-key.set",
        "tender.published",
        "tender.amended",
        "tender.cancelled",
        "tender.closed",
        "tender.failed",
        "custody.released",
        "custody.refused",  # what a custodian handed in and was not taken, by its digest; once for each
        "custody.erased",
        "opening.frozen",
        "opening.unlocked",  # names each secret, when the window has ended for all
        "opening.unlock-decided",
        "bid.resupplied",  # only ever after the freezing, when how many have bid is public
        "tender.opened",
        "tender.admitted",  # a stage statement: which bids go on to the next segment
        "tender.evaluated",
        "tender.awarded",
        "evidence.published",
    }
)
