"""Making snapshots in tests: the folders, the call, and what must always hold after it."""

from __future__ import annotations

import zipfile

from sisdrop.snapshot import Snapshot, make_snapshot

USERS = b"user_id,login_id,status\nU1,one,active\nU2,two,active\n"
MARKER = "sd01234567"


def snap(kind, drop, names, to, marker=MARKER):
    made = make_snapshot(kind, drop, names, to, marker=marker)
    left = sorted(path.name for path in to.parent.iterdir())
    assert left == ([to.name] if isinstance(made, Snapshot) else []), "nothing but the snapshot stays"
    return made


def contents(path):
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def zip_of(path, entries, **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as packed:
        for name, data in entries:
            packed.writestr(name, data)
    return path
