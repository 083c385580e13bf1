"""Signed documents, notices of the result, and which awards have all of theirs.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_documents",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(200), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("stamped_until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sealed_documents")),
    )
    op.create_index(op.f("ix_sealed_documents_stamped_until"), "sealed_documents", ["stamped_until"])
    op.create_table(
        "result_notices",
        sa.Column("tender_id", sa.String(32), nullable=False),
        sa.Column("supplier_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(200), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_result_notices_tender_id_tenders")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["organisations.id"], name=op.f("fk_result_notices_supplier_id_organisations")
        ),
        sa.PrimaryKeyConstraint("tender_id", "supplier_id", name=op.f("pk_result_notices")),
    )
    op.create_table(
        "notified_awards",
        sa.Column("tender_id", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["awards.tender_id"], name=op.f("fk_notified_awards_tender_id_awards")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_notified_awards")),
    )


def downgrade() -> None:
    op.drop_table("notified_awards")
    op.drop_table("result_notices")
    op.drop_table("sealed_documents")
