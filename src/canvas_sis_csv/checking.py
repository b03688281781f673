"""One file of a drop under the preflight: surveyed first, then its rows looked at.

Room: reads the file it is given. What is said of a row is said by the rules; here is only who is asked, and how the
answers become findings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import BinaryIO

from canvas_sis_csv import advice
from canvas_sis_csv.advice import likely_word
from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.chunks import Chunk, chunks
from canvas_sis_csv.clashes import Clashes
from canvas_sis_csv.classify import classify
from canvas_sis_csv.column_advice import ColumnAdvice
from canvas_sis_csv.contradictions import TYPE as CONTRADICTED
from canvas_sis_csv.contradictions import Contradictions
from canvas_sis_csv.cross import Note, Upload
from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.drop import Member
from canvas_sis_csv.findings import Findings
from canvas_sis_csv.header_advice import header_advice
from canvas_sis_csv.model import FileFacts, Finding, Knowable, Level
from canvas_sis_csv.options import ImportOptions
from canvas_sis_csv.pieces import Piece, pieces
from canvas_sis_csv.reading import FileRefused, Reading, Survey
from canvas_sis_csv.refusals import explain
from canvas_sis_csv.repeats import Repeats, deduplicated_name, find_repeats
from canvas_sis_csv.row import Row, column_places
from canvas_sis_csv.row_keys import RowKeys
from canvas_sis_csv.row_rules import row_hits
from canvas_sis_csv.rules.files import NEEDS_FEATURE
from canvas_sis_csv.rules.rule import Hit, Rule
from canvas_sis_csv.suspects import suspect_finder
from canvas_sis_csv.types import CsvType, Registry
from canvas_sis_csv.unknown_references import UnknownReferences

UNKNOWN_TYPE = "file.unknown_type"

Opener = Callable[[Member], BinaryIO]


@cache
def _suspects_of(type_: CsvType) -> Callable[[Chunk], Iterator[int]]:
    """Which rows of a chunk Canvas may say something about for what stands in them."""
    return suspect_finder(type_.value_checks, type_.joint_checks)


@cache
def _advisable(type_: CsvType) -> Callable[[Chunk], Iterator[int]]:
    """Which rows of a chunk we may say something about ourselves."""
    return suspect_finder(advice.value_checks(type_), ())


@dataclass(frozen=True, slots=True)
class Setting:
    """Under which circumstances a drop is checked; the words are those of `preflight`."""

    options: ImportOptions
    features: Collection[str]
    registry: Registry
    keep: int | None

    @property
    def all_features(self) -> Collection[str]:
        """The features that are on and every one that a type needs."""
        return {*self.features, *self.registry.features}


class CheckedFile:
    """A file of a drop, and what was found about it so far."""

    def __init__(
        self, member: Member, opener: Opener, setting: Setting, contradictions: Contradictions | None = None
    ) -> None:
        """`contradictions` is that of the drop, where rows of the file may contradict those of others."""
        self.member = member
        self.type: CsvType | None = None
        """None while it is not known, and when Canvas does not recognise or take the file."""
        self.about_file = Findings(setting.keep)
        self.about_rows = Findings(setting.keep)
        self.refused = False
        self.rows = 0
        self.deletes = 0
        self._setting = setting
        self._opener = opener
        self._header: tuple[str | None, ...] | None = None
        self._repeats: Repeats | None = None
        self._row_keys: RowKeys | None = None
        self._lines = 0
        self._unknown: UnknownReferences | None = None
        self._clashes: Clashes | None = None
        self._contradictions = contradictions

    @property
    def name(self) -> str:
        """What Canvas calls it in messages about rows."""
        return deduplicated_name(self.member.name) if self._repeats else self.member.name

    @property
    def is_empty(self) -> bool:
        """A CSV without any record: Canvas ignores it silently."""
        return self.member.is_read and self._header is None and not self.refused

    @property
    def facts(self) -> FileFacts:
        """What is told of the file in results."""
        return FileFacts(self.member.name, self.type.name if self.type else None, self.rows, self.deletes)

    def counts(self) -> Iterator[tuple[tuple[str, str], int]]:
        """How many findings there are, by the name findings call the file and code."""
        yield from (((self.member.name, code), count) for code, count in self.about_file.counts.items())
        yield from (((self.name, code), count) for code, count in self.about_rows.counts.items())

    def peek(self) -> str | None:
        """The type that the header alone makes the file; None when Canvas does not open it or would drop it."""
        if not self.member.is_read:
            return None
        with self._stream() as stream:
            try:
                self._recognise(self._reading(stream).seen)
            except FileRefused:
                return None
        return self.type.name if self.type else None

    def survey(self) -> None:
        """Find out what the file is; a file that Canvas drops whole is reported."""
        with self._judged() as stream:
            if stream is not None:
                self._survey(stream)

    def check_at_once(self, look: Callable[[Chunk], None] | None = None) -> None:
        """Survey and rows in one pass, for a file whose rows have nothing to do with others of the drop.

        `look` is given every chunk on the way, some of them perhaps of a file that turns out to be refused.
        """
        with self._judged() as stream:
            if stream is None:
                return
            reading = self._reading(stream)
            self._recognise(reading.seen)
            self._check(reading.pieces(), None, look)
            if reading.seen.header_again:
                # It may be a repeated line, which only a second pass can tell from a row.
                self._survey(stream)
                self._check(pieces(self._blocks(stream)), None)
            self._recheck_without_repeats(stream)

    @contextmanager
    def _judged(self) -> Iterator[BinaryIO | None]:
        """The file's stream, None when Canvas does not read it; what is said of the file as a whole is reported."""
        if not self.member.is_read:
            if not self.member.is_ignored:
                self._report(UNKNOWN_TYPE)
            yield None
            return
        with self._stream() as stream:
            try:
                yield stream
            except FileRefused as refused:
                # Canvas imports nothing of it, whatever was seen of its rows on the way.
                self._recognise(Survey())
                self.about_rows, self.rows, self.deletes = Findings(self._setting.keep), 0, 0
                self._report_refusal(refused, stream)
        # A refused file has no type any more, so nothing else is said of its header.
        self._remark_on_header()

    def _reading(self, stream: BinaryIO) -> Reading:
        return Reading(text_blocks(stream), self._setting.all_features, self._setting.registry)

    def _survey(self, stream: BinaryIO) -> None:
        survey = self._reading(stream).survey()
        # A header that stands there again may be a repeated line: then it is none of Canvas's rows.
        if survey.header_again and self._take_out_repeats(stream):
            survey = Reading(self._blocks(stream), self._setting.all_features, self._setting.registry).survey()
        self._recognise(survey)

    def _recognise(self, survey: Survey) -> None:
        """Take the type that the features give which are certainly on; if they give none, that of all of them."""
        registry = self._setting.registry
        self._header = survey.header
        # A feature may be on without our knowing of it: then a type that needs it still beats none.
        certain = classify(survey.header or (), self._setting.features, registry)
        self.type = registry.get(certain or survey.type or "")

    def _remark_on_header(self) -> None:
        """Advice on the header; whether an account feature is off is Canvas's to know: benefit of the doubt."""
        if self.type is None:
            return
        header = self._header or ()
        if classify(header, self._setting.features, self._setting.registry) is None:
            self._remark(NEEDS_FEATURE, {"feature": self.type.feature})
        for hit in header_advice(self.type, header):
            self._remark(self._rule(hit), hit.values, hit.column)

    def go_through(self, look: Callable[[Chunk], None]) -> None:
        """Look at every chunk of a surveyed file."""
        with self._stream() as stream:
            for chunk in self._chunks(pieces(self._blocks(stream))):
                look(chunk)

    def check_rows(
        self, upload: Upload | None, unknown: UnknownReferences | None = None, clashes: Clashes | None = None
    ) -> None:
        """Look at the rows of a surveyed file that Canvas takes; with `upload`, together with others of the drop.

        With `clashes`, only rows that share something with another one are looked at together.
        """
        if self.type is None:
            return
        self._unknown = unknown
        self._clashes = clashes
        with self._stream() as stream:
            # An upload cannot unlearn rows: there will be no second pass to mend names and numbers.
            if upload is not None and not self._repeats:
                self._take_out_repeats(stream)
            self._check(pieces(self._blocks(stream)), upload)
            if upload is None:
                self._recheck_without_repeats(stream)

    def _recheck_without_repeats(self, stream: BinaryIO) -> None:
        """Repeats change nothing but names and numbers in messages: they are looked for once there is a message."""
        if not self.about_rows.counts or self._repeats or self._is_without_repeats():
            return
        if self._take_out_repeats(stream):
            # Unknown ids were counted in the first pass.
            self._unknown = None
            self._check(pieces(self._blocks(stream)), None)

    def _is_without_repeats(self) -> bool:
        """Whether the first way through the file has shown that too few lines repeat for a copy."""
        return self._row_keys is not None and self._row_keys.prove_no_repeats(self._lines)

    def _counted(self, parts: Iterable[Piece]) -> Iterator[Piece]:
        """The pieces as they come; behind the last one it is known how many lines there are below the header."""
        last: Piece | None = None
        for piece in parts:
            yield piece
            last = piece
        self._lines = last.last_line - 1 if last else 0

    def _check(
        self, parts: Iterable[Piece], upload: Upload | None, look: Callable[[Chunk], None] | None = None
    ) -> None:
        """Find out what there is to say about the rows in these pieces, and count them."""
        self._row_keys = None
        self.about_rows = Findings(self._setting.keep)
        self.rows = self.deletes = 0
        columns: ColumnAdvice | None = None
        for chunk in self._chunks(self._counted(parts)):
            # An empty file has no type and no chunks.
            if self.type is None:
                return
            if look:
                look(chunk)
            # Rows of nothing but blanks are none to Canvas.
            self.rows += chunk.size - len(chunk.blank)
            self.deletes += _count_deletes(chunk)
            for row, hit in self._hits(self.type, chunk, upload):
                self.about_rows.add(hit.code, partial(self._finding, row, hit))
            # After the rows were fed to the upload: an id may stand in the same chunk.
            if self._unknown:
                self._unknown.look(self.type, chunk, self.member.name)
            if columns is None:
                columns = ColumnAdvice(self.type)
                # Where the first rows earn messages, others will: then it matters whether lines repeat.
                self._row_keys = RowKeys(self.type) if self.about_rows.counts and not upload else None
            columns.look(chunk)
            if self._row_keys:
                self._row_keys.add(chunk)
            if self._contradictions and self.type.name == CONTRADICTED:
                self._contradictions.note(chunk)
        for hit in columns.hits() if columns else ():
            self.remark(hit.code, hit.values, hit.column)

    def _chunks(self, parts: Iterable[Piece]) -> Iterator[Chunk]:
        header = self._header or ()
        return chunks(parts, column_places(header), len(header))

    def _hits(self, type_: CsvType, chunk: Chunk, upload: Upload | None) -> Iterator[tuple[Row, Hit]]:
        """What is said to rows of the chunk for what stands in them; with `upload`, also because of others."""
        name, skip_deletes = self.name, bool(self._setting.options.skip_deletes)
        suspects, advisable = frozenset(_suspects_of(type_)(chunk)), frozenset(_advisable(type_)(chunk))
        uneven = frozenset(chunk.uneven())
        rows: Iterable[int] = sorted(suspects | advisable | uneven)
        if upload and self._clashes is not None:
            rows = sorted({*rows, *self._clashes.rows(chunk)})
        elif upload and not upload.is_quiet(type_, lambda column: chunk.values(column) if chunk.has(column) else ()):
            # Neither what rows share with others nor their columns as a whole says that most can be passed over.
            rows = range(chunk.size)
        for index in rows:
            if index in chunk.blank:
                continue
            row = chunk.row(index)
            # Rows that none of Canvas's rules can hit need not be asked about them again.
            ours: list[Hit] = []
            if upload:
                ours += upload.advice(type_, row, name)
                hits = (upload.judge if index in suspects else upload.feed)(type_, row, name)
            else:
                hits = tuple(row_hits(type_, row, skip_deletes=skip_deletes)) if index in suspects else ()
            yield from ((row, hit) for hit in hits)
            is_refused = any(self._rule(hit).skips_row for hit in hits)
            ours += advice.row_advice(type_, row) if index in advisable else ()
            if index in uneven:
                ours += advice.length_advice(type_, self._header or (), chunk.written(index), hits)
            # A row that Canvas refuses anyway is worth no advice, but for what explains that.
            yield from ((row, hit) for hit in ours if not is_refused or hit.code in advice.EXPLAINING)

    def _rule(self, hit: Hit) -> Rule:
        return self._setting.registry.rules[hit.code]

    def add(self, row: Row, hit: Hit) -> None:
        """Take up what is said of a row after all rows were looked at."""
        self.about_rows.add(hit.code, lambda: self._finding(row, hit))

    def remark(self, code: str, values: Mapping[str, object], column: str | None = None) -> None:
        """Take up what is said of all rows of the file together."""
        finding = self._of_file(self._setting.registry.rules[code], values, column)
        self.about_rows.add(code, lambda: finding)

    def note(self, note: Note) -> None:
        """Take up what was said at the end of the drop about this file."""
        finding = self._finding_of(note.hit, note.number, note.line)
        self.about_rows.add(finding.code, lambda: finding)

    def _finding(self, row: Row, hit: Hit) -> Finding:
        # What a row certainly meets is known from the row, whatever else may lead to the same message.
        known = Knowable.ROW if hit.knowable is Knowable.DATABASE else hit.knowable
        number = row.number if self._rule(hit).numbered else None
        finding = self._finding_of(replace(hit, knowable=known), number, row.line)
        word = likely_word(self.type, row, hit) if self.type and not self._rule(hit).is_ours else None
        if word is None:
            return finding
        return replace(finding, hint=CellText.joined([f"Is {word} meant?", finding.hint]))

    def _finding_of(self, hit: Hit, number: int | None, line: int) -> Finding:
        rule = self._rule(hit)
        return Finding(
            # What Canvas says is an error to whoever sent the row, whatever Canvas calls it; the rest is ours to rank.
            level=rule.level if rule.is_ours else Level.ERROR,
            code=rule.code,
            file=self.name,
            row=number,
            message=rule.cell_text(**hit.values),
            hint=CellText.plain(rule.hint),
            line=line,
            knowable=hit.knowable,
            column=hit.column,
        )

    def _report_refusal(self, refused: FileRefused, stream: BinaryIO) -> None:
        """Say where reading stopped and why, and what the file looks like."""
        self.refused = True
        registry = self._setting.registry
        hint = explain(refused, stream, self.member.name, registry.rules[refused.code].hint, registry)
        self._report(refused.code, hint, refused.line)

    def _report(self, code: str, hint: CellText | None = None, line: int | None = None) -> None:
        """Say that Canvas drops the file."""
        rule = self._setting.registry.rules[code]
        hint, known = hint or CellText.plain(rule.hint), rule.knowable.knowable
        # A file that is no CSV is only passed over: those beside it are imported.
        level = Level.WARNING if code == UNKNOWN_TYPE else Level.ERROR
        finding = Finding(level, code, self.member.name, None, rule.cell_text(), hint, line, known)
        self.about_file.add(code, lambda: finding)

    def _remark(self, rule: Rule, values: Mapping[str, object], column: str | None = None) -> None:
        """Say something of our own about the file as a whole."""
        finding = self._of_file(rule, values, column)
        self.about_file.add(rule.code, lambda: finding)

    def _of_file(self, rule: Rule, values: Mapping[str, object], column: str | None) -> Finding:
        message, hint, known = rule.cell_text(**values), CellText.plain(rule.hint), rule.knowable.knowable
        return Finding(rule.level, rule.code, self.member.name, None, message, hint, None, known, column)

    def _stream(self) -> closing[BinaryIO]:
        return closing(self._opener(self.member))

    def _blocks(self, stream: BinaryIO) -> Iterator[str]:
        return self._repeats.blocks(stream) if self._repeats else text_blocks(stream)

    def _take_out_repeats(self, stream: BinaryIO) -> bool:
        self._repeats = find_repeats(stream)
        return self._repeats is not None


def _count_deletes(chunk: Chunk) -> int:
    """How many rows of the chunk say in `status` that something is to be deleted."""
    if not chunk.has("status"):
        return 0
    words = {value for value in chunk.distinct("status") if value.lower().startswith("deleted")}
    return sum(map(words.__contains__, chunk.values("status"))) if words else 0
