"""The proof that a folder is the inbox: `.sisdrop/inbox-id`, written once and looked at before anything is touched."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from sisdrop import durable
from sisdrop.model import InboxState
from sisdrop.spool.trouble import advice

SPOOL_FOLDER = ".sisdrop"
ID_FILE = "inbox-id"
_LONGEST_ID = 200


def inbox_state(inbox: Path, known_id: str | None) -> tuple[InboxState, str, str | None]:
    """See `Spool.inbox_state`."""
    try:
        _must_be_listable(inbox)
        found = read_id(inbox)
        if found is None and known_id is None:
            found = _write_id(inbox)
    except OSError as error:
        return InboxState.AWAY, f"the inbox {inbox} cannot be used: {advice(error)}.", None
    if found is None or found != (known_id or found):
        return InboxState.AWAY, why_away(inbox, found), found
    return InboxState.READY, "", found


def why_away(inbox: Path, found: str | None) -> str:
    """The sentence for an inbox without a proof, or with another one."""
    proof = f"{SPOOL_FOLDER}/{ID_FILE}"
    if found is None:
        return f"{inbox} lacks the proof that it is the inbox ({proof}); is its share not mounted?"
    return f"{inbox} is another inbox than before (its {proof} differs); is the right share mounted?"


def read_id(inbox: Path) -> str | None:
    """The id in the inbox's proof; None when it has none. Links are not followed. Raises OSError."""
    try:
        if not stat.S_ISDIR((inbox / SPOOL_FOLDER).lstat().st_mode):
            raise NotADirectoryError(20, os.strerror(20), str(inbox / SPOOL_FOLDER))
        proof = inbox / SPOOL_FOLDER / ID_FILE
        if not stat.S_ISREG(proof.lstat().st_mode):
            return None
        return proof.read_text("ascii", "replace")[:_LONGEST_ID].strip() or None
    except FileNotFoundError:
        return None


def _must_be_listable(inbox: Path) -> None:
    with os.scandir(inbox) as entries:
        next(iter(entries), None)


def _write_id(inbox: Path) -> str | None:
    """Make the proof, and read it back: when two make it at once, both go by the one that is there."""
    folder = inbox / SPOOL_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    durable.fsync_dir(inbox)
    with contextlib.suppress(FileExistsError):
        durable.write_atomic(folder / ID_FILE, f"{secrets.token_hex(16)}\n".encode(), mode=0o600)
    return read_id(inbox)
