"""The demonstration: real tenders replayed against a platform of its own, over HTTP, and compared.

`caltrans-bid-summaries.json` holds eight tenders of the California Department of Transportation, opened on
2011-05-05, with all bids, unit price by unit price (public record; phones and addresses removed).
"""
