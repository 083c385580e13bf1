"""Checking an evidence package, off-line and without trusting the platform that made it."""

from bids.verification.documents import DocumentCheck
from bids.verification.findings import Finding, Report
from bids.verification.verifier import verify

__all__ = ["DocumentCheck", "Finding", "Report", "verify"]
