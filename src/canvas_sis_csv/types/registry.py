"""All CSV types that there are, in Canvas's order, and what follows from them together.

Room: pure. Whoever reads CSVs takes a registry; the one of Canvas itself is `canvas_sis_csv.types.CANVAS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from canvas_sis_csv.rules.advice import ADVICE, RENAMED, undefined
from canvas_sis_csv.rules.files import FILE_STAGES
from canvas_sis_csv.rules.rule import Rule
from canvas_sis_csv.types.csv_type import CsvType, Kind


class Registry(Mapping[str, CsvType]):
    """CSV types by name, in the order in which Canvas tries to recognise a file and imports them.

    Raises ValueError for two types of one name, and for a reference to a kind of id that no type defines.
    """

    def __init__(self, types: Iterable[CsvType]) -> None:
        self.types = tuple(types)
        self._by_name = {type_.name: type_ for type_ in self.types}
        if len(self._by_name) < len(self.types):
            raise ValueError("two CSV types have one name")
        for type_ in self.types:
            for reference in type_.references:
                if reference.kind.name not in self.bringers:
                    raise ValueError(f"{type_.name}.{reference.column} names {reference.kind.called}: none defines it")

    def __getitem__(self, name: str) -> CsvType:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self.types)

    def with_type(self, type_: CsvType, *, before: str | None = None) -> Registry:
        """These types and one more, which Canvas would try just before that other one; None = last."""
        place = self.order[before] if before else len(self.types)
        return Registry((*self.types[:place], type_, *self.types[place:]))

    @cached_property
    def order(self) -> dict[str, int]:
        """A type's place in the order, from 0."""
        return {name: place for place, name in enumerate(self._by_name)}

    @cached_property
    def features(self) -> frozenset[str]:
        """Every account feature that some type needs."""
        return frozenset(type_.feature for type_ in self.types if type_.feature)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of ids by name."""
        return {definition.kind.name: definition.kind for type_ in self.types for definition in type_.defines}

    @cached_property
    def bringers(self) -> dict[str, frozenset[str]]:
        """By kind of id, the types whose rows define ids of it."""
        return {
            kind: frozenset(type_.name for type_ in self.types for each in type_.defines if each.kind.name == kind)
            for kind in self.kinds
        }

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """All messages by code (`user.missing_login`), in the order of the types and of Canvas's questions."""
        stages = (*FILE_STAGES, *(stage for type_ in self.types for stage in type_.stages), ADVICE)
        rules: dict[str, Rule] = {}
        for rule in (rule for stage in stages for rule in stage.rules):
            # Some codes stand in two stages, the second time with another condition.
            rules.setdefault(rule.code, rule)
        notes = (undefined(kind.name, kind.if_unknown) for kind in self.kinds.values())
        return rules | {rule.code: rule for rule in (*notes, RENAMED)}
