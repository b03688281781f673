"""`….undo.json`: what became of an undo, as it lies beside the result of the drop it concerns.

Makes the file, does not write it. Like the result, it is written out key by key and not derived from our own values.
"""

from __future__ import annotations

from typing import Any

from sisdrop.folders.result import json_bytes
from sisdrop.model import Drop, Undo

VERSION = 1


def undo_json(undo: Undo, drop: Drop, url: str, account: str) -> bytes:
    """The file's content: indented JSON in ASCII. `url` and `account` are those of the Canvas it was imported into."""
    document = {
        "version": VERSION,
        "drop": undo.drop,
        "feed": undo.feed,
        "name": drop.name,
        "stored_as": drop.stored_as,
        "canvas": {"url": url, "account": account, "import_id": undo.import_id},
        **told(undo),
        "earlier": [told(former) for former in undo.earlier],
    }
    return json_bytes(document)


def told(undo: Undo) -> dict[str, Any]:
    """One undo as scripts and people see it, in the file and in `sisdrop show --json`. Names in Canvas's words."""
    return {
        "summary": undo.summary,
        "asked_by": undo.asked_by,
        "times": {"asked_at": undo.asked_at, "sent_at": undo.sent_at, "ended_at": undo.ended_at},
        "options": {"undelete_only": undo.undelete_only, "unconclude_only": undo.unconclude_only},
        "progress_id": undo.progress_id,
        "completion": undo.completion,
        "workflow_state": undo.workflow_state,
        "counts": undo.data.get("counts") or {},
        "statistics": undo.data.get("statistics") or {},
        "error": undo.problem,
    }
