"""Receipts that wait for an outside authority's time-stamp, and the certificates of such authorities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "awaited_tokens",
        sa.Column("bid_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_awaited_tokens_bid_id_bids")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_awaited_tokens_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("bid_id", "kind", name=op.f("pk_awaited_tokens")),
    )
    op.create_index(op.f("ix_awaited_tokens_next_at"), "awaited_tokens", ["next_at"])
    op.create_table(
        "tsa_certificates",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_tsa_certificates")),
    )


def downgrade() -> None:
    op.drop_table("tsa_certificates")
    op.drop_table("awaited_tokens")
