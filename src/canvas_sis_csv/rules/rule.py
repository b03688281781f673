"""What a rule is: a code, a level, Canvas's message, what to do about it, and when it hits.

Room: words, and the texts, which are read once; the rules themselves are in the modules beside this one, one for each
family of CSV types. A rule without a `when` is one that only Canvas's database can decide: its text is here for those
who play the database.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Literal

from canvas_sis_csv.cell_text import MASK, CellText
from canvas_sis_csv.model import Knowable, Level
from canvas_sis_csv.rules.when import ANY_CELL, Clause, Row, Test, When, is_anything

RowIs = Literal["skip", "kept", "partial", "file-dropped"]
Values = Mapping[str, object]

OURS = ("advice.", "note.")
"""How the codes begin of what we say and Canvas does not."""


_NO_CELLS = frozenset({"column", "columns", "count", "rows", "feature", "taken_for", "meant", "because", "sentence"})
"""Values of our own texts that are no cells of a file: what is counted, and words that Canvas knows."""


class Known(StrEnum):
    """What one must know to be certain of a rule.

    The `SOMETIMES` ones are certain when the clash lies inside the file or the upload, else only the database knows.
    """

    ROW = "row"
    FILE = "file"
    FILE_SOMETIMES = "file~"
    IMPORT_SOMETIMES = "import~"
    DATABASE = "database"
    DATABASE_OR_NONE = "database*"
    """Only the database is certain of the error, but the upload itself can prove that there is none."""

    @property
    def knowable(self) -> Knowable:
        """The plain word for findings; where the clash must lie inside the upload, the least that can prove it."""
        return Knowable(self.value.rstrip("~*"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One message. `message` is a template with the row's columns in braces."""

    code: str
    message: str
    hint: str
    level: Level = Level.WARNING
    knowable: Known = Known.ROW
    row_is: RowIs = "skip"
    numbered: bool = True
    """Whether Canvas gives the message a row number."""
    when: When | None = None
    lowered: tuple[str, ...] = ()
    """Placeholders whose value Canvas prints in lower case."""
    errors: tuple[tuple[When, str], ...] = ()
    """What Canvas's model says, in its order, and when: `{model_errors}` is all of it, `{model_error}` the first."""
    placeholders: tuple[str, ...] = field(init=False)

    @property
    def skips_row(self) -> bool:
        """Whether a row that this message is about is not imported at all."""
        return self.row_is == "skip"

    @property
    def is_ours(self) -> bool:
        """Whether we say it and Canvas does not."""
        return self.code.startswith(OURS)

    def __post_init__(self) -> None:
        names = (name for _, name, _, _ in Formatter().parse(self.message) if name)
        object.__setattr__(self, "placeholders", tuple(dict.fromkeys(names)))

    def text(self, **values: object) -> str:
        """The message with its values; None prints as nothing, a value the message needs must be given."""
        return self.message.format_map({name: "" if value is None else value for name, value in values.items()})

    def cell_text(self, **values: object) -> CellText:
        """As `text`, for whoever tells people of it: without the cells in a log."""
        seen = _NO_CELLS if self.is_ours or self.code.startswith("file.") else ()
        masked = {name: value if name in seen else MASK for name, value in values.items()}
        return CellText(self.text(**values), self.text(**masked))

    def values(self, row: Row, **extra: object) -> dict[str, object]:
        """What the message's placeholders stand for in this row; `extra` wins over the row's columns."""
        if self.errors:
            errors = [text for when, text in self.errors if when.holds(row)]
            extra = {"model_errors": ",".join(errors), "model_error": "".join(errors[:1]), **extra}
        values = {name: extra[name] if name in extra else row.get(name) for name in self.placeholders}
        # Canvas prints these in lower case, whatever was written.
        for name in self.lowered:
            if isinstance(value := values.get(name), str) and name not in extra:
                values[name] = value.lower()
        return values


@cache
def _texts() -> dict[str, tuple[str, str]]:
    """Message and hint by code: all TOML files beside the rules, each with a section for each rule."""
    beside = (file for file in files("canvas_sis_csv.rules").iterdir() if file.name.endswith(".toml"))
    types = [each for file in beside for each in tomllib.loads(file.read_text("utf-8")).items()]
    return {f"{type_}.{name}": (text["says"], text["hint"]) for type_, texts in types for name, text in texts.items()}


def rule(
    code: str,
    when: When | None = None,
    *,
    level: Level = Level.WARNING,
    known: Known | None = None,
    row_is: RowIs = "skip",
    numbered: bool = True,
    lowered: tuple[str, ...] = (),
) -> Rule:
    """A rule on one row when it has a `when`, else one that only Canvas's database can decide.

    Raises KeyError for a code without a text.
    """
    knowable = known or (Known.ROW if when else Known.DATABASE)
    return Rule(code, *_texts()[code], level, knowable, row_is, numbered, when, lowered)


def lookup(code: str) -> Rule:
    """A rule on something that Canvas looks up and does not find; the upload itself may prove that it is there."""
    return rule(code, known=Known.DATABASE_OR_NONE)


def refused(code: str, *errors: tuple[When, str]) -> Rule:
    """A rule that hits when Canvas's model refuses the row for at least one of `errors`."""
    any_of_them = When(tuple(clause for when, _ in errors for clause in when.clauses))
    return Rule(code, *_texts()[code], when=any_of_them, errors=errors)


Question = tuple[str, Test, Clause, Rule]
"""A column, a test of it that must be true for the clause to hold, the clause, its rule."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Rules that Canvas asks one after the other, in its order, before it looks something up.

    `drops_deletes`: after this stage the import option `skip_deletes` drops deleting rows without a message.
    `given` says what must be true of the database for the stage to apply at all; empty = always.
    """

    name: str
    rules: tuple[Rule, ...]
    drops_deletes: bool = False
    given: str = ""
    questions: tuple[Question, ...] = field(init=False)
    """The rules that a row alone can break, taken apart for a quick test before each."""

    def __post_init__(self) -> None:
        questions: list[Question] = []
        for rule in self.rules:
            for clause in rule.when.clauses if rule.when else ():
                # No single column settles a question about any cell.
                quick = ("", is_anything) if clause.columns[0] == ANY_CELL else (clause.columns[0], clause.tests[0])
                questions.append((*quick, clause, rule))
        object.__setattr__(self, "questions", tuple(questions))


def stage(name: str, *rules: Rule, drops_deletes: bool = False, given: str = "") -> Stage:
    """A stage of these rules."""
    return Stage(name, rules, drops_deletes, given)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds for a row. `column` is the one to look at; None when there is no single one."""

    code: str
    values: Values
    column: str | None = None
    knowable: Knowable = Knowable.ROW
