"""Bidders' own locks: window, secrets, decisions; and when the platform answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tenders") as table:
        table.add_column(sa.Column("lock", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("tenders") as table:
        table.alter_column("lock", server_default=None)
    op.create_table(
        "unlock_windows",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("log_position", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_unlock_windows_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_unlock_windows")),
    )
    op.create_index(op.f("ix_unlock_windows_until"), "unlock_windows", ["until"])
    op.create_index(op.f("ix_unlock_windows_ended_at"), "unlock_windows", ["ended_at"])
    op.create_table(
        "unlocked_bids",
        sa.Column("bid_id", sa.String(length=32), nullable=False),
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_unlocked_bids_bid_id_bids")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_unlocked_bids_tender_id_tenders")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_unlocked_bids_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_unlocked_bids")),
    )
    op.create_index(op.f("ix_unlocked_bids_tender_id"), "unlocked_bids", ["tender_id"])
    op.create_table(
        "unlock_decisions",
        sa.Column("bid_id", sa.String(length=32), nullable=False),
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bids.id"], name=op.f("fk_unlock_decisions_bid_id_bids")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_unlock_decisions_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_unlock_decisions")),
    )
    op.create_index(op.f("ix_unlock_decisions_tender_id"), "unlock_decisions", ["tender_id"])
    op.create_table(
        "beats",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beats")),
    )
    op.create_table(
        "outages",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    op.create_index(op.f("ix_outages_until"), "outages", ["until"])


def downgrade() -> None:
    for table_name in ("outages", "beats", "unlock_decisions", "unlocked_bids", "unlock_windows"):
        op.drop_table(table_name)
    with op.batch_alter_table("tenders") as table:
        table.drop_column("lock")
