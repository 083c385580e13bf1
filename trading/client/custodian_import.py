"""Taking over the unencrypted folder of an agent into a store."""

from __future__ import annotations

from pathlib import Path

from signing.encoding import is_id
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError

SECRETS = ("seed", "release.json")
_SHARED = ("log.json",)


def import_state(folder: Path, into: CustodianState) -> None:
    """Copy every record of a plain folder, then erase its secrets there.

    Nothing is erased before all is copied, and copying again is harmless, so that it may break off anywhere.

    Raises:
        ClientError: "state-missing". StateConflict: `into` has another key or memory of a tender.
    """
    if not (folder / "tenders").is_dir():
        raise ClientError("state-missing", path=folder)
    plain = CustodianState(folder)
    tenders = [each for each in plain.tenders() if is_id(each)]
    for tender in tenders:
        for path in sorted((folder / "tenders" / tender).iterdir()):
            data = plain.read(tender, path.name)
            if data is not None and path.suffix != ".new":
                into.write_once(tender, path.name, data)
    for name in _SHARED:
        data = plain.read_shared(name)
        if data is not None:
            into.write_shared(name, data)
    for tender in tenders:
        later = (path.name for path in (folder / "tenders" / tender).glob("release-*.json"))
        for name in (*SECRETS, *later):
            plain.erase(tender, name)
