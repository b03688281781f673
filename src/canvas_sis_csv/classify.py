"""Which CSV type a header makes a file, the way Canvas decides it: the first match in its order wins.

Room: pure. Source: Canvas's public source (each importer's header test).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from types import MappingProxyType

from canvas_sis_csv.types import FEATURE_OF, TYPES
from canvas_sis_csv.values import clean

Names = frozenset[str]
HeaderTest = Callable[[Names], bool]

EXISTING = frozenset({"existing_user_id", "existing_integration_id", "existing_canvas_user_id"})


def _all_of(*names: str) -> HeaderTest:
    needed = frozenset(names)
    return lambda header: needed <= header


def _any_of(*names: str) -> HeaderTest:
    wanted = frozenset(names)
    return lambda header: bool(wanted & header)


def _but(test: HeaderTest, without: Iterable[str]) -> HeaderTest:
    unwanted = frozenset(without)
    return lambda header: test(header) and not unwanted & header


def _both(one: HeaderTest, other: HeaderTest) -> HeaderTest:
    return lambda header: one(header) and other(header)


HEADER_TESTS: MappingProxyType[str, HeaderTest] = MappingProxyType(
    {
        "change_sis_id": _any_of("old_id", "old_integration_id"),
        "account": _all_of("account_id", "parent_account_id"),
        "term": _all_of("term_id", "name"),
        "abstract_course": _but(_all_of("abstract_course_id", "short_name"), ["course_id"]),
        "course": _all_of("course_id", "short_name"),
        "section": _all_of("section_id", "name"),
        "xlist": _all_of("xlist_course_id", "section_id"),
        "user": _but(_all_of("user_id", "login_id"), EXISTING),
        "login": _any_of(*EXISTING),
        "enrollment": _both(_any_of("section_id", "course_id"), _any_of("user_id", "user_integration_id")),
        "admin": _all_of("account_id", "user_id"),
        "group_category": _all_of("group_category_id", "category_name"),
        "differentiation_tag_set": _all_of("tag_set_id", "set_name"),
        "group": _all_of("group_id", "name"),
        "differentiation_tag": _all_of("tag_id", "name"),
        "group_membership": _all_of("group_id", "user_id"),
        "differentiation_tag_membership": _all_of("tag_id", "user_id"),
        "institutional_tag_category": _but(_all_of("category_id", "name"), ["tag_id", "institutional_tag_id"]),
        "institutional_tag": _all_of("institutional_tag_id", "category_id", "name"),
        "institutional_tag_association": _all_of("institutional_tag_id", "user_id"),
        "grade_publishing_results": _all_of("enrollment_id", "grade_publishing_status"),
        "user_observer": _all_of("observer_id", "student_id"),
    }
)


def header_names(cells: Iterable[str | None]) -> frozenset[str]:
    """The names classification sees: lower-cased and trimmed, blank ones left out."""
    cleaned = (clean(cell.lower()) for cell in cells if cell)
    return frozenset(name for name in cleaned if name)


def matching_types(cells: Sequence[str | None], features: Collection[str] = ()) -> tuple[str, ...]:
    """Every type the header would do for, in Canvas's order; the first is the one the file becomes."""
    names = header_names(cells)
    known = (name for name in TYPES if name not in FEATURE_OF or FEATURE_OF[name] in features)
    return tuple(name for name in known if HEADER_TESTS[name](names))


def classify(cells: Sequence[str | None], features: Collection[str] = ()) -> str | None:
    """The type Canvas takes a file with this header for; None when it would not find its headers.

    `cells` are the first record's cells as read; `features` the account features that are on.
    """
    found = matching_types(cells, features)
    return found[0] if found else None
