"""When an entry has come to rest: pure decisions over what was seen and when."""

from __future__ import annotations

import pytest

from sisdrop.model import DropKind, Stat
from sisdrop.watch.candidate import combine, group
from sisdrop.watch.listing import Entry, Sight
from sisdrop.watch.names import is_temporary, kind_of, natural_key
from sisdrop.watch.settings import Rules, rules_for
from sisdrop.watch.settle import Content, Hint, Observation

LOCAL = rules_for("auto", share=False)
SHARE = rules_for("auto", share=True)
TRUSTING = rules_for(0, share=False)


def sight(size: int = 100, mtime: int = 1, inode: int = 7) -> Sight:
    return Sight((Stat(size, mtime, inode),), ((size, mtime, mtime, inode, 1),), ("users.csv",))


def observed(name: str = "users.csv", kind: DropKind = DropKind.FILE) -> Observation:
    return Observation(Entry(name, kind, (name,)), "2026-11-23T04:15:02Z")


def looked_at(*looks: tuple[float, Sight], hint: Hint | None = None) -> Observation:
    """An entry after these looks; `hint` came with the last one."""
    observation = observed()
    for number, (now, seen) in enumerate(looks, 1):
        observation.see(seen, hint if number == len(looks) else None, now)
    return observation


def settled_at(observation: Observation, seen: Sight, rules: Rules, start: float, step: float = 0.05) -> float:
    """The first moment from `start` at which time demands nothing more, when it is looked at every `step`."""
    now = start
    while observation.pending_by_time(now, rules) is not None:
        now += step
        observation.see(seen, None, now)
        assert now < start + 1000
    return now


class TestRules:
    @pytest.mark.parametrize(
        ("settle_s", "share", "seconds", "looks", "trust"),
        [
            ("auto", False, 1, 2, False),
            ("auto", True, 10, 3, False),
            (3, False, 3, 2, False),
            (3, True, 3, 2, False),
            (0, False, 1, 2, True),
            (0, True, 10, 2, True),
        ],
    )
    def test_settle_s_as_configured(
        self, settle_s: float | str, *, share: bool, seconds: float, looks: int, trust: bool
    ) -> None:
        rules = rules_for(settle_s, share=share)

        assert (rules.settle_s, rules.looks, rules.trust) == (seconds, looks, trust)

    def test_a_settle_time_below_that_of_renames_holds_for_renames_too(self) -> None:
        assert rules_for(0.05, share=False).moved_s == 0.05


class TestTime:
    def test_one_look_is_never_enough(self) -> None:
        observation = looked_at((0.0, sight()))

        assert observation.pending_by_time(0.0, LOCAL) is not None
        assert observation.pending_by_time(100.0, LOCAL) is not None

    def test_two_looks_a_settle_time_apart_are(self) -> None:
        observation = looked_at((0.0, sight()), (1.0, sight()))

        assert observation.pending_by_time(1.0, LOCAL) is None

    def test_two_looks_too_close_together_wait_for_the_rest(self) -> None:
        observation = looked_at((0.0, sight()), (0.3, sight()))

        wait = observation.pending_by_time(0.3, LOCAL)

        assert wait is not None
        assert wait.due == 1.0
        assert wait.why == "settling for 1 s"

    @pytest.mark.parametrize("changed", [sight(size=101), sight(mtime=2), sight(inode=8)])
    def test_any_change_begins_anew(self, changed: Sight) -> None:
        observation = looked_at((0.0, sight()), (0.9, changed), (1.0, changed))

        wait = observation.pending_by_time(1.0, LOCAL)

        assert wait is not None
        assert wait.due == pytest.approx(1.9)
        assert wait.why == "still changing; must lie still for 1 s"

    @pytest.mark.parametrize("mtime_ns", [0, 10**18, 4 * 10**18])
    def test_its_own_times_say_nothing(self, mtime_ns: int) -> None:
        old = sight(mtime=mtime_ns)

        assert looked_at((0.0, old), (0.5, old)).pending_by_time(0.5, LOCAL) is not None
        assert looked_at((0.0, old), (1.0, old)).pending_by_time(1.0, LOCAL) is None

    def test_a_share_takes_ten_seconds_and_three_looks(self) -> None:
        two = looked_at((0.0, sight()), (10.0, sight()))
        three = looked_at((0.0, sight()), (5.0, sight()), (10.0, sight()))

        assert two.pending_by_time(10.0, SHARE) is not None
        assert three.pending_by_time(10.0, SHARE) is None

    def test_what_was_moved_in_settles_in_a_tenth_of_a_second(self) -> None:
        observation = looked_at((0.0, sight()), hint=Hint.MOVED)

        assert settled_at(observation, sight(), LOCAL, 0.0) == pytest.approx(0.1, abs=0.06)

    def test_a_change_after_the_move_takes_its_voucher_away(self) -> None:
        observation = looked_at((0.0, sight()), hint=Hint.MOVED)
        observation.see(sight(size=200), None, 0.05)

        assert settled_at(observation, sight(size=200), LOCAL, 0.05) == pytest.approx(1.05, abs=0.06)

    def test_closing_alone_shortens_nothing(self) -> None:
        observation = looked_at((0.0, sight()), hint=Hint.CLOSED)

        assert settled_at(observation, sight(), LOCAL, 0.0) == pytest.approx(1.0, abs=0.06)

    @pytest.mark.parametrize("hint", [Hint.CLOSED, Hint.MOVED])
    def test_settle_0_trusts_closed_and_moved_in_at_once(self, hint: Hint) -> None:
        assert looked_at((0.0, sight()), hint=hint).pending_by_time(0.0, TRUSTING) is None

    @pytest.mark.parametrize("hint", [None, Hint.TOUCHED])
    def test_settle_0_trusts_nothing_else(self, hint: Hint | None) -> None:
        assert looked_at((0.0, sight()), hint=hint).pending_by_time(0.0, TRUSTING) is not None

    def test_a_writer_that_paused_once_is_given_twice_as_long(self) -> None:
        rules = rules_for(4, share=False)
        observation = looked_at((0.0, sight()), (1.0, sight()), (3.0, sight()), (3.5, sight(size=200)))

        assert settled_at(observation, sight(size=200), rules, 3.5, 0.5) == pytest.approx(3.5 + 7.0)

    def test_one_that_writes_all_the_time_is_not_said_to_pause(self) -> None:
        observation = looked_at(*((float(second), sight(size=second)) for second in range(100)))

        assert settled_at(observation, sight(size=99), LOCAL, 99.0) == pytest.approx(100.0, abs=0.06)

    def test_the_longer_wait_has_an_end(self) -> None:
        observation = looked_at((0.0, sight()), (1.0, sight()), (500.0, sight(size=200)))

        assert settled_at(observation, sight(size=200), LOCAL, 500.0, 1.0) == 560.0

    def test_lying_settled_until_the_owner_came_back_was_no_pause(self) -> None:
        observation = looked_at((0.0, sight()), (1.0, sight()))
        observation.settled = True
        observation.see(sight(size=200), None, 50.0)

        assert settled_at(observation, sight(size=200), LOCAL, 50.0) == pytest.approx(51.0, abs=0.06)

    def test_an_empty_file_gets_a_minute(self) -> None:
        observation = looked_at((0.0, sight(size=0)), hint=Hint.CLOSED)

        wait = observation.pending_by_time(0.0, TRUSTING)

        assert wait is not None
        assert "empty" in wait.why
        assert settled_at(observation, sight(size=0), TRUSTING, 0.0, 1.0) == 60.0

    def test_an_empty_file_that_is_filled_settles_as_usual(self) -> None:
        observation = looked_at((0.0, sight(size=0)), (30.0, sight()))

        assert settled_at(observation, sight(), LOCAL, 30.0) == pytest.approx(31.0, abs=0.06)

    def test_what_was_put_back_waits_longer_each_time_and_nothing_vouches_for_it(self) -> None:
        waits = []
        for returns in range(1, 9):
            observation = looked_at((0.0, sight()), hint=Hint.MOVED)
            observation.returns = returns
            waits.append(round(settled_at(observation, sight(), TRUSTING, 0.0, 0.5)))

        assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


class TestContent:
    @pytest.mark.parametrize("content", [Content.HELD_OPEN, Content.NULS, Content.UNREADABLE])
    def test_some_content_never_settles_by_waiting(self, content: Content) -> None:
        observation = looked_at((0.0, sight()), (1.0, sight()))
        observation.content = content

        wait = observation.pending_by_content(100_000.0, LOCAL)

        assert wait is not None
        assert str(content) in wait.why
        assert wait.due == 100_001.0

    def test_a_last_line_without_its_end_gets_ten_seconds(self) -> None:
        observation = looked_at((0.0, sight()), (1.0, sight()))
        observation.content = Content.CUT_OFF

        wait = observation.pending_by_content(1.0, LOCAL)

        assert wait is not None
        assert wait.due == 10.0
        assert observation.pending_by_content(10.0, LOCAL) is None

    def test_settle_0_takes_a_cut_off_line_from_who_vouched(self) -> None:
        observation = looked_at((0.0, sight()), hint=Hint.CLOSED)
        observation.content = Content.CUT_OFF

        assert observation.pending_by_content(0.0, TRUSTING) is None

    def test_where_nobody_can_say_who_writes_and_no_close_was_seen_it_takes_five_seconds(self) -> None:
        silent, closed = looked_at((0.0, sight())), looked_at((0.0, sight()), hint=Hint.CLOSED)
        silent.content = closed.content = Content.UNSURE

        assert closed.pending_by_content(1.0, LOCAL) is None
        assert silent.pending_by_content(1.0, LOCAL) is not None
        assert silent.pending_by_content(5.0, LOCAL) is None
        assert silent.pending_by_content(1.0, rules_for(1, share=False)) is None

    def test_a_writer_who_would_have_been_heard_closing_it_is_waited_for(self) -> None:
        observation = observed()
        observation.see(sight(), None, 0.0, heard=True)
        observation.content = Content.UNSURE

        wait = observation.pending_by_content(200.0, rules_for(1, share=False))

        assert wait is not None
        assert wait.why == "its writer may still have it open"
        observation.see(sight(), Hint.CLOSED, 201.0, heard=True)
        assert observation.pending_by_content(201.0, LOCAL) is None

    def test_what_was_put_back_did_not_come_just_now_and_no_closing_of_it_will_be_heard(self) -> None:
        observation = observed()
        observation.returns = 1
        observation.see(sight(), None, 0.0, heard=True)
        observation.content = Content.UNSURE

        assert observation.pending_by_content(5.0, LOCAL) is None
        observation.see(sight(size=200), None, 6.0, heard=True)
        observation.content = Content.UNSURE
        assert observation.pending_by_content(100.0, LOCAL) is not None

    def test_a_header_whose_writer_was_not_heard_closing_waits_for_him(self) -> None:
        observation = observed()
        observation.see(sight(), None, 0.0, heard=True)
        observation.content = Content.HEADER_ALONE

        assert observation.pending_by_content(100.0, LOCAL) is not None
        observation.see(sight(), Hint.CLOSED, 101.0, heard=True)
        assert observation.pending_by_content(101.0, LOCAL) is None

    def test_but_not_for_ever(self) -> None:
        observation = observed()
        observation.see(sight(), None, 0.0, heard=True)
        observation.content = Content.UNSURE

        assert observation.pending_by_content(300.0, LOCAL) is None

    def test_times_and_rights_that_are_set_after_closing_are_heard_by_nobody(self) -> None:
        observation = observed()
        observation.see(sight(mtime=1), Hint.CLOSED, 0.0, heard=True)
        observation.see(sight(mtime=2), None, 1.0, heard=True)
        observation.content = Content.UNSURE

        assert observation.pending_by_content(6.0, LOCAL) is None

    def test_one_that_grows_after_closing_is_open_again(self) -> None:
        observation = observed()
        observation.see(sight(size=1), Hint.CLOSED, 0.0, heard=True)
        observation.see(sight(size=2), None, 1.0, heard=True)
        observation.content = Content.UNSURE

        assert observation.pending_by_content(100.0, LOCAL) is not None

    def test_a_new_look_forgets_the_content_of_the_old(self) -> None:
        observation = looked_at((0.0, sight()), (1.0, sight()))
        observation.content, observation.settled = Content.GOOD, True

        observation.see(sight(size=200), None, 2.0)

        assert observation.content is None
        assert not observation.settled


class TestNames:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("users.csv", DropKind.FILE),
            ("USERS.CSV", DropKind.FILE),
            ("night.Zip", DropKind.ZIP),
            ("users.csv.part", None),
            ("users.csv.filepart", None),
            ("users.csv.crdownload", None),
            (".users.csv", None),
            (".users.csv.Xa81k2", None),
            ("~$users.csv", None),
            ("users.csv.swp", None),
            ("users.tsv", None),
            ("csv", None),
            ("readme.txt", None),
            ("users.csv.result.json", None),
        ],
    )
    def test_what_a_name_makes_of_a_file(self, name: str, kind: DropKind | None) -> None:
        assert kind_of(name) == kind

    @pytest.mark.parametrize("ending", [".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".TMP"])
    def test_temporary_endings(self, ending: str) -> None:
        assert is_temporary(f"users.csv{ending}")

    def test_numbers_sort_as_people_count(self) -> None:
        names = ["users10.csv", "Users2.csv", "users1.csv", "accounts.csv", "10.csv", "9.csv", "٣.csv", "²x.csv"]

        assert sorted(names, key=natural_key)[:2] == ["٣.csv", "9.csv"]
        assert [name for name in sorted(names, key=natural_key) if "sers" in name] == [
            "users1.csv", "Users2.csv", "users10.csv"
        ]  # fmt: skip


def settled(name: str, since: float, kind: DropKind = DropKind.FILE) -> Observation:
    observation = observed(name, kind)
    observation.see(Sight((Stat(1, 1, 1),), ((1,),), (name,)), None, since)
    observation.settled = True
    return observation


class TestCombine:
    def test_files_wait_until_nothing_new_has_come(self) -> None:
        files = [settled("users.csv", 0.0), settled("courses.csv", 3.0)]

        _, wait = combine(files, [], 12.9, 10.0)
        assert wait is not None
        assert wait.due == 13.0
        assert combine(files, [], 13.0, 10.0) == (files, None)

    def test_a_file_that_still_settles_keeps_the_others(self) -> None:
        files = [settled("users.csv", 0.0)]

        _, wait = combine(files, [observed("enrollments.csv")], 100.0, 10.0)

        assert wait is not None
        assert "enrollments.csv" in wait.why

    def test_zips_and_folders_go_alone(self) -> None:
        others = [settled("a.zip", 0.0, DropKind.ZIP), settled("night", 0.0, DropKind.FOLDER)]

        assert combine(others, [observed("b.zip", DropKind.ZIP)], 0.0, 10.0) == ([], None)

    def test_a_group_is_named_after_its_first_file(self) -> None:
        made = group([settled("users10.csv", 0.0), settled("users2.csv", 0.0), settled("courses.csv", 0.0)])

        assert (made.name, made.kind) == ("courses.csv+2", DropKind.GROUP)
        assert made.paths == ("courses.csv", "users2.csv", "users10.csv")
        assert len(made.stats) == 3

    def test_a_single_file_stays_a_file(self) -> None:
        assert group([settled("users.csv", 0.0)]).kind is DropKind.FILE
