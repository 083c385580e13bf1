"""Segments opened in stages: which a tender has and which is in turn, their records and statements;
opinions and attachments handed over by segment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEYED = ("opinions", "handed_keys")


def upgrade() -> None:
    for name, length in (("segments", 160), ("segment", 16)):
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="bid")
        op.add_column("tenders", column)
    op.create_table(
        "stages",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("segment", sa.String(length=16), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("log_position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("opens", sa.String(length=16), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=True),
        sa.Column("statement_digest", sa.String(length=64), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("stated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_stages_person_id_persons")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_stages_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "segment", name=op.f("pk_stages")),
    )
    for name in _KEYED:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("segment", sa.String(length=16), nullable=False, server_default="bid"))
            table.drop_constraint(op.f(f"pk_{name}"), type_="primary")
            table.create_primary_key(op.f(f"pk_{name}"), ["tender_id", "segment", "bid_id", "person_id"])
        with op.batch_alter_table(name) as table:
            table.alter_column("segment", server_default=None)


def downgrade() -> None:
    for name in _KEYED:
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"pk_{name}"), type_="primary")
            table.create_primary_key(op.f(f"pk_{name}"), ["tender_id", "bid_id", "person_id"])
            table.drop_column("segment")
    op.drop_table("stages")
    for name in ("segment", "segments"):
        op.drop_column("tenders", name)
