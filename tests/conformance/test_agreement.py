"""What the preflight says of a drop, the sandbox says too, and nothing that the drop itself decides is missed.

Drops of all 22 types are made of good rows and of rows with a planted fault (see plants.py), written in all the ways a
CSV can be written. The preflight must find exactly what was planted; the sandbox must say exactly the same, where
everything that the rows refer to is there, be it in Canvas or in the drop.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canvas_sandbox.engine import Engine
from canvas_sis_csv import TYPES, Member, Preflight, preflight
from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.model import Finding, Level
from canvas_sis_csv.options import ImportOptions
from canvas_sis_csv.rules.rule import Known
from canvas_sis_csv.types import CANVAS
from tests.conformance.plants import (
    BASE,
    CLASHES,
    FAULTS,
    FEATURES,
    GOOD,
    GOOD_PLANTS,
    NEEDS_DATABASE,
    RENAMED,
    STATE,
    Plant,
    cells_of,
)
from tests.support.sandbox_engine import Bench

Place = tuple[str, int | None, str]
"""File, row, and what is said there (a code or a text)."""

OPTIONS: Sequence[Mapping[str, Any]] = ({}, {}, {"skip_deletes": True}, {"override_sis_stickiness": True})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Engine(":memory:") as engine:
        yield Bench(engine, tmp_path_factory.mktemp("uploads"))


@dataclass
class Written:
    """A file under way: its rows, in order, and which of them has which fault."""

    rows: list[dict[str, str]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)


@dataclass
class Drop:
    """The files of a drop, and what was planted in them."""

    files: dict[str, bytes]
    planted: set[Place]


def sow(plants: Sequence[Plant], chance: random.Random) -> Drop:
    """A drop of these plants, one or two files of a type."""
    written: dict[str, Written] = {}
    for number, plant in enumerate(plants):
        half = 1
        for place, (type_, changes) in enumerate(plant.rows):
            half = chance.choice((half, 2)) if len(plant.rows) == 1 else half
            file = written.setdefault(f"{type_}-{half}.csv", Written())
            is_good = plant.code is None and len(plant.rows) == 1
            if plant.code and place == len(plant.rows) - 1:
                file.faults[len(file.rows)] = plant.code
            file.rows.append(cells_of(type_, changes, number, chance.choice, is_good=is_good))
    drop = Drop({}, set())
    for name, file in written.items():
        text, numbers = write(file.rows, chance)
        drop.files[name] = text.encode()
        drop.planted |= {(name, numbers[place], code) for place, code in file.faults.items()}
    return drop


def write(rows: Sequence[Mapping[str, str]], chance: random.Random) -> tuple[str, list[int]]:
    """The rows as a CSV, in one of many ways, and the number by which Canvas calls each."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    chance.shuffle(columns)
    if chance.random() < 0.3:
        columns.append("remark")
    end = chance.choice(("\n", "\n", "\r\n", "\r"))
    quote_all = chance.random() < 0.3
    header = [column.upper() if chance.random() < 0.1 else column for column in columns]
    lines, numbers, number = [",".join(header)], [], 1
    for row in rows:
        if chance.random() < 0.1:
            lines.append("")
        if chance.random() < 0.1:
            lines.append("," * (len(columns) - 1))
            number += 1
        number += 1
        numbers.append(number)
        lines.append(",".join(cell(row.get(column, ""), chance, quote=quote_all) for column in columns))
    bom = "\ufeff" if chance.random() < 0.1 else ""
    return bom + end.join(lines) + chance.choice((end, end, "")), numbers


def cell(value: str, chance: random.Random, *, quote: bool) -> str:
    if chance.random() < 0.05:
        value = f" {value}\t"
    if quote or any(sign in value for sign in '",\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def check(files: Mapping[str, bytes], options: Mapping[str, Any]) -> Preflight:
    members = [Member(name, len(data), partial(io.BytesIO, data)) for name, data in files.items()]
    return preflight(members, options=ImportOptions.of(options), features=FEATURES, keep=None)


def is_canvas_s(finding: Finding) -> bool:
    """Whether Canvas says it; of files that it only passes over we warn."""
    return finding.level is Level.ERROR or finding.code == "file.unknown_type"


def found_by(said: Preflight) -> set[Place]:
    return {(each.file, each.row, each.code) for each in said.findings if is_canvas_s(each)}


def texts_of(said: Preflight) -> list[Place]:
    return sorted(
        ((each.file, each.row, each.message.revealed()) for each in said.findings if is_canvas_s(each)), key=repr
    )


def sandbox_says(bench: Bench, files: Mapping[str, bytes], options: Mapping[str, Any], state: Any) -> list[Place]:
    """All that the sandbox says of an upload of these files, to a Canvas of this state."""
    bench.engine.load_state(state)
    report = bench.run({**files, "z/__MACOSX/none.csv": b""}, features=FEATURES, **options)
    return sorted(((file or "", row, text) for _, file, row, text in report.messages), key=repr)


def agree(bench: Bench, drop: Drop, options: Mapping[str, Any]) -> None:
    """The preflight finds what was planted; the sandbox says the same on a Canvas with all that is referred to."""
    said = check(drop.files, options)
    assert found_by(said) == drop.planted
    texts = texts_of(said)
    assert sandbox_says(bench, drop.files, options, STATE) == texts
    overruled = {place[:2] for place in sandbox_says(bench, drop.files, options, {"features": list(FEATURES)})}
    assert [text for text in texts if text[:2] not in overruled] == [], "an empty Canvas says something to each"


def agree_in_a_whole_drop(bench: Bench, drop: Drop, options: Mapping[str, Any]) -> None:
    """As `agree`, on an empty Canvas to which the drop brings all that is referred to."""
    whole = {**{name: text.encode() for name, text in BASE.items()}, **drop.files}
    said = check(whole, options)
    assert found_by(said) == drop.planted
    assert sandbox_says(bench, whole, options, {"features": list(FEATURES)}) == texts_of(said)


# --- each fault by itself --------------------------------------------------------------------------------------------


PLANTS = (*FAULTS, *CLASHES, *GOOD_PLANTS)
IN_A_WHOLE_DROP = [plant for plant in PLANTS if plant.type not in NEEDS_DATABASE]
DROPS = 10


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_a_planted_fault_is_found_and_said_where_it_is_and_nowhere_else(plant: Plant, bench: Bench) -> None:
    neighbour = GOOD_PLANTS[TYPES.index(plant.type)]
    agree(bench, sow((neighbour, plant, neighbour), random.Random(str(plant))), {})


@pytest.mark.parametrize("number", range(DROPS))
def test_each_planted_fault_is_found_and_said_in_a_whole_drop_too(number: int, bench: Bench) -> None:
    plants = IN_A_WHOLE_DROP[number::DROPS]
    sown = [each for plant in plants for each in (GOOD_PLANTS[TYPES.index(plant.type)], plant)]
    agree_in_a_whole_drop(bench, sow(sown, random.Random(number)), {})


def test_every_rule_that_a_drop_decides_is_planted() -> None:
    by_row = {
        (type_.name, rule.code)
        for type_ in CANVAS.types
        for stage in type_.stages
        for rule in stage.rules
        if rule.when and not stage.given
    }
    sometimes = {
        code for code, rule in RULES.items() if rule.knowable in (Known.FILE_SOMETIMES, Known.IMPORT_SOMETIMES)
    }
    assert {(plant.type, plant.code) for plant in FAULTS} == by_row
    assert {plant.code for plant in CLASHES if plant.code} == sometimes - {"advice.renamed_id"}
    assert tuple(GOOD) == TYPES


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("file.invalid_utf8", "user_id,login_id,status\nu,José,active\n".encode("cp1252")),
        ("file.invalid_utf8", "user_id,login_id,status\n".encode("utf-16")),
        ("file.malformed_csv", b'user_id,login_id,status\nu,5" disk,active\n'),
        ("file.malformed_csv", b'user_id,login_id,status\nu,"open,active\n'),
        ("file.malformed_csv", b"user_id,login_id,status\r\nu,a,active\nv,b,active\r\n"),
        ("file.malformed_csv", b'user_id,login_id,status\nu,"a" ,active\n'),
        ("file.unknown_headers", b"user_id;login_id;status\nu;a;active\n"),
        ("file.unknown_headers", b"sep=,\nuser_id,login_id,status\nu,a,active\n"),
        ("file.unknown_headers", b",,,\nu,a,active\n"),
        ("file.unknown_type", None),
    ],
)
def test_a_file_that_canvas_drops_whole_is_told_as_the_sandbox_tells_it(
    code: str, content: bytes | None, bench: Bench
) -> None:
    files = {"good.csv": b"user_id,login_id,status\nu9,nine,active\n"}
    files |= {"bad.csv": content} if content is not None else {"bad.txt": b"notes"}
    said = check(files, {})
    assert [place[2] for place in found_by(said)] == [code]
    assert sandbox_says(bench, files, {}, STATE) == texts_of(said)


# --- all mixed up ----------------------------------------------------------------------------------------------------


def mixed(chance: random.Random, types: Sequence[str], options: Mapping[str, Any]) -> list[Plant]:
    """Good rows and faulty ones of these types."""
    faulty = [plant for plant in (*FAULTS, *CLASHES) if plant.types <= {*types}]
    if options.get("skip_deletes"):
        faulty = [plant for plant in faulty if not plant.deletes]
    good = [plant for plant in GOOD_PLANTS if plant.type in types]
    size = chance.randint(1, min(RENAMED, 4 + 2 * len(types)))
    return [chance.choice(faulty if chance.random() < 0.4 else good) for _ in range(size)]


BOUNDED = settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
THOROUGH = settings(BOUNDED, max_examples=100)
CHANCE = st.integers(0, 2**32).map(random.Random)


@pytest.mark.parametrize("type_", TYPES)
@BOUNDED
@given(chance=CHANCE)
def test_good_rows_of_a_type_give_no_error(type_: str, chance: random.Random) -> None:
    drop = sow([GOOD_PLANTS[TYPES.index(type_)]] * chance.randint(0, 40), chance)
    assert found_by(check(drop.files, chance.choice(OPTIONS))) == set()


@pytest.mark.parametrize("type_", TYPES)
@BOUNDED
@given(chance=CHANCE)
def test_files_of_one_type_with_planted_faults(type_: str, chance: random.Random, bench: Bench) -> None:
    options = chance.choice(OPTIONS)
    drop = sow(mixed(chance, [type_], options), chance)
    agree(bench, drop, options)


@BOUNDED
@given(chance=CHANCE)
def test_drops_of_many_types_with_planted_faults(chance: random.Random, bench: Bench) -> None:
    options = chance.choice(OPTIONS)
    types = [type_ for type_ in TYPES if type_ not in NEEDS_DATABASE]
    agree_in_a_whole_drop(bench, sow(mixed(chance, types, options), chance), options)


@pytest.mark.long
@pytest.mark.parametrize("type_", TYPES)
@THOROUGH
@given(chance=CHANCE)
def test_many_files_of_one_type_with_planted_faults(type_: str, chance: random.Random, bench: Bench) -> None:
    options = chance.choice(OPTIONS)
    drop = sow(mixed(chance, [type_], options), chance)
    agree(bench, drop, options)
    if type_ not in NEEDS_DATABASE:
        agree_in_a_whole_drop(bench, drop, options)


@pytest.mark.long
@THOROUGH
@given(chance=CHANCE)
def test_many_drops_of_many_types_with_planted_faults(chance: random.Random, bench: Bench) -> None:
    options = chance.choice(OPTIONS)
    types = [type_ for type_ in TYPES if type_ not in NEEDS_DATABASE]
    agree_in_a_whole_drop(bench, sow(mixed(chance, types, options), chance), options)
