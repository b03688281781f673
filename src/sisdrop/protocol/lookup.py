"""Which SIS import in Canvas is the one whose answer was lost.

Room: pure. Canvas has no idempotency key and shows nothing of an uploaded zip itself; what it does show is who started
an import, when, with which options, and, once it has begun to process it, the names of the CSVs in it. Our marker
stands in those names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from canvas_sis_csv.options import ImportOptions
from sisdrop.model import MARKER, Submission
from sisdrop.protocol.imports import SisImport, inline_messages
from sisdrop.protocol.options import echo_mismatches


def candidates(
    imports: Sequence[SisImport], submission: Submission, user_id: int | None, options: ImportOptions
) -> list[SisImport]:
    """The imports a lost answer may belong to, oldest first; among equals, only `confirms` can tell.

    Newer than the newest known before the POST (there was none: any), by our user, with the options that were asked
    for (an `initializing` one has none yet), and not with other files' names. Ids decide what is newer, never a time:
    Canvas's Date header is that of a front end, and clocks are set.
    """
    possible = [
        made
        for made in imports
        if (submission.after_id is None or made.id > submission.after_id)
        and (made.user_id is None or user_id is None or made.user_id == user_id)
        and not echo_mismatches(options, made)
        and confirms(made, submission.marker) is not False
    ]
    return sorted(possible, key=lambda made: made.id)


def confirms(candidate: SisImport, marker: str) -> bool | None:
    """Whether the files of `candidate` carry `marker`; None when Canvas has not said yet (or there is no marker)."""
    if not marker:
        return None
    names = [name for name in _file_names(candidate) if name.lower().endswith(".csv")]
    if not names:  # it has not looked into the zip yet
        return None
    return any(marker in name for name in names)


def holds_files(candidate: SisImport, sizes: Mapping[str, int]) -> bool | None:
    """Whether the files of `candidate` are of those names and sizes (bytes, by the member's name in the upload).

    For an upload whose names carry no marker. None when Canvas has not said yet, or when it has changed a file (it
    takes passwords out) and the sizes differ; False when it names none of them. Canvas leaves out empty files and what
    it does not recognise.
    """
    shown = {str(item.get("display_name")): item.get("size") for item in _flat(candidate.raw.get("csv_attachments"))}
    ours = {name.rpartition("/")[2]: size for name, size in sizes.items()}
    if not shown or not ours:
        return None
    if shown.keys().isdisjoint(ours):
        return False
    return True if shown.items() <= ours.items() else None


def why_not_ours(answer: SisImport, submission: Submission, user_id: int | None) -> str | None:
    """Why the import that Canvas answered a POST with cannot be the one it made of it; None when it can.

    A cache, or a front end that mixes up its requests, hands out answers that belong to others.
    """
    if answer.id <= (submission.after_id or 0):
        return "it was there before"
    if None not in {answer.user_id, user_id} and answer.user_id != user_id:
        return "another user started it"
    # Canvas answers with what it has just saved; the import begins later, in another process.
    return "it has ended already" if answer.is_terminal else None


def markers_of(candidate: SisImport) -> set[str]:
    """The markers in the names of its files, whoever's: any sisdrop's. Empty when Canvas has told no names yet."""
    names = (name for name in _file_names(candidate) if name.lower().endswith(".csv"))
    return {part for name in names for part in MARKER.findall(name)}


def _file_names(candidate: SisImport) -> Iterator[str]:
    """Every file name that Canvas tells of `candidate`: of its CSVs once it has looked at them, and in messages."""
    for key in ("csv_attachments", "diffed_csv_attachments"):
        for attachment in _flat(candidate.raw.get(key)):
            yield from (str(attachment[key]) for key in ("display_name", "filename") if attachment.get(key))
    yield from (message.file for message in inline_messages(candidate) if message.file)


def _flat(value: object) -> Iterator[dict[str, Any]]:
    """The objects in `value`; the documentation shows them one list deeper than they are."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from _flat(item)
