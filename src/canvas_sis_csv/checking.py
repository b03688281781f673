"""One file of a drop under the preflight: surveyed first, then its rows looked at.

Room: reads the file it is given. What is said of a row is said by the rules; here is only who is asked, and how the
answers become findings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any, BinaryIO

from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.chunks import Chunk, chunks
from canvas_sis_csv.clashes import Clashes
from canvas_sis_csv.classify import classify
from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.drop import Member
from canvas_sis_csv.encoding import likely_encoding, shown_name, wide_encoding
from canvas_sis_csv.findings import Findings
from canvas_sis_csv.lookalike import describe_header
from canvas_sis_csv.model import FileFacts, Finding, Knowable, Level
from canvas_sis_csv.ours import NEEDS_FEATURE
from canvas_sis_csv.pieces import Piece, pieces
from canvas_sis_csv.reading import UNKNOWN_HEADERS, FileRefused, Reading, Survey, survey
from canvas_sis_csv.repeats import Repeats, deduplicated_name, find_repeats
from canvas_sis_csv.row import Row, column_places
from canvas_sis_csv.rules import JOINT_CHECKS, VALUE_CHECKS, Hit, Rule, advice, row_hits, skips
from canvas_sis_csv.rules.cross import Note, Upload
from canvas_sis_csv.strangers import Strangers
from canvas_sis_csv.suspects import suspect_finder
from canvas_sis_csv.types import FEATURE_OF

UNKNOWN_TYPE = "file.unknown_type"

OURS = ("advice.", "note.")
"""How the codes begin of what we say and Canvas does not."""

Opener = Callable[[Member], BinaryIO]


@cache
def _suspects_of(kind: str) -> Callable[[Chunk], Iterator[int]]:
    """Which rows of a chunk Canvas may say something about for what stands in them."""
    return suspect_finder(VALUE_CHECKS[kind], JOINT_CHECKS[kind])


@cache
def _advisable(kind: str) -> Callable[[Chunk], Iterator[int]]:
    """Which rows of a chunk we may say something about ourselves."""
    return suspect_finder(advice.VALUE_CHECKS[kind], ())


class CheckedFile:
    """A file of a drop, and what was found about it so far."""

    def __init__(self, member: Member, opener: Opener, keep: int | None) -> None:
        self.member = member
        self.found = Survey()
        self.about_file = Findings(keep)
        self.about_rows = Findings(keep)
        self.refused = False
        self._keep = keep
        self.rows = 0
        self.deletes = 0
        self._opener = opener
        self._repeats: Repeats | None = None
        self._strangers: Strangers | None = None
        self._clashes: Clashes | None = None

    @property
    def type(self) -> str | None:
        """The CSV type; None when Canvas does not recognise or take it."""
        return self.found.type

    @property
    def name(self) -> str:
        """What Canvas calls it in messages about rows."""
        return deduplicated_name(self.member.name) if self._repeats else self.member.name

    @property
    def is_empty(self) -> bool:
        """A CSV without any record: Canvas ignores it silently."""
        return self.is_read and self.found.header is None and not self.refused

    @property
    def is_read(self) -> bool:
        """Whether Canvas opens it as a CSV."""
        return self.member.is_csv and not self.member.is_ignored

    @property
    def facts(self) -> FileFacts:
        """What is told of the file in results."""
        return FileFacts(self.member.name, self.type, self.rows, self.deletes)

    def counts(self) -> Iterator[tuple[tuple[str, str], int]]:
        """How many findings there are, by the name findings call the file and code."""
        yield from (((self.member.name, code), count) for code, count in self.about_file.counts.items())
        yield from (((self.name, code), count) for code, count in self.about_rows.counts.items())

    def peek(self, features: Collection[str]) -> str | None:
        """The type that the header alone makes the file; None when Canvas does not open it or would drop it."""
        if not self.is_read:
            return None
        with self._stream() as stream:
            try:
                reading = Reading(text_blocks(stream), _with_all(features))
                return _certain(Survey(reading.type, reading.header), features).type
            except FileRefused:
                return None

    def survey(self, features: Collection[str]) -> None:
        """Find out what the file is; a file that Canvas drops whole is reported."""
        with self._judged(features) as stream:
            if stream is not None:
                self._survey(stream, features)

    def check_at_once(self, features: Collection[str], options: Mapping[str, Any]) -> None:
        """Survey and rows in one pass, for a file whose rows have nothing to do with others of the drop."""
        with self._judged(features) as stream:
            if stream is None:
                return
            reading = Reading(text_blocks(stream), _with_all(features))
            self.found = _certain(Survey(reading.type, reading.header), features)
            self.about_rows = self._check(reading.pieces(), options, None)
            if reading.header_again:
                self._survey(stream, features)
                self.about_rows = self._check(pieces(self._blocks(stream)), options, None)
            self._recheck_without_repeats(stream, options)

    @contextmanager
    def _judged(self, features: Collection[str]) -> Iterator[BinaryIO | None]:
        """The file's stream, None when Canvas does not read it; what is said of the file as a whole is reported."""
        if not self.is_read:
            if not self.member.is_ignored:
                self._report(UNKNOWN_TYPE)
            yield None
            return
        with self._stream() as stream:
            try:
                yield stream
            except FileRefused as refused:
                self.found, self.about_rows, self.rows, self.deletes = Survey(), Findings(self._keep), 0, 0
                self._report_refusal(refused, stream)
        self._remark_on_header(features)

    def _survey(self, stream: BinaryIO, features: Collection[str]) -> None:
        found = survey(text_blocks(stream), _with_all(features))
        if found.header_again and self._take_out_repeats(stream):
            found = survey(self._blocks(stream), _with_all(features))
        self.found = _certain(found, features)

    def _remark_on_header(self, features: Collection[str]) -> None:
        """Advice on the header; whether an account feature is off is Canvas's to know: benefit of the doubt."""
        header = self.found.header or ()
        if self.type is None:
            return
        kind = classify(header, features)
        if kind is None:
            self._remark(NEEDS_FEATURE, {"feature": FEATURE_OF[self.type]})
        for hit in advice.of_header(self.type, header):
            self._remark(RULES[hit.code], hit.values, hit.column)

    def go_through(self, look: Callable[[Chunk], None]) -> None:
        """Look at every chunk of a surveyed file."""
        header = self.found.header or ()
        with self._stream() as stream:
            for chunk in chunks(pieces(self._blocks(stream)), column_places(header), len(header)):
                look(chunk)

    def check_rows(
        self,
        options: Mapping[str, Any],
        upload: Upload | None,
        strangers: Strangers | None = None,
        clashes: Clashes | None = None,
    ) -> None:
        """Look at the rows of a surveyed file that Canvas takes; with `upload`, together with others of the drop.

        With `clashes`, only rows that share something with another one are looked at together.
        """
        if self.type is None:
            return
        self._strangers = strangers
        self._clashes = clashes
        with self._stream() as stream:
            if upload is not None and not self._repeats:
                self._take_out_repeats(stream)
            self.about_rows = self._check(pieces(self._blocks(stream)), options, upload)
            if upload is None:
                self._recheck_without_repeats(stream, options)

    def _recheck_without_repeats(self, stream: BinaryIO, options: Mapping[str, Any]) -> None:
        """Repeats change nothing but names and numbers in messages: they are looked for once there is a message."""
        if self.about_rows.counts and not self._repeats and self._take_out_repeats(stream):
            self._strangers = None
            self.about_rows = self._check(pieces(self._blocks(stream)), options, None)

    def _check(self, parts: Iterable[Piece], options: Mapping[str, Any], upload: Upload | None) -> Findings:
        """What there is to say about the rows in these pieces; counts them, too."""
        found = Findings(self._keep)
        header = self.found.header or ()
        self.rows = self.deletes = 0
        for chunk in chunks(parts, column_places(header), len(header)):
            self.rows += chunk.size - len(chunk.blank)
            self.deletes += _count_deletes(chunk)
            if self._strangers:
                self._strangers.look(self.type or "", chunk, self.member.name)
            said = self._together(chunk, upload) if upload else self._alone(chunk, options)
            for row, hit in said:
                found.add(hit.code, partial(self._finding, row, hit))
        return found

    def _alone(self, chunk: Chunk, options: Mapping[str, Any]) -> Iterator[tuple[Row, Hit]]:
        """What is said to rows of the chunk for what stands in them: only suspects are looked at."""
        kind = self.type or ""
        suspects, advisable = frozenset(_suspects_of(kind)(chunk)), frozenset(_advisable(kind)(chunk))
        for index in sorted(suspects | advisable):
            row = chunk.row(index)
            hits = tuple(row_hits(kind, row, options)) if index in suspects else ()
            yield from _said(kind, row, hits, advise=index in advisable)

    def _together(self, chunk: Chunk, upload: Upload) -> Iterator[tuple[Row, Hit]]:
        """What is said to rows of the chunk, other rows of the drop considered: all of them, unless all is quiet."""
        kind, name = self.type or "", self.name
        suspects, advisable = frozenset(_suspects_of(kind)(chunk)), frozenset(_advisable(kind)(chunk))
        for index in self._to_feed(chunk, upload, suspects | advisable):
            if index in chunk.blank:
                continue
            row = chunk.row(index)
            ask = upload.judge if index in suspects else upload.feed
            yield from _said(kind, row, ask(kind, row, name), advise=index in advisable)

    def _to_feed(self, chunk: Chunk, upload: Upload, suspects: frozenset[int]) -> Iterable[int]:
        """The rows of the chunk that must be looked at one by one, in order."""
        if self._clashes is not None:
            return sorted(suspects.union(self._clashes.rows(chunk)))
        quiet = upload.is_quiet(self.type or "", lambda column: chunk.values(column) if chunk.has(column) else ())
        return sorted(suspects) if quiet else range(chunk.size)

    def note(self, note: Note) -> None:
        """Take up what was said at the end of the drop about this file."""
        rule = RULES[note.hit.code]
        finding = Finding(
            level=_level_of(rule),
            code=rule.code,
            file=self.name,
            row=note.number,
            message=rule.text(**note.hit.values),
            hint=rule.hint,
            line=note.line,
            knowable=note.hit.knowable,
            column=note.hit.column,
        )
        self.about_rows.add(rule.code, lambda: finding)

    def _finding(self, row: Row, hit: Hit) -> Finding:
        rule = RULES[hit.code]
        return Finding(
            level=_level_of(rule),
            code=hit.code,
            file=self.name,
            row=row.number if rule.numbered else None,
            message=rule.text(**hit.values),
            hint=rule.hint,
            line=row.line,
            # What a row certainly meets is known from the row, whatever else may lead to the same message.
            knowable=Knowable.ROW if hit.knowable is Knowable.DATABASE else hit.knowable,
            column=hit.column,
        )

    def _report_refusal(self, refused: FileRefused, stream: BinaryIO) -> None:
        self.refused = True
        explanation = _explain(refused)
        invalid = refused.offset is not None
        encoding = likely_encoding(stream, refused.offset or 0) if invalid else wide_encoding(stream)
        if encoding:
            name = self.member.name
            explanation += f" It looks like {shown_name(encoding)}: `sisdrop convert {name}` writes a UTF-8 copy."
        self._report(refused.code, explanation, refused.line)

    def _remark(self, rule: Rule, values: Mapping[str, object], column: str | None = None) -> None:
        """Say something of our own about the file as a whole."""
        finding = Finding(
            level=rule.level,
            code=rule.code,
            file=self.member.name,
            row=None,
            message=rule.text(**values),
            hint=rule.hint,
            knowable=rule.knowable.knowable,
            column=column,
        )
        self.about_file.add(rule.code, lambda: finding)

    def _report(self, code: str, explanation: str = "", line: int | None = None) -> None:
        rule = RULES[code]
        finding = Finding(
            level=Level.ERROR,
            code=code,
            file=self.member.name,
            row=None,
            message=rule.text(),
            hint=f"{explanation} {rule.hint}".strip(),
            line=line,
            knowable=rule.knowable.knowable,
        )
        self.about_file.add(code, lambda: finding)

    def _stream(self) -> closing[BinaryIO]:
        return closing(self._opener(self.member))

    def _blocks(self, stream: BinaryIO) -> Iterator[str]:
        return self._repeats.blocks(stream) if self._repeats else text_blocks(stream)

    def _take_out_repeats(self, stream: BinaryIO) -> bool:
        self._repeats = find_repeats(stream)
        return self._repeats is not None


def _with_all(features: Collection[str]) -> set[str]:
    """These features and every one that a type needs."""
    return {*features, *FEATURE_OF.values()}


def _certain(found: Survey, features: Collection[str]) -> Survey:
    """The survey with the type that these features alone give, if they give one."""
    kind = classify(found.header or (), features)
    return replace(found, type=kind) if kind else found


def _said(kind: str, row: Row, hits: tuple[Hit, ...], *, advise: bool) -> Iterator[tuple[Row, Hit]]:
    """Canvas's words on a row, and our advice on it unless Canvas refuses it anyway."""
    yield from ((row, hit) for hit in hits)
    if advise and not any(skips(hit.code) for hit in hits):
        yield from ((row, hit) for hit in advice.of_row(kind, row))


def _level_of(rule: Rule) -> Level:
    """What Canvas says is an error to whoever sent the row, whatever Canvas calls it; the rest is ours to rank."""
    return rule.level if rule.code.startswith(OURS) else Level.ERROR


def _explain(refused: FileRefused) -> str:
    """Where reading stopped and why, for the hint."""
    if refused.code == UNKNOWN_HEADERS:
        return describe_header(refused.header, refused.excerpt)
    place = f"Line {refused.line}, column {refused.column}: {refused.why}"
    return f"{place} ({refused.excerpt})." if refused.excerpt else f"{place}."


def _count_deletes(chunk: Chunk) -> int:
    """How many rows of the chunk say in `status` that something is to be deleted."""
    if not chunk.has("status"):
        return 0
    values = chunk.values("status")
    words = {value for value in set(values) if value.lower().startswith("deleted")}
    return sum(map(words.__contains__, values)) if words else 0
