"""Who is next in a lane, and who waits behind whom."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_sis_csv.model import FileFacts
from sisdrop.model import Drop, DropKind, DropState, Hold, HoldKind, series_of
from sisdrop.order import FeedRules, Line
from tests.support.journal_drops import a_drop

SINCE = "2026-11-23T04:15:02Z"


def queued(name: str, csv_type: str, **values: Any) -> Drop:
    return a_drop(name, DropState.QUEUED, type=csv_type, **{"id": name, **values})


def held(name: str, csv_type: str | None, **values: Any) -> Drop:
    return a_drop(name, DropState.HELD, type=csv_type, **{"id": f"held {name}", "held_because": "bad", **values})


def failed(name: str, kind: HoldKind = HoldKind.IMPORT, feed: str = "nightly") -> Hold:
    return Hold(kind, "failed", SINCE, drop="old", feed=feed, name=name, series=(series_of(name),))


def line(*drops: Drop, holds: tuple[Hold, ...] = (), **rules: Any) -> Line:
    return Line(drops, holds, {"nightly": FeedRules(**rules)})


def next_of(*drops: Drop, holds: tuple[Hold, ...] = (), **rules: Any) -> str | None:
    chosen = line(*drops, holds=holds, **rules).next()
    return chosen.name if chosen else None


def waiting(*drops: Drop, holds: tuple[Hold, ...] = (), **rules: Any) -> list[str]:
    return [drop.name for drop, _ in line(*drops, holds=holds, **rules).waiting()]


USERS, COURSES, SECTIONS = (
    queued("users.csv", "user"),
    queued("courses.csv", "course"),
    queued("sections.csv", "section"),
)
ENROLLMENTS = queued("enrollments.csv", "enrollment")


# without holds


def test_in_canvas_order_the_earliest_type_goes_first_whatever_arrived_first() -> None:
    assert next_of(ENROLLMENTS, USERS, COURSES) == "courses.csv"


def test_drops_of_one_type_go_in_order_of_arrival() -> None:
    assert next_of(queued("2.csv", "user"), queued("1.csv", "user")) == "2.csv"


def test_a_drop_of_no_recognised_type_goes_last() -> None:
    assert next_of(a_drop("x.csv", DropState.QUEUED, id="x"), queued("o.csv", "user_observer")) == "o.csv"


def test_in_arrival_order_nothing_overtakes() -> None:
    assert next_of(ENROLLMENTS, USERS, order="arrival") == "enrollments.csv"


def test_what_is_not_queued_is_never_next() -> None:
    others = [a_drop(str(state), state, id=str(state)) for state in DropState if state is not DropState.QUEUED]

    assert next_of(*others) is None


# behind a held drop


def test_what_a_corrected_file_needs_of_its_own_night_goes_ahead_of_it() -> None:
    night = [held("enrollments.csv", "enrollment"), ENROLLMENTS, USERS, COURSES]

    assert next_of(*night) == "courses.csv"
    assert waiting(*night) == []
    assert waiting(night[0], USERS, COURSES) == ["users.csv", "courses.csv"]


def test_what_comes_after_a_corrected_file_waits_until_that_has_ended_well() -> None:
    assert waiting(held("courses.csv", "course"), COURSES, ENROLLMENTS) == ["enrollments.csv"]


@pytest.mark.parametrize("drops", list(permutations([held("users.csv", "user"), ENROLLMENTS])))
def test_enrollments_never_overtake_the_users_they_were_written_with(drops: tuple[Drop, ...]) -> None:
    assert next_of(*drops) is None
    assert waiting(*drops) == ["enrollments.csv"]


def test_what_came_before_a_held_drop_and_needs_nothing_of_it_goes_on() -> None:
    assert next_of(COURSES, held("users.csv", "user"), ENROLLMENTS) == "courses.csv"


def test_all_that_came_later_in_the_feed_waits() -> None:
    assert waiting(held("users.csv", "user"), COURSES, SECTIONS) == ["courses.csv", "sections.csv"]


def test_another_feed_goes_on() -> None:
    assert next_of(held("users.csv", "user"), queued("courses.csv", "course", feed="weekly")) == "courses.csv"


def test_the_sentence_names_what_it_waits_behind() -> None:
    behind = line(held("users.csv", "user"), ENROLLMENTS).behind(ENROLLMENTS)

    assert behind is not None
    assert behind.sentence == "waits behind users.csv (held)"


def test_of_a_file_that_could_not_be_read_everything_may_need_what_it_should_have_brought() -> None:
    assert next_of(USERS, held("x.csv", None)) is None


def test_dependents_alone_wait_where_the_feed_says_so() -> None:
    drops = (held("sections.csv", "section"), COURSES, queued("sections_b.csv", "section"), ENROLLMENTS)

    assert waiting(*drops, blocks="dependents") == ["enrollments.csv"]


def test_nothing_waits_where_the_feed_says_so() -> None:
    assert waiting(held("users.csv", "user"), ENROLLMENTS, blocks="nothing") == []


def test_in_arrival_order_only_what_came_later_waits() -> None:
    assert next_of(ENROLLMENTS, held("users.csv", "user"), COURSES, order="arrival") == "enrollments.csv"


# corrected files


def test_a_corrected_file_goes_before_what_waits_behind_the_held_one() -> None:
    assert next_of(held("users.csv", "user"), ENROLLMENTS, COURSES, queued("users.csv", "user", id="2")) == "users.csv"


def test_a_corrected_file_is_known_by_its_series() -> None:
    corrected = queued("users_20261125.csv", "user")

    assert next_of(held("users_20261124.csv", "user"), ENROLLMENTS, corrected) == "users_20261125.csv"


def test_of_several_corrected_files_those_that_must_go_first_go_first() -> None:
    bad = (held("enrollments.csv", "enrollment"), held("users.csv", "user"))

    assert next_of(*bad, ENROLLMENTS) is None
    assert next_of(*bad, ENROLLMENTS, USERS) == "users.csv"


def test_a_zip_corrects_one_whose_types_it_brings_all() -> None:
    def both(name: str, state: DropState, *types: str) -> Drop:
        files = tuple(FileFacts(f"{type_}s.csv", type_, 3) for type_ in types)
        return a_drop(name, state, id=name, kind=DropKind.ZIP, files=files)

    bad = both("monday.zip", DropState.HELD, "user", "course")

    assert next_of(bad, both("tuesday.zip", DropState.QUEUED, "user")) is None
    assert next_of(bad, both("wednesday.zip", DropState.QUEUED, "user", "course", "section")) == "wednesday.zip"


# a lane on hold


def test_on_hold_only_the_corrected_file_of_the_same_feed_and_series_goes() -> None:
    holds = (failed("users.csv"),)

    assert next_of(COURSES, holds=holds) is None
    assert next_of(queued("users.csv", "user", feed="weekly"), holds=holds) is None
    assert next_of(ENROLLMENTS, USERS, holds=holds) == "users.csv"


def test_what_canvas_imports_before_the_corrected_file_goes_ahead_of_it() -> None:
    assert next_of(ENROLLMENTS, USERS, holds=(failed("enrollments.csv"),)) == "users.csv"
    assert next_of(USERS, holds=(failed("enrollments.csv"),)) is None


@pytest.mark.parametrize("kind", sorted(set(HoldKind) - {HoldKind.IMPORT}))
def test_a_corrected_file_does_not_pass_a_hold_that_no_file_can_mend(kind: HoldKind) -> None:
    assert next_of(USERS, holds=(failed("users.csv", kind),)) is None
    assert next_of(USERS, holds=(failed("users.csv"), failed("users.csv", kind))) is None


def test_two_holds_are_mended_in_canvas_order_and_neither_correction_waits_for_the_other() -> None:
    holds = (failed("users.csv"), failed("courses.csv"))

    assert next_of(USERS, holds=holds) is None
    assert next_of(USERS, COURSES, holds=holds) == "courses.csv"


_FILES = [("courses", "course"), ("users", "user"), ("sections", "section"), ("enrollments", "enrollment")]
_STATES = st.sampled_from([DropState.QUEUED, DropState.HELD])
_DROPS = st.lists(st.tuples(st.sampled_from(_FILES), _STATES), max_size=8)
_RULES = st.builds(
    FeedRules, st.sampled_from(["canvas", "arrival"]), st.sampled_from(["feed", "dependents", "nothing"])
)


@given(_DROPS, st.lists(st.sampled_from(_FILES), max_size=2), _RULES)
def test_when_everything_that_went_wrong_is_corrected_something_goes(
    drops: list[tuple[tuple[str, str], DropState]], bad: list[tuple[str, str]], rules: FeedRules
) -> None:
    present = [a_drop(f"{name}.csv", state, type=type_, id=str(i)) for i, ((name, type_), state) in enumerate(drops)]
    holds = [failed(f"{name}.csv") for name, _ in bad]
    wrong = {drop.name: drop.types[0] for drop in present if drop.state is DropState.HELD}
    wrong |= {f"{name}.csv": type_ for name, type_ in bad}
    corrected = [queued(name, type_, id=f"corrected {name}") for name, type_ in wrong.items()]

    chosen = Line([*present, *corrected], holds, {"nightly": rules}).next()

    assert (chosen is None) == (not corrected and all(drop.state is DropState.HELD for drop in present))
