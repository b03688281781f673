"""Drops and reports as the text the journal stores, and back.

Room: pure. ASCII JSON, because a file name that is not valid UTF-8 carries surrogates, which SQLite refuses as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from canvas_sis_csv.model import FileFacts, Finding, Knowable, Level
from sisdrop.journal.records import Hold, HoldKind, InboxView
from sisdrop.model import Attempt, Drop, DropKind, DropState, InboxState, Intent, Message, Outcome, Place, Stat, Waiting


def ascii_text(text: str) -> str:
    """`text` as SQLite can keep it: names that are not valid UTF-8 carry surrogates, which it refuses."""
    return json.dumps(text)[1:-1]


def dump(value: Any) -> str:
    return json.dumps(asdict(value))


def encode(drop: Drop) -> str:
    return json.dumps(asdict(drop))


_FIELDS = frozenset(field.name for field in fields(Drop))


def decode(text: str) -> Drop:
    """A drop from its journaled text; keys that a newer sisdrop added are left out."""
    body = {key: value for key, value in json.loads(text).items() if key in _FIELDS}
    body["kind"] = DropKind(body["kind"])
    body["state"] = DropState(body["state"])
    body["place"] = Place(body["place"])
    body["outcome"] = Outcome(body["outcome"]) if body.get("outcome") else None
    body["intent"] = Intent(**body["intent"]) if body.get("intent") else None
    body["paths"] = tuple(body["paths"])
    body["stats"] = tuple(Stat(**entry) for entry in body["stats"])
    body["files"] = tuple(FileFacts(**entry) for entry in body["files"])
    body["attempts"] = tuple(Attempt(**entry) for entry in body["attempts"])
    return Drop(**body)


def _finding(entry: dict[str, Any]) -> Finding:
    return Finding(**{**entry, "level": Level(entry["level"]), "knowable": Knowable(entry["knowable"])})


def encode_all(values: Iterable[Message] | Iterable[Finding]) -> str:
    """A list of messages or findings as text."""
    return json.dumps([asdict(value) for value in values])


def decode_messages(text: str) -> list[Message]:
    """Messages from their text."""
    return [Message(**{**entry, "level": Level(entry["level"])}) for entry in json.loads(text)]


def decode_findings(text: str) -> list[Finding]:
    """Findings from their text."""
    return [_finding(entry) for entry in json.loads(text)]


def decode_hold(text: str) -> Hold:
    """A hold from its text."""
    body = json.loads(text)
    return Hold(**{**body, "kind": HoldKind(body["kind"])})


def decode_inbox(text: str) -> InboxView:
    """An inbox view from its text."""
    body = json.loads(text)
    settling = tuple(Waiting(**entry) for entry in body["settling"])
    return InboxView(
        **{**body, "state": InboxState(body["state"]), "settling": settling, "ignored": tuple(body["ignored"])}
    )
