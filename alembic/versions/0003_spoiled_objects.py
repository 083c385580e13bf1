"""Ciphertexts that storage no longer has as they were received, and may be supplied again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spoiled_objects",
        sa.Column("bid_id", sa.String(length=32), nullable=False),
        sa.Column("segment", sa.String(length=16), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("supplier_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("awaited", sa.Boolean(), nullable=False),
        sa.Column("upload_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_spoiled_objects_bid_id_bids")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_spoiled_objects_tender_id_tenders")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["organisations.id"], name=op.f("fk_spoiled_objects_supplier_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_spoiled_objects_upload_id_uploads")
        ),
        sa.PrimaryKeyConstraint("bid_id", "segment", "part", "number", name=op.f("pk_spoiled_objects")),
    )
    with op.batch_alter_table("spoiled_objects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spoiled_objects_tender_id"), ["tender_id"], unique=False)


def downgrade() -> None:
    op.drop_table("spoiled_objects")
