"""Who evaluates a tender, and what each of them says of each bid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evaluators",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("appointed_by", sa.String(length=32), nullable=False),
        sa.Column("appointed_at", sa.BigInteger(), nullable=False),
        sa.Column("dismissed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointed_by"], ["persons.id"], name=op.f("fk_evaluators_appointed_by_persons")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_evaluators_person_id_persons")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_evaluators_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "person_id", name=op.f("pk_evaluators")),
    )
    with op.batch_alter_table("evaluators", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluators_person_id"), ["person_id"], unique=False)

    op.create_table(
        "opinions",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("bid_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("responsive", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_opinions_bid_id_bids")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_opinions_person_id_persons")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_opinions_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "bid_id", "person_id", name=op.f("pk_opinions")),
    )


def downgrade() -> None:
    op.drop_table("opinions")
    op.drop_table("evaluators")
