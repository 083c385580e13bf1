"""The log's digests, tiles in storage, and witnesses."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    digests = op.create_table(
        "log_digests",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "position", name=op.f("pk_log_digests")),
    )
    op.create_table(
        "log_tiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bundles", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_tiles")),
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoints")),
    )
    op.create_table(
        "log_cosignatures",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_log_cosignatures")),
    )
    op.create_table(
        "log_witnesses",
        sa.Column("witness", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("cosigned_at", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("witness", name=op.f("pk_log_witnesses")),
    )
    connection = op.get_bind()
    entries = sa.table("log_entries", sa.column("position"), sa.column("raw"))
    start = 0
    while True:
        found = sa.select(entries).where(entries.c.position >= start).order_by(entries.c.position)
        rows = connection.execute(found.limit(_BATCH)).all()
        if not rows:
            return
        named = [{"digest": digest, "position": row.position} for row in rows for digest in _digests(row.raw)]
        connection.execute(sa.insert(digests), named)
        start = rows[-1].position + 1


def _digests(raw: bytes) -> set[str]:
    """As trading/audit/services.py: an entry's own, those it names, and its statement's."""
    entry = json.loads(bytes(raw))
    found = {hashlib.sha256(bytes(raw)).hexdigest(), *entry.get("digests", {}).values()}
    if "statement" in entry:
        file = entry["statement"]
        found |= {hashlib.sha256(_canonical(each)).hexdigest() for each in (file, file["statement"])}
    return found


def _canonical(value: object) -> bytes:
    # Entries are canonical JSON: members keep their order, and numbers are whole.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def downgrade() -> None:
    for table in ("log_witnesses", "log_cosignatures", "log_checkpoints", "log_tiles", "log_digests"):
        op.drop_table(table)
