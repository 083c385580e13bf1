"""What the adversary does with the platform's keys: signs anew, and makes log and ledger agree with it.

    forger = Forger(world)
    forger.resign("awards", lambda award: award.update(winner=other))   # row, digest and log entry follow
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bids.closing import build_closing
from bids.custody import open_files_share, seal_files_share
from bids.ledger import acceptance_leaf, ledger_origin
from bids.notice import sign_sealing_key
from bids.objects import build_statement
from bids.package import write_package
from bids.receipts import build_receipt
from bids.trust import build_enrolment
from reports import award_report
from signing import canonical, merkle
from signing.certificates import create_csr, fingerprint, issue, load_pem, party_of
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.hpke import SealingKey
from signing.keys import Signer, SigningKey, generate_signing_key, spki
from signing.notes import Checkpoint, format_checkpoint
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.adversary.world import World
from tests.functional.house import Sealed, Who
from trading.evidence.files import publish_file
from trading.evidence.gathering import FactsOf
from trading.evidence.sealing import Sealing
from trading.tenders.models import Tender

Members = dict[str, Any]
Change = Callable[[Members], None]

# Where a signed statement's row is, and under which names its entry in the log has its digests.
_LOGGED = {
    "closings": ("tender.closed", "closing", "closing_file"),
    "opening_records": ("tender.opened", "opening_record", "opening_record_file"),
    "awards": ("tender.awarded", "award", "award_file"),
    "evidence_statements": ("evidence.published", "evidence", "evidence_file"),
}
_POSITIONED = ("notices", "closings", "opening_records", "awards", "evidence_statements")


class Forger:
    """See above."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = world.platform.keys

    # --- statements

    def sign(self, members: Mapping[str, Any], signer: Signer | None = None) -> bytes:
        """A statement signed by the platform, dated as it says."""
        at = parse_time(str(members["at"]))
        return sign_statement(dict(members), signer or self.keys.statement, at)

    def changed(self, file: bytes, change: Change, signer: Signer | None = None) -> bytes:
        """A signed statement's file that says something else, signed again."""
        members: Members = json.loads(file)["statement"]
        change(members)
        return self.sign(members, signer)

    def resign(self, table: str, change: Change, signer: Signer | None = None) -> None:
        """Change the tender's statement in `table`, sign it, and let its digests and the log say so too."""
        world = self.world
        ((old,),) = world.rows(f"SELECT raw FROM {table} WHERE tender_id = ?", world.id)
        self.replace(table, self.changed(old, change, signer))

    def replace(self, table: str, file: bytes) -> None:
        """Put a statement's file in the place of the tender's, in its row and in the log."""
        world, (act, name, file_name) = self.world, _LOGGED[table]
        digest = digest_of(file)
        world.execute(f"UPDATE {table} SET raw = ?, digest = ? WHERE tender_id = ?", file, digest, world.id)

        def follow(entry: Members) -> None:
            if entry["act"] == act and entry.get("tender") == world.id:
                entry["digests"].update({name: digest, file_name: canonical.digest(file)})

        self.rewrite_log(follow)

    # --- the log

    def rewrite_log(self, change: Change, drop: Callable[[Members], bool] = lambda entry: False) -> None:
        """Another log in the place of the one that was, with all its hashes; it is signed when asked for."""
        world = self.world
        rows = world.rows("SELECT position, raw FROM log_entries ORDER BY position")
        places: dict[int, int] = {}
        leaves = []
        for position, raw in rows:
            entry: Members = json.loads(raw)
            if drop(entry):
                continue
            change(entry)
            places[position] = len(leaves)
            leaves.append(canonical.dumps(entry))
        if len(leaves) < len(rows):
            self._move(rows, places)
        for position, leaf in enumerate(leaves):
            world.execute("UPDATE log_entries SET raw = ? WHERE position = ?", leaf, position)
        self._hash(leaves)

    def _move(self, rows: Iterable[tuple[Any, ...]], places: Mapping[int, int]) -> None:
        world = self.world
        for position, _ in rows:
            if position not in places:
                world.execute("DELETE FROM log_entries WHERE position = ?", position)
            elif places[position] != position:
                world.execute(
                    "UPDATE log_entries SET position = ? WHERE position = ?", places[position], position
                )
                for table in _POSITIONED:
                    world.execute(
                        f"UPDATE {table} SET log_position = ? WHERE log_position = ?",
                        places[position], position,
                    )  # fmt: skip

    def _hash(self, leaves: Iterable[bytes]) -> None:
        nodes: dict[tuple[int, int], bytes] = {}
        size = 0
        for leaf in leaves:
            node = merkle.leaf_hash(leaf)
            added = merkle.append_nodes(size, node, lambda level, index: nodes[level, index])
            nodes.update({(level, index): node for level, index, node in added})
            size += 1
        self.world.execute("DELETE FROM log_nodes")
        self.world.executemany(
            "INSERT INTO log_nodes (level, position, hash) VALUES (?, ?, ?)",
            [(level, index, node) for (level, index), node in nodes.items()],
        )
        self.world.execute("UPDATE log_head SET size = ?", size)

    # --- the ledger

    def close_again(self, leaves: list[tuple[str, str, bytes]]) -> None:
        """Another ledger (bid, kind, leaf) and the closing of it, in row and log, as if it were the first."""
        self.relay(leaves)
        world, keys = self.world, self.keys
        ((old,),) = world.rows("SELECT raw FROM closings WHERE tender_id = ?", world.id)
        stated: Members = json.loads(old)["statement"]
        origin = ledger_origin(keys.log_origin, world.id)
        root = merkle.root([merkle.leaf_hash(leaf) for _, _, leaf in leaves])
        note = format_checkpoint(Checkpoint(origin, len(leaves), root), keys.note_signer(origin))
        closing = build_closing(
            at=parse_time(stated["at"]), tender=world.id, policy=stated["policy"],
            deadline=parse_time(stated["deadline"]), checkpoint=note, log=keys.log_origin,
        )  # fmt: skip
        world.execute("UPDATE closings SET ledger_size = ? WHERE tender_id = ?", len(leaves), world.id)
        self.replace("closings", self.sign(closing))

    def cut_log(self, size: int) -> None:
        """The log as it was when it had `size` entries."""
        leaves = [
            bytes(raw)
            for (raw,) in self.world.rows(
                "SELECT raw FROM log_entries WHERE position < ? ORDER BY position", size
            )
        ]
        self.world.execute("DELETE FROM log_entries WHERE position >= ?", size)
        self._hash(leaves)

    def relay(self, leaves: list[tuple[str, str, bytes]]) -> None:
        """Other leaves (bid, kind, leaf) in the rows of the ledger."""
        self.world.execute("DELETE FROM ledger_leaves WHERE tender_id = ?", self.world.id)
        self.world.executemany(
            "INSERT INTO ledger_leaves (tender_id, position, bid_id, kind, raw) VALUES (?, ?, ?, ?, ?)",
            [(self.world.id, place, *leaf) for place, leaf in enumerate(leaves)],
        )

    def leaves(self) -> list[tuple[str, str, bytes]]:
        """The ledger's rows: bid, kind, leaf."""
        return [
            (str(bid), str(kind), bytes(raw))
            for bid, kind, raw in self.world.rows(
                "SELECT bid_id, kind, raw FROM ledger_leaves WHERE tender_id = ? ORDER BY position",
                self.world.id,
            )
        ]

    def forget_bid(self, bid: str) -> None:
        """Every row of a bid but its leaf."""
        for table in ("bid_objects", "withdrawals", "opened_bids", "files_shares"):
            self.world.execute(f"DELETE FROM {table} WHERE bid_id = ?", bid)
        self.world.execute("DELETE FROM bids WHERE id = ?", bid)


    def insert_bid(self, who: Who, sealed: Sealed) -> None:
        """A bid with a receipt of the last millisecond, behind the ledger's last leaf."""
        world, at = self.world, self.world.tender.notice.deadline
        ((crl,),) = world.rows("SELECT crl_sha256 FROM bids LIMIT 1")
        signature = canonical.digest(sealed.signature)
        receipt = build_receipt(
            at=at, tender=world.id, policy=sealed.manifest.policy, bid=sealed.bid, signature=signature,
            crl=crl, received_at=at, manifest=sealed.manifest.digest,
        )  # fmt: skip
        file = self.sign(receipt, self.keys.receipt)
        row = {
            "id": sealed.bid, "tender_id": world.id, "supplier_id": who.id,
            "policy_digest": sealed.manifest.policy, "manifest": sealed.manifest.raw,
            "signature": sealed.signature, "receipt": file, "certificate": who.fingerprint,
            "crl_sha256": crl, "received_at": world.milliseconds(at),
        }  # fmt: skip
        world.execute(
            f"INSERT INTO bids ({', '.join(row)}, person_id) VALUES ({', '.join('?' * len(row))}, "
            "(SELECT id FROM persons WHERE organisation_id = ?))", *row.values(), who.id,
        )  # fmt: skip
        digests = (sealed.manifest.digest, signature, digest_of(file))
        leaf = acceptance_leaf(sealed.bid, who.id, *digests)
        self.relay([*self.leaves(), (sealed.bid, "acceptance", leaf)])

    def redate(self, bid: str, at: datetime) -> None:
        """A receipt for the bid as of another time, in its row and in its leaf."""
        ((receipt,),) = self.world.rows("SELECT receipt FROM bids WHERE id = ?", bid)
        stated = format_time(at)
        file = self.changed(
            receipt, lambda members: members.update(at=stated, received_at=stated), self.keys.receipt
        )
        self.world.execute("UPDATE bids SET received_at = ? WHERE id = ?", self.world.milliseconds(at), bid)
        self._receive(bid, receipt=file)

    def swap_manifest(self, bid: str, other: Sealed) -> None:
        """Another signed manifest in a bid's place, with a receipt, and a leaf that agrees with both."""
        ((receipt,),) = self.world.rows("SELECT receipt FROM bids WHERE id = ?", bid)
        named = {"manifest": other.manifest.digest, "signature": canonical.digest(other.signature)}
        file = self.changed(receipt, lambda members: members.update(named), self.keys.receipt)
        self._receive(bid, manifest=other.manifest.raw, signature=other.signature, receipt=file)

    def _receive(self, bid: str, **columns: bytes) -> None:
        """Put these columns into the bid's row, and the leaf that follows from the row into the ledger."""
        world = self.world
        for name, value in columns.items():
            world.execute(f"UPDATE bids SET {name} = ? WHERE id = ?", value, bid)
        ((supplier, manifest, signature, receipt),) = world.rows(
            "SELECT supplier_id, manifest, signature, receipt FROM bids WHERE id = ?", bid
        )
        leaf = acceptance_leaf(
            bid, supplier, canonical.digest(manifest), canonical.digest(signature), digest_of(receipt)
        )
        world.execute(
            "UPDATE ledger_leaves SET raw = ? WHERE bid_id = ? AND kind = 'acceptance'", leaf, bid
        )

    # --- in other parties' names

    def replace_custodians(self, count: int, keys: Sequence[SigningKey] = ()) -> None:
        """Keys of its own in the places of the draft's first custodians: to sign with and to seal to."""
        world = self.world
        for place, who in enumerate(world.custodians[:count]):
            key = keys[place] if keys else generate_signing_key()
            sealing = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed()).public
            world.execute(
                "UPDATE tender_custodians SET signing_key = ?, sealing_key = ?, sealing_key_signature = ? "
                "WHERE tender_id = ? AND organisation_id = ?",
                spki(key.public_key()), sealing, sign_sealing_key(key, world.id, who.id, sealing), world.id,
                who.id,
            )  # fmt: skip

    def impersonate(self, who: Who) -> Signer:
        """A certificate in a party's name for a key of the adversary, issued and enrolled as any other."""
        house, key = self.world.house, generate_signing_key()
        body = {"person": "nobody", "role": who.role, "days": 1}
        token = house.call("POST", f"/organisations/{who.id}/tokens", house.operator, body).json["token"]
        csr = {"csr": create_csr(key, who.name).decode()}
        issued = house.call("POST", "/certificates", token, csr, 201).json
        certificate = load_pem(issued["certificate"].encode())[0]
        return Signer(key, certificate, (self.keys.parties.certificate,))

    def impersonate_unlogged(self, who: Who) -> Signer:
        """As `impersonate`, in rows that look the same, and with no entry of it in the log."""
        world, key, now = self.world, generate_signing_key(), self.world.house.now()
        certificate = issue(self.keys.parties, key.public_key(), party_of(who.signer.certificate), now, 730)
        statement = build_enrolment(at=now, certificate=certificate, party=party_of(certificate))
        world.execute(
            "INSERT INTO party_certificates (fingerprint, organisation_id, person_id, role, authority, "
            "serial, key_digest, der, issued_at, expires_at, enrolment) SELECT ?, organisation_id, "
            "person_id, role, authority, ?, ?, ?, ?, expires_at, ? FROM party_certificates "
            "WHERE fingerprint = ?",
            fingerprint(certificate), f"{certificate.serial_number:x}",
            canonical.digest(spki(key.public_key())), certificate.public_bytes(Encoding.DER),
            world.milliseconds(now), self.sign(statement), who.fingerprint,
        )  # fmt: skip
        return Signer(key, certificate, (self.keys.parties.certificate,))

    def replace_envelope_key(self, signer: Signer) -> SealingKey:
        """An envelope key of its own for the agency, in a statement signed by `signer`."""
        own, file = self._envelope_key(signer)
        self.world.execute("UPDATE envelope_keys SET statement = ?", file)
        return own

    def set_envelope_key(self, signer: Signer) -> SealingKey:
        """The same, set as the agency would, and so logged."""
        house, (own, file) = self.world.house, self._envelope_key(signer)
        house.call("PUT", "/envelope-key", self.world.agency, {"file": b64encode(file)})
        return own

    def _envelope_key(self, signer: Signer) -> tuple[SealingKey, bytes]:
        world, own = self.world, SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed())
        stated = {"at": format_time(world.house.now()), "party": world.agency.id}
        members = build_statement("envelope-key", {**stated, "key": b64encode(own.public)})
        return own, sign_statement(members, signer, world.house.now())

    def seal_again(self, key: SealingKey) -> None:
        """Open the shares of attachments with a key of its own, and seal them to the agency's."""
        world, policy = self.world, self.world.tender.notice.policy
        for row, bid, custodian, sealed in world.rows(
            "SELECT rowid, bid_id, custodian_id, sealed FROM files_shares"
        ):
            text, of = b64encode(sealed), policy.custodian(custodian)
            share = open_files_share(key, world.id, bid, "bid", of, text, policy.suite)
            again = seal_files_share(world.envelope.public, world.id, bid, "bid", custodian, share)
            world.execute("UPDATE files_shares SET sealed = ? WHERE rowid = ?", b64decode(again), row)

    # --- files

    def document(self, kind: str) -> str:
        """Where the signed document is that is handed out."""
        ((key,),) = self.world.rows(
            "SELECT storage_key FROM sealed_documents WHERE sha256 = "
            "(SELECT sha256 FROM published_files WHERE kind = ?)", kind,
        )  # fmt: skip
        return str(key)

    def other_pdf(self, pdf: bytes) -> bytes:
        """A document with one digit of one length changed, where its signature covers it."""
        place = pdf.index(b"/Length ") + len(b"/Length ")
        digit = b"1" if pdf[place : place + 1] != b"1" else b"2"
        return pdf[:place] + digit + pdf[place + 1 :]

    def render_other_award(self, made_by: str | None = None) -> None:
        """An award report with another winner, signed as all documents are; `made_by` some other version."""
        world = self.world
        with world.platform.database.reading() as session:
            honest = FactsOf(world.platform, session, session.get_one(Tender, world.id)).award()
        ranking = honest.ranking
        false = replace(honest, winner=next(row.bid_id for row in ranking if row.bid_id != honest.winner))
        with pytest.MonkeyPatch.context() as patch:
            if made_by is not None:
                patch.setattr("reports.layout.producer", lambda: made_by)
            pdf = award_report.render(false)
        self._publish_award(pdf)

    def sign_with_other_seal(self) -> None:
        """The honest award report, with the honest report of another winner for what is seen as its seal."""
        world = self.world
        with world.platform.database.reading() as session:
            honest = FactsOf(world.platform, session, session.get_one(Tender, world.id)).award()
        other = next(row.bid_id for row in honest.ranking if row.bid_id != honest.winner)
        shown = award_report.render(replace(honest, winner=other))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("trading.evidence.sealing.render_seal", lambda facts, width: shown)
            self._publish_award(award_report.render(honest))

    def hide_other_award(self) -> None:
        """The honest award report, behind it the objects of another winner's: by tables that are odd to most
        readers, these then look for objects by themselves, and the last of a number counts."""
        world = self.world
        with world.platform.database.reading() as session:
            honest = FactsOf(world.platform, session, session.get_one(Tender, world.id)).award()
        other = next(row.bid_id for row in honest.ranking if row.bid_id != honest.winner)
        shown = award_report.render(replace(honest, winner=other))
        pdf = award_report.render(honest)
        body, tail = (pdf[: (place := pdf.rindex(b"xref\n0 "))], pdf[place:])
        body = re.sub(rb"\n(\d+) 0 obj", rb"\n\1 0 xbj", body)
        body += shown[shown.index(b"1 0 obj") : shown.rindex(b"xref\n0 ")]
        self._publish_award(body + re.sub(rb"startxref\n\d+", b"startxref\n%d" % len(body), tail))

    def _publish_award(self, pdf: bytes) -> None:
        """Sign a document as any other, and publish it in the award report's place."""
        world = self.world
        sealed = Sealing(world.platform).seal(pdf)
        world.execute("DELETE FROM published_files WHERE kind = 'award-report'")
        with world.platform.database.transaction() as session:
            publish_file(session, world.id, "award-report", sealed.stored, world.house.now())
            Sealing(world.platform).keep(session, sealed, world.house.now())

    def edit_zip(self, path: Path, name: str) -> None:
        """Change a file inside a package, and nothing else in it."""

        def edit(data: bytes) -> bytes:
            sink = io.BytesIO()
            with zipfile.ZipFile(io.BytesIO(data)) as source:
                files = {each: source.read(each) for each in source.namelist()}
            files[name] = self.other_pdf(files[name])
            write_package(sink, files.items())
            return sink.getvalue()

        self.world.overwrite(path, edit)


def digest_of(file: bytes) -> str:
    """The digest of a signed statement's file, as rows and entries name it."""
    return canonical.digest(canonical.dumps(json.loads(file)["statement"]))
