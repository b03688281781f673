"""The CSV types of Canvas: a value for each, in the order in which Canvas tries and imports them.

Room: data, built on rules/. `csv_type.py` says what a type is, `registry.py` what follows from all of them together;
the other modules hold the values, a family of types each. CONTRIBUTING.md has the recipe for a new one.
"""

from __future__ import annotations

from canvas_sis_csv.types.courses import COURSE, SECTION, XLIST
from canvas_sis_csv.types.csv_type import CsvType
from canvas_sis_csv.types.enrollments import ENROLLMENT, GRADE_PUBLISHING_RESULTS
from canvas_sis_csv.types.groups import GROUP, GROUP_CATEGORY, GROUP_MEMBERSHIP
from canvas_sis_csv.types.institutional import (
    INSTITUTIONAL_TAG,
    INSTITUTIONAL_TAG_ASSOCIATION,
    INSTITUTIONAL_TAG_CATEGORY,
)
from canvas_sis_csv.types.people import ADMIN, LOGIN, USER, USER_OBSERVER
from canvas_sis_csv.types.registry import Registry
from canvas_sis_csv.types.structure import ABSTRACT_COURSE, ACCOUNT, CHANGE_SIS_ID, TERM
from canvas_sis_csv.types.tags import DIFFERENTIATION_TAG, DIFFERENTIATION_TAG_MEMBERSHIP, DIFFERENTIATION_TAG_SET

__all__ = ["CANVAS", "IDENTIFYING", "ORDER", "TYPES", "CsvType", "Registry"]

CANVAS = Registry(
    (
        CHANGE_SIS_ID,
        ACCOUNT,
        TERM,
        ABSTRACT_COURSE,
        COURSE,
        SECTION,
        XLIST,
        USER,
        LOGIN,
        ENROLLMENT,
        ADMIN,
        GROUP_CATEGORY,
        DIFFERENTIATION_TAG_SET,
        GROUP,
        DIFFERENTIATION_TAG,
        GROUP_MEMBERSHIP,
        DIFFERENTIATION_TAG_MEMBERSHIP,
        INSTITUTIONAL_TAG_CATEGORY,
        INSTITUTIONAL_TAG,
        INSTITUTIONAL_TAG_ASSOCIATION,
        GRADE_PUBLISHING_RESULTS,
        USER_OBSERVER,
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
