"""Keys, certificates, signatures, sealing, sharing and Merkle logs.

The ground floor: it knows nothing of tenders, does no I/O but on streams passed in, and never asks for the
time. Everything above (`bids`, `trading`) reaches cryptography through here.
"""
