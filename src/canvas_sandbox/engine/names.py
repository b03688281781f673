"""What a user is called when a row gives some of the names, and when two logins are one.

Room: pure. Source: Canvas's public source (its user importer and its model of a user).
"""

from __future__ import annotations

from canvas_sis_csv.reading import Row


def infer_name(row: Row, before: str | None) -> str:
    """Full name, else first and last, else the name there was, else whatever the row has."""
    if full := row.get("full_name"):
        return full
    if row.get("first_name") or row.get("last_name"):
        return f"{row.get('first_name') or ''} {row.get('last_name') or ''}".strip()
    return before or row.get("sortable_name") or row.get("short_name") or row.get("login_id") or ""


def infer_sortable_name(row: Row, before: str | None, name: str) -> str:
    """The name to sort by; from a full name Canvas makes it itself."""
    if given := row.get("sortable_name"):
        return given
    # Not the sortable name that a person may have set before: a full name says it anew.
    if row.get("full_name"):
        return last_name_first(name)
    if row.get("first_name") or row.get("last_name"):
        return f"{row.get('last_name') or ''}, {row.get('first_name') or ''}"
    return before or last_name_first(name)


def last_name_first(name: str) -> str:
    """`Ada King` as `King, Ada`; a single word and a name with a comma stay as they are."""
    first, _, last = name.rpartition(" ")
    return f"{last}, {first}" if first and "," not in name else name


def login_key(login: str) -> str:
    """The form in which two logins are one to every version of Canvas: case does not count."""
    # Newer versions see more of them as one; canvas_sis_csv.rules.cells has that rule, which is not played here.
    return login.lower()
