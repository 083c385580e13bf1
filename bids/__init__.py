"""The sealed-bid domain: notice, offer, envelope, manifest, receipt, ledger, opening, ranking, evidence.

The first floor: it stands on `signing` alone, does no I/O but on streams passed in, and never asks for the
time. The supplier's off-line client, the custodian's agent and the verifier run on it as the platform does.
"""
