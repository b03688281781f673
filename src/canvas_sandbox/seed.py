"""Filling a new sandbox from a folder of CSVs, before it says that it is ready.

Room: that folder, read only; the store and the queue.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from canvas_sandbox.errors import WrongUse
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.params import IMPORT_TYPE
from canvas_sandbox.queue import ImportQueue
from canvas_sandbox.shapes import ROBOT_ID
from canvas_sis_csv.reading import read_csv
from canvas_sis_csv.refusal import FileRefused
from canvas_sis_csv.types import TYPES


@dataclass(frozen=True, slots=True)
class Seeded:
    """One file that was imported, and how its import ended."""

    name: str
    import_id: int
    workflow_state: str


def seed(folder: Path, store: ImportStore, queue: ImportQueue) -> list[Seeded]:
    """Import the CSVs and zips of `folder`: CSVs in Canvas's order of types, then by name; zips and others last."""
    if not folder.is_dir():
        raise WrongUse(f"{folder}: there is no such folder to seed from")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".zip") and path.is_file())
    return [_import(path, store, queue) for path in sorted(files, key=_rank)]


def _rank(path: Path) -> int:
    if path.suffix.lower() != ".csv":
        return len(TYPES)
    with path.open("rb") as stream:
        try:
            kind = read_csv(stream).type
        except FileRefused:
            kind = None  # imported all the same: how it ends is told like that of any other file
    return TYPES.index(kind) if kind else len(TYPES)


def _import(path: Path, store: ImportStore, queue: ImportQueue) -> Seeded:
    with (
        tempfile.NamedTemporaryFile(dir=store.uploads, prefix="upload-", delete=False) as out,
        path.open("rb") as source,
    ):
        shutil.copyfileobj(source, out, 1 << 20)
    import_id = store.add_import(ROBOT_ID, {"import_type": IMPORT_TYPE})
    options = {"skip_deletes": False, "update_sis_id_if_login_claimed": False}
    store.change(import_id, filename=path.name, upload=Path(out.name).name, options=options, workflow_state="created")
    queue.wake()
    return Seeded(path.name, import_id, queue.wait_for_end(import_id))
