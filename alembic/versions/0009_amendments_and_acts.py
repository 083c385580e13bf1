"""Amendments that wait for their signature; the log is read by organisation, acts by all that filters ask."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 1000
_ACTS_BY = ("tender_id", "act", "organisation_id", "person_id")


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
    with op.batch_alter_table("log_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.String(length=32), nullable=True))
    _fill_organisations()
    op.create_index("ix_log_entries_organisation_id", "log_entries", ["organisation_id", "position"])
    op.create_index("ix_log_entries_at", "log_entries", ["at"])
    op.drop_index("ix_private_acts_tender_id", "private_acts")
    for column in _ACTS_BY:
        op.create_index(f"ix_private_acts_{column}", "private_acts", [column, "at"])


def _fill_organisations() -> None:
    """What each entry says itself."""
    entries = sa.table("log_entries", *(sa.column(name) for name in ("position", "organisation_id", "raw")))
    connection, after = op.get_bind(), -1
    found = sa.select(entries.c.position, entries.c.raw).order_by(entries.c.position).limit(_BATCH)
    while rows := connection.execute(found.where(entries.c.position > after)).all():
        after = rows[-1].position
        for row in rows:
            who = json.loads(bytes(row.raw)).get("who")
            if who is not None:
                change = sa.update(entries).where(entries.c.position == row.position)
                connection.execute(change.values(organisation_id=who["organisation"]))


def downgrade() -> None:
    for column in _ACTS_BY:
        op.drop_index(f"ix_private_acts_{column}", "private_acts")
    op.create_index("ix_private_acts_tender_id", "private_acts", ["tender_id"])
    op.drop_index("ix_log_entries_at", "log_entries")
    op.drop_index("ix_log_entries_organisation_id", "log_entries")
    with op.batch_alter_table("log_entries", schema=None) as batch_op:
        batch_op.drop_column("organisation_id")
    op.drop_table("prepared_amendments")
