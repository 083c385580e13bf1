"""Evaluators' keys, and content keys of attachments sealed to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evaluator_keys",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_evaluator_keys_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_evaluator_keys")),
    )
    op.create_table(
        "handed_keys",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("bid_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("key_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("handed_by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_handed_keys_bid_id_bids")),
        sa.ForeignKeyConstraint(
            ["handed_by"], ["persons.id"], name=op.f("fk_handed_keys_handed_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_handed_keys_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_handed_keys_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", "bid_id", "person_id", name=op.f("pk_handed_keys")),
    )


def downgrade() -> None:
    op.drop_table("handed_keys")
    op.drop_table("evaluator_keys")
