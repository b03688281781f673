"""Imports put straight into the sandbox's store, for tests of what happens to them there."""

from __future__ import annotations

from typing import Any

from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.rows import ImportRow
from tests.support.sandbox_client import USERS


def add_import(store: ImportStore, state: str = "created", **options: Any) -> int:
    """An import of one user in that state; its id."""
    import_id = store.add_import(1, {"import_type": "instructure_csv"})
    (store.uploads / str(import_id)).write_bytes(USERS)
    store.change(import_id, filename="u.csv", upload=str(import_id), options=options, workflow_state=state)
    return import_id


def import_row(store: ImportStore, import_id: int) -> ImportRow:
    """The import as it is stored now."""
    row = store.get(import_id)
    assert row is not None
    return row
