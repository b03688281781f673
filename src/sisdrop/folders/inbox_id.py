"""The proof that a folder is the inbox: `.sisdrop/inbox-id`, written once and looked at before anything is touched."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from canvas_sis_csv.text import sentence
from sisdrop import durable
from sisdrop.folders.layout import INBOX_ID, SPOOL
from sisdrop.folders.os_errors import advice
from sisdrop.model import InboxState

_LONGEST_ID = 200


def inbox_state(inbox: Path, known_id: str | None) -> tuple[InboxState, str, str | None]:
    """See `Spool.inbox_state`."""
    try:
        with os.scandir(inbox) as entries:
            next(iter(entries), None)  # a share that is half away may be opened, and not be listed
        inbox_id = read_id(inbox)
        if inbox_id is None and known_id is None:
            inbox_id = _write_id(inbox)
    except OSError as error:
        return InboxState.AWAY, sentence(f"the inbox {inbox} cannot be used: {advice(error)}"), None
    if inbox_id is None or inbox_id != (known_id or inbox_id):
        return InboxState.AWAY, why_away(inbox, inbox_id), inbox_id
    return InboxState.READY, "", inbox_id


def why_away(inbox: Path, inbox_id: str | None) -> str:
    """The sentence for an inbox without a proof, or with another one."""
    proof = f"{SPOOL}/{INBOX_ID}"
    made_anew = "If it was made anew or moved, say `sisdrop accept FEED`."
    if inbox_id is None:
        return f"{inbox} lacks the proof that it is the inbox ({proof}); is its share not mounted? {made_anew}"
    return f"{inbox} is another inbox than before (its {proof} differs); is the right share mounted? {made_anew}"


def read_id(inbox: Path) -> str | None:
    """The id in the inbox's proof; None when it has none. Links are not followed. Raises OSError."""
    spool = inbox / SPOOL
    try:
        if not stat.S_ISDIR(spool.lstat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(spool))
        proof = spool / INBOX_ID
        if not stat.S_ISREG(proof.lstat().st_mode):
            return None
        return proof.read_text("ascii", "replace")[:_LONGEST_ID].strip() or None
    except FileNotFoundError:
        return None


def take_over(inbox: Path) -> str | None:
    """The id in the inbox's proof, which is made when there is none. Raises OSError."""
    return read_id(inbox) or _write_id(inbox)


def _write_id(inbox: Path) -> str | None:
    """Make the proof, and read it back: when two make it at once, both go by the one that is there."""
    spool = inbox / SPOOL
    spool.mkdir(mode=0o700, exist_ok=True)
    durable.fsync_dir(inbox)
    with contextlib.suppress(FileExistsError):
        durable.write_atomic(spool / INBOX_ID, f"{secrets.token_hex(16)}\n".encode(), mode=0o600)
    return read_id(inbox)
