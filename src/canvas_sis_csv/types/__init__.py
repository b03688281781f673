"""The CSV types of Canvas: a value for each, in the order in which Canvas tries and imports them.

Room: data, built on rules/. `csv_type.py` says what a type is, `registry.py` what follows from all of them together;
the other modules hold the values, a family of types each. CONTRIBUTING.md has the recipe for a new one.
"""

from __future__ import annotations

from canvas_sis_csv.types import courses, enrollments, groups, institutional, people, structure, tags
from canvas_sis_csv.types.csv_type import CsvType
from canvas_sis_csv.types.registry import Registry

__all__ = ["CANVAS", "IDENTIFYING", "ORDER", "TYPES", "CsvType", "Registry"]

CANVAS = Registry(
    (
        structure.CHANGE_SIS_ID,
        structure.ACCOUNT,
        structure.TERM,
        structure.ABSTRACT_COURSE,
        courses.COURSE,
        courses.SECTION,
        courses.XLIST,
        people.USER,
        people.LOGIN,
        enrollments.ENROLLMENT,
        people.ADMIN,
        groups.GROUP_CATEGORY,
        tags.DIFFERENTIATION_TAG_SET,
        groups.GROUP,
        tags.DIFFERENTIATION_TAG,
        groups.GROUP_MEMBERSHIP,
        tags.DIFFERENTIATION_TAG_MEMBERSHIP,
        institutional.INSTITUTIONAL_TAG_CATEGORY,
        institutional.INSTITUTIONAL_TAG,
        institutional.INSTITUTIONAL_TAG_ASSOCIATION,
        enrollments.GRADE_PUBLISHING_RESULTS,
        people.USER_OBSERVER,
    )
)
"""Classification tries them in this order (the first whose header test holds wins), and all files of one type are
imported before the next type. Source: Canvas's public source, its list of importers."""

TYPES: tuple[str, ...] = tuple(CANVAS)
"""Their names, in that order."""

ORDER = CANVAS.order
"""A type's place in that order, from 0."""

IDENTIFYING = {name: type_.identifying for name, type_ in CANVAS.items()}
"""Per type, the columns by which diffing tells its rows apart."""
