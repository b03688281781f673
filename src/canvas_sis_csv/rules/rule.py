"""What a rule is: a code, a level, Canvas's message, what to do about it, and when it hits.

Room: pure words; the rules themselves are in the rooms beside this one, one for each family of CSV types. A rule
without a `when` is one that only Canvas's database can decide: its text is here for those who play the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import Literal

from canvas_sis_csv.model import Knowable, Level
from canvas_sis_csv.rules.when import Row, When

RowIs = Literal["skip", "kept", "partial", "file-dropped"]
Values = Mapping[str, object]


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

    def __post_init__(self) -> None:
        names = (name for _, name, _, _ in Formatter().parse(self.message) if name)
        object.__setattr__(self, "placeholders", tuple(dict.fromkeys(names)))

    def text(self, **values: object) -> str:
        """The message with its values; None prints as nothing, a value the message needs must be given."""
        return self.message.format_map({name: "" if value is None else value for name, value in values.items()})

    def values(self, row: Row, **extra: object) -> dict[str, object]:
        """What the message's placeholders stand for in this row; `extra` wins over the row's columns."""
        if self.errors:
            said = [text for when, text in self.errors if when.holds(row)]
            extra = {"model_errors": ",".join(said), "model_error": "".join(said[:1]), **extra}
        return {name: extra[name] if name in extra else self._value(row, name) for name in self.placeholders}

    def _value(self, row: Row, name: str) -> str | None:
        value = row.get(name)
        return value.lower() if value and name in self.lowered else value


def rule(
    code: str,
    message: str,
    hint: str,
    when: When | None = None,
    *,
    level: Level = Level.WARNING,
    known: Known | None = None,
    row_is: RowIs = "skip",
    numbered: bool = True,
    lowered: tuple[str, ...] = (),
) -> Rule:
    """A rule on one row when it has a `when`, else one that only Canvas's database can decide."""
    knowable = known or (Known.ROW if when else Known.DATABASE)
    return Rule(code, message, hint, level, knowable, row_is, numbered, when, lowered)


def refused(code: str, message: str, hint: str, *errors: tuple[When, str]) -> Rule:
    """A rule that hits when Canvas's model refuses the row for at least one of `errors`."""
    return Rule(code, message, hint, when=_any(when for when, _ in errors), errors=errors)


def _any(conditions: Iterable[When]) -> When:
    return When(tuple(way for when in conditions for way in when.ways))


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
