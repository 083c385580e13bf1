"""Ids kept ready for drafts, and custodians' sealing keys signed for them in advance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reserve_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_reserve_days")),
    )
    op.create_table(
        "reserved_tenders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["day"], ["reserve_days.day"], name=op.f("fk_reserved_tenders_day_reserve_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserved_tenders")),
    )
    op.create_index(op.f("ix_reserved_tenders_day"), "reserved_tenders", ["day"])
    op.create_table(
        "stock_keys",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("signing_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealing_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealing_key_signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["party_certificates.fingerprint"],
            name=op.f("fk_stock_keys_certificate_party_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_stock_keys_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"],
            ["reserved_tenders.id"],
            name=op.f("fk_stock_keys_tender_id_reserved_tenders"),
        ),
        sa.PrimaryKeyConstraint("tender_id", "organisation_id", name=op.f("pk_stock_keys")),
    )


def downgrade() -> None:
    op.drop_table("stock_keys")
    op.drop_index(op.f("ix_reserved_tenders_day"), table_name="reserved_tenders")
    op.drop_table("reserved_tenders")
    op.drop_table("reserve_days")
