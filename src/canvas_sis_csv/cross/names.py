"""Two group categories, or two tag sets, of one name in one account or course.

Room: pure, remembers. Source: Canvas's public source (the model of group categories).
"""

from __future__ import annotations

from collections.abc import Callable

from canvas_sis_csv.cross.ids import Ids, Links, knowable
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row

Plausible = Callable[[str, str], bool]
"""Whether an id of a kind (`course`) may be in Canvas, as far as the upload tells."""


class Names:
    """The names that one type of category has taken, each in its account or course."""

    def __init__(self, type_: str, id_column: str, name_column: str, plausible: Plausible) -> None:
        self._code = f"{type_}.invalid"
        self._id, self._name = id_column, name_column
        self._plausible = plausible
        self.ids = Ids()
        self._key = Links()
        self._holder = Links()

    def check(self, row: Row, file: int) -> Hit | None:
        """The earlier row with another id and the same name in the same place.

        Canvas asks only when the name changes: a category may move, or come back, to where its name is taken.
        """
        holder = None if _is_deleting(row) else self._holder.get(self._place_and_name(row))
        if holder is None:
            return None
        known = self._key.get(row.get(self._id))
        # The name alone, of what `_place_and_name` made.
        if known is not None and known.split("\n", 2)[2] == row.get(self._name):
            return None
        places = (("account", row.get("account_id")), ("course", row.get("course_id")))
        # A row whose account or course is missing is refused before its name is looked at.
        if any(id_ is not None and not self._plausible(kind, id_) for kind, id_ in places):
            return None
        values = {self._id: row.get(self._id), "model_errors": f"Name {row.get(self._name)} is already in use."}
        return Hit(self._code, values, self._name, knowable(file, self.ids.file(holder)))

    def learn(self, row: Row, file: int) -> None:
        """Canvas took the row."""
        id_, key = row.get(self._id) or "", self._place_and_name(row)
        before = self._key.get(id_)
        if before:
            self._holder.drop(before, id_)
        self._key.put(id_, key)
        if not _is_deleting(row):
            self._holder.put(key, id_)
        self.ids.say(id_, file, active=not _is_deleting(row))

    def doubt(self, row: Row, file: int) -> None:
        """The row may have moved or renamed the category, or not."""
        id_ = row.get(self._id) or ""
        self._holder.drop(self._key.get(id_), id_)
        self._key.drop(id_)

    def _place_and_name(self, row: Row) -> str:
        return "\n".join((row.get("account_id") or "", row.get("course_id") or "", row.get(self._name) or ""))


def _is_deleting(row: Row) -> bool:
    return (row.get("status") or "").lower().startswith("deleted")
