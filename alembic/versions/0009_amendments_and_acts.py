"""Amendments that wait for their signature; the log is read by organisation, acts by all that filters ask."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    op.create_table(
        "prepared_amendments",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["persons.id"], name=op.f("fk_prepared_amendments_prepared_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_prepared_amendments_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_prepared_amendments")),
    )


def downgrade() -> None:
    op.drop_table("prepared_amendments")
