"""The preflight: what Canvas would say to a drop, as far as the drop itself can tell.

Room: reads the files it is given and writes nothing; memory does not grow with the files. Where rows of one file can
clash with others, every file is surveyed first (does Canvas take it at all, and for what), and then the rows are looked
at in Canvas's import order; other files are gone through once. An `error` finding is a message Canvas would give: a
file or a row it would not import as it stands. `warning` is advice of our own, `note` what only Canvas can know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import BinaryIO, cast

from canvas_sis_csv.checking import CheckedFile, Setting
from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.clashes import Clashes
from canvas_sis_csv.contradictions import TYPE as CONTRADICTED
from canvas_sis_csv.contradictions import Contradictions
from canvas_sis_csv.cross import Upload
from canvas_sis_csv.drop import KnownIds, Member
from canvas_sis_csv.findings import KEPT, Preflight, merge
from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from canvas_sis_csv.types import CANVAS, Registry
from canvas_sis_csv.unknown_references import UnknownReferences

__all__ = ["KnownIds", "Member", "Preflight", "preflight"]


def preflight(
    members: Iterable[Member],
    *,
    options: ImportOptions = NO_OPTIONS,
    features: Collection[str] = (),
    known: KnownIds | None = None,
    progress: Callable[[int], None] | None = None,
    keep: int | None = KEPT,
    registry: Registry = CANVAS,
) -> Preflight:
    """Check the files of one drop, which would be one upload.

    `options` are the import options, `features` the account features that are on, `known` what earlier files said of
    Canvas, `registry` the CSV types there are. `progress` is called now and then with the bytes done so far, out of
    the sum of the members' sizes. `keep` findings of one code in one file are kept in full, all when it is None.
    Raises what opening and reading the members raises.
    """
    # What is found shall not depend on the order in which somebody lists the files.
    listed = sorted(members, key=lambda member: member.name)
    meter = _Meter(progress, sum(member.size for member in listed))
    setting = Setting(options, features, registry, keep)
    # The headers alone say whether rows of one file can clash with others: if not, one pass will do.
    enrollments = setting.registry.get(CONTRADICTED)
    contradictions = Contradictions(enrollments) if enrollments else None
    files = [CheckedFile(member, meter.open, setting, contradictions) for member in listed]
    types = {type_ for file in files if (type_ := file.peek())}
    unknown = None
    if types == {"user"}:
        _check_users(files, setting)
    elif known is None and not Upload(options, registry).needs(types):
        for file in files:
            file.check_at_once()
    else:
        # Once for the survey, once for the rows.
        meter.passes = 2
        for file in files:
            file.survey()
        unknown = _check_rows(files, setting, known)
    if contradictions and contradictions.may_be():
        _find_contradictions(files, contradictions)
    meter.finish()
    findings, counts, levels = merge(
        (each for file in files for each in (file.about_file, file.about_rows)), bounded=keep is not None
    )
    return Preflight(
        files=tuple(file.facts for file in files if file.member.is_read),
        findings=findings,
        counts=counts,
        levels=levels,
        refused=any(file.refused for file in files),
        empty=tuple(file.member.name for file in files if file.is_empty),
        counts_in={key: count for file in files for key, count in file.counts()},
        unknown=unknown.rows() if unknown else {},
    )


def _check_rows(files: Sequence[CheckedFile], setting: Setting, known: KnownIds | None) -> UnknownReferences | None:
    """Look at the rows of all files that Canvas takes, in its import order."""
    order = setting.registry.order
    taken = sorted(((file, file.type.name) for file in files if file.type), key=lambda pair: order[pair[1]])
    types = {type_ for _, type_ in taken}
    upload = Upload(setting.options, setting.registry)
    wanted = upload.needs(types)
    unknown = UnknownReferences(known, types, setting.registry, upload.missing) if known else None
    for file, type_ in taken:
        _check_rows_of(file, upload if type_ in wanted else None, unknown)
    # What is said at the end calls a file by its own name or by that of Canvas's copy.
    by_name = {name: file for file, _ in taken for name in (file.member.name, file.name)}
    for note in (*upload.undefined(), *(unknown.notes() if unknown else ())):
        by_name[note.file].note(note)
    return unknown


def _find_contradictions(files: Sequence[CheckedFile], contradictions: Contradictions) -> None:
    for file in files:
        if file.type is None or file.type.name != CONTRADICTED:
            continue

        def look(chunk: Chunk, file: CheckedFile = file) -> None:
            for row, hit in contradictions.rows(chunk):
                file.add(row, hit)

        file.go_through(look)


def _check_rows_of(
    file: CheckedFile, upload: Upload | None, unknown: UnknownReferences | None = None, clashes: Clashes | None = None
) -> None:
    lost = upload.people_lost if upload else 0
    file.check_rows(upload, unknown, clashes)
    if upload and upload.people_lost > lost:
        count = upload.people_lost - lost
        file.remark("advice.people_lost", {"count": "1 person" if count == 1 else f"{count:,} people"})


def _check_users(files: Sequence[CheckedFile], setting: Setting) -> None:
    """Check a drop of users alone, which may be millions.

    They are gone through once. Only where something stands more than once they are looked at again, together: those
    that share nothing need not be held against each other, and remembered, at all.
    """
    clashes = Clashes()
    for file in files:
        file.check_at_once(clashes.add)
    # What a file brings that Canvas refuses clashes with nothing: then all of it was in vain.
    if not clashes.may_be():
        return
    upload = Upload(setting.options, setting.registry)
    upload.needs({"user"})
    for file in files:
        if file.type is not None:
            _check_rows_of(file, upload, clashes=clashes)


class _Meter:
    """Counts what is read of files that are gone through `passes` times, and says how much of them that is."""

    def __init__(self, progress: Callable[[int], None] | None, total: int) -> None:
        self.passes = 1
        self._progress = progress
        self._total = total
        self._read = 0

    def finish(self) -> None:
        """All is done."""
        if self._progress:
            self._progress(self._total)

    def open(self, member: Member) -> BinaryIO:
        """The member's stream, its reading counted if anybody wants to know."""
        stream = member.open()
        return cast(BinaryIO, _Counted(stream, self)) if self._progress else stream

    def add(self, count: int) -> None:
        """So many bytes more were read."""
        self._read += count
        if self._progress:
            self._progress(min(self._read // self.passes, self._total))


class _Counted:
    """A stream whose reading is counted; only what readers of CSVs need."""

    def __init__(self, stream: BinaryIO, meter: _Meter) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._meter.add(len(data))
        return data

    def seek(self, offset: int) -> int:
        return self._stream.seek(offset)

    def close(self) -> None:
        self._stream.close()
