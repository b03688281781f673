"""Why Canvas drops a whole file, as an error with the place where it was found.

Room: words only.
"""

from __future__ import annotations

INVALID_UTF8 = "file.invalid_utf8"
MALFORMED_CSV = "file.malformed_csv"
UNKNOWN_HEADERS = "file.unknown_headers"


class FileRefused(Exception):
    """Canvas drops this file and imports none of its rows.

    `code` is the rule's; `line` and `column` count from 1 as an editor does and say where reading stopped (None when
    no place is to blame); `why` names the cause in a few words, `excerpt` is a short piece of the file around it.
    `header` holds the cells of a header that matches no type, `offset` the place of an invalid byte in the file.
    """

    def __init__(
        self,
        code: str,
        why: str,
        *,
        line: int | None = None,
        column: int | None = None,
        excerpt: str = "",
        header: tuple[str | None, ...] = (),
        offset: int | None = None,
    ) -> None:
        self.code = code
        self.why = why
        self.line = line
        self.column = column
        self.excerpt = excerpt
        self.header = header
        self.offset = offset
        place = f" (line {line}, column {column})" if line is not None else ""
        super().__init__(f"{code}: {why}{place}")
