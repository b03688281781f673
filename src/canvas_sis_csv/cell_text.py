"""A text that may hold a cell: names, logins and addresses of people, which must not get into a log.

Room: words. What formats, prints or logs such a text gets it without the cells; who may show them asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

MASK = "…"
"""Stands for a cell."""

_MASKED = "(a text that may hold a cell)"


class CellText:
    """A text of which `str()`, `format()`, `%s` and `repr()` give only what holds no cell.

    `revealed()` gives all of it: for `check`, `show`, the result and the journal, never for a log. Texts can be
    compared and searched, as neither shows anything.
    """

    __slots__ = ("_masked", "_text")

    def __init__(self, text: str, masked: str = _MASKED) -> None:
        """`masked` is what anybody may see of `text`."""
        self._text = text
        self._masked = masked

    @classmethod
    def plain(cls, text: str) -> Self:
        """A text without any cell in it, all of which may be seen."""
        return cls(text, text)

    @classmethod
    def joined(cls, parts: Iterable[CellText | str]) -> Self:
        """The parts that are not empty, with a space between; a plain `str` holds no cell."""
        texts = [part if isinstance(part, CellText) else CellText.plain(part) for part in parts if part]
        return cls(" ".join(each._text for each in texts), " ".join(each._masked for each in texts))

    def revealed(self) -> str:
        """The whole text. Whoever calls this says that it does not end in a log."""
        return self._text

    def __str__(self) -> str:
        return self._masked

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(self._masked, spec)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CellText):
            return self._text == other._text
        return self._text == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __contains__(self, part: str) -> bool:
        return part in self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Callable[[Any], Any]) -> Any:
        """How it is kept by whoever keeps values with pydantic: as the whole text."""
        # Asked by pydantic alone, so it is there; this package does without it.
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls._of,
            serialization=core_schema.plain_serializer_function_ser_schema(cls.revealed),
        )

    @classmethod
    def _of(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls(value)
        raise ValueError("not a text")


NOTHING = CellText.plain("")
