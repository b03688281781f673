"""Reading as Canvas reads: the grammar of strict Ruby CSV, values, row numbers, bounded memory."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from canvas_sis_csv.chunks import chunks
from canvas_sis_csv.decoding import BLOCK_BYTES, text_blocks
from canvas_sis_csv.pieces import pieces
from canvas_sis_csv.reading import FileRefused, read_csv
from canvas_sis_csv.row import Row, column_places
from canvas_sis_csv.scanning import Malformed, is_harmless, scan, without_quotes
from canvas_sis_csv.values import clean


def rows_of(data: bytes | str) -> list[Row]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_csv(io.BytesIO(raw)).rows())


def cells_of(data: bytes | str) -> list[tuple[str | None, ...]]:
    return [row.cells for row in rows_of(data)]


def refusal_of(data: bytes | str) -> FileRefused:
    raw = data.encode() if isinstance(data, str) else data
    with pytest.raises(FileRefused) as caught:
        read_csv(io.BytesIO(raw))
    return caught.value


# --- the grammar -----------------------------------------------------------------------------------------------------

USERS = "user_id,login_id,status\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,"b, c",d\n', ("a", "b, c", "d")),
        ('a,"say ""hi""",d\n', ("a", 'say "hi"', "d")),
        ('a,"line\nbreak",d\n', ("a", "line\nbreak", "d")),
        ('a,"crlf\r\nbreak",d\n', ("a", "crlf\r\nbreak", "d")),
        ('a,"",d\n', ("a", None, "d")),
        ('"""",b,c\n', ('"', "b", "c")),
        ("a,b,c", ("a", "b", "c")),
        ("a,b\n", ("a", "b")),
        ("a,b,c,d,e\n", ("a", "b", "c", "d", "e")),
        ("a,,\n", ("a", None, None)),
    ],
)
def test_well_formed_rows_are_read_as_written(text: str, expected: tuple[str | None, ...]) -> None:
    assert cells_of(USERS + text) == [expected]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ('a,5" disk,c\n', (2, 4), "quote inside a cell"),
        ('a,"b" x,c\n', (2, 6), "between a closing quote and the comma"),
        ('a,"b" ,c\n', (2, 6), "between a closing quote and the comma"),
        ('a, "b",c\n', (2, 4), "quote inside a cell"),
        ('a,"b,c\n', (2, 3), "never closed"),
        ('a,b"c"d,e\n', (2, 4), "quote inside a cell"),
        ("a,b\r,c\n", (2, 4), "this one with CR"),
        ("a,b,c\r\n", (2, 6), "this one with CRLF"),
        ('a,"b"\r\n', (2, 6), "this one with CRLF"),
        ('x,y,z\na,b,"c"d"\n', (3, 8), "between a closing quote and the comma"),
    ],
)
def test_a_breach_of_the_grammar_refuses_the_whole_file_and_names_the_place(
    text: str, place: tuple[int, int], why: str
) -> None:
    refused = refusal_of(USERS + text)
    assert refused.code == "file.malformed_csv"
    assert (refused.line, refused.column) == place
    assert why in refused.why


def test_line_ends_of_two_kinds_are_malformed_whichever_comes_first() -> None:
    assert refusal_of("user_id,login_id\r\na,b\n").code == "file.malformed_csv"
    assert refusal_of("user_id,login_id\na,b\r\n").code == "file.malformed_csv"
    assert refusal_of("user_id,login_id\ra,b\n").code == "file.malformed_csv"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end_is_read_when_it_is_the_only_one(end: str) -> None:
    text = end.join(["user_id,login_id", "a,b", '"c","d"', ""])
    assert cells_of(text) == [("a", "b"), ("c", "d")]
    assert [row.line for row in rows_of(text)] == [2, 3]


def test_the_first_line_end_decides_even_inside_a_quoted_header() -> None:
    assert cells_of('user_id,login_id,"full\nname"\na,b,c\n') == [("a", "b", "c")]
    assert refusal_of('user_id,login_id,"full\nname"\r\na,b,c\r\n').code == "file.malformed_csv"


def test_a_bad_line_near_the_end_refuses_a_large_file_before_any_row() -> None:
    many = "a,b,active\n" * 50_000
    refused = refusal_of(USERS + many + 'x,"y,active\n')
    assert refused.code == "file.malformed_csv"
    assert refused.line == 50_002


# --- what comes first ------------------------------------------------------------------------------------------------


def test_invalid_utf8_anywhere_outweighs_everything_else() -> None:
    assert refusal_of(b'a;b\nx"y\n' + b"q\n" * 200_000 + b"Jos\xe9\n").code == "file.invalid_utf8"


def test_an_unknown_header_outweighs_a_malformed_row() -> None:
    assert refusal_of('colour,weight\na,"b\n').code == "file.unknown_headers"


def test_a_malformed_header_is_malformed() -> None:
    assert refusal_of('colour,we"ight\na,b\n').code == "file.malformed_csv"


@pytest.mark.parametrize("data", [b"\xff\xfeu\x00s\x00", "user_id,login_id\na,é\n".encode("cp1252"), b"user_id\xc3"])
def test_other_encodings_are_invalid_utf8(data: bytes) -> None:
    assert refusal_of(data).code == "file.invalid_utf8"


def test_the_place_of_an_invalid_byte_is_told() -> None:
    refused = refusal_of(b"user_id,login_id\n" + b"a,b\n" * 100_000 + "c,ö".encode() + b"\xe9d,e\n")
    assert (refused.line, refused.column) == (100_002, 4)
    assert refused.excerpt == "c,ö\\xe9d,e"


def test_a_character_split_between_two_blocks_is_no_error() -> None:
    head = "user_id,login_id\na,"
    filler = "x" * (BLOCK_BYTES - len(head) - 1)
    assert cells_of(head + filler + "ü,\n") == [("a", filler + "ü", None)]


def test_a_crlf_split_between_two_blocks_is_one_line_end() -> None:
    head = "user_id,login_id\r\na,"
    filler = "x" * (BLOCK_BYTES - len(head) - 1)
    assert cells_of(head + filler + "\r\nb,c\r\n") == [("a", filler), ("b", "c")]


def test_only_a_byte_order_mark_at_the_start_is_taken_off() -> None:
    assert cells_of("\ufeffuser_id,login_id\na,\ufeffb\n") == [("a", "\ufeffb")]
    assert cells_of('\ufeff"user_id","login_id"\na,b\n') == [("a", "b")]


# --- empty, odd and trimmed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["", "\ufeff", "\n\n\n", "\r\n\r\n"])
def test_a_file_with_nothing_in_it_has_no_type_and_no_rows(data: str) -> None:
    found = read_csv(io.BytesIO(data.encode()))
    assert found.type is None
    assert list(found.rows()) == []


def test_a_first_line_of_commas_is_an_unknown_header() -> None:
    assert refusal_of(",,,\na,b,c,d\n").code == "file.unknown_headers"


def test_empty_lines_are_not_counted_but_lines_of_commas_are() -> None:
    text = '\nuser_id,login_id\n\na,b\n,,\n\n  , \n""\nc,d\n'
    assert [(row.number, row.line, row.get("user_id")) for row in rows_of(text)] == [(2, 4, "a"), (6, 9, "c")]


def test_an_otherwise_blank_row_with_an_extra_value_is_not_skipped() -> None:
    assert cells_of("user_id,login_id\n,,left over\n") == [(None, None, "left over")]


def test_a_quoted_line_break_counts_as_one_row_and_two_lines() -> None:
    text = 'user_id,login_id\na,"b\nb"\nc,d\n'
    assert [(row.number, row.line) for row in rows_of(text)] == [(2, 2), (3, 4)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("  x  ", "x"),
        ("\t\0x\v\f", "x"),
        ("x\0y", "x\0y"),
        ("   ", None),
        ("\u00a0\u2003\u3000", None),
        ("\u00a0 \t", None),
        ("\u00a0x", "\u00a0x"),
        ("\u200b", "\u200b"),
        ("\x1c", "\x1c"),
        ('" x "', "x"),
    ],
)
def test_values_are_trimmed_as_ruby_strips_and_blank_ones_are_missing(written: str, value: str | None) -> None:
    assert rows_of(f"user_id,login_id\na,{written}\n")[0].get("login_id") == value


def test_header_names_are_lower_cased_but_keep_their_spaces() -> None:
    row = rows_of("User_ID, login_id\na,b\n")[0]
    assert row.get("user_id") == "a"
    assert row.get("login_id") is None
    assert not row.has("login_id")
    assert row.get(" login_id") == "b"


def test_the_first_of_two_columns_with_one_name_wins_even_when_it_is_blank() -> None:
    row = rows_of("user_id,login_id,login_id\na,,b\n")[0]
    assert row.get("login_id") is None


def test_short_rows_miss_values_and_empty_header_cells_are_no_column() -> None:
    found = read_csv(io.BytesIO(b"user_id,login_id,,status\na\n"))
    assert found.header == ("user_id", "login_id", "", "status")
    row = next(found.rows())
    assert (row.get("status"), row.get("")) == (None, None)


def test_rows_can_be_read_again() -> None:
    found = read_csv(io.BytesIO(b"user_id,login_id\na,b\n"))
    assert [row.cells for row in found.rows()] == [row.cells for row in found.rows()] == [("a", "b")]


# --- against an independent reading of the grammar ------------------------------------------------------------------

CSV_TEXT = st.text(alphabet='ab, "\n\r\0\u00a0', max_size=40)


def parse_by_letter(text: str) -> list[list[str | None]] | None:
    """The grammar letter by letter, written apart from the scanner: None when it is broken."""
    first = next((sign for sign in text if sign in "\r\n"), "\n")
    end = "\r\n" if text[text.find(first) :].startswith("\r\n") else first
    records: list[list[str | None]] = []
    cells: list[str | None] = []
    at = 0
    while True:
        cell = cell_by_letter(text, at)
        if cell is None:
            return None
        value, at = cell
        if text.startswith(",", at):
            cells.append(value)
            at += 1
            continue
        if at < len(text) and not text.startswith(end, at):
            return None
        if cells or value is not None:
            records.append([*cells, value])
        if at >= len(text):
            return records
        cells = []
        at += len(end)


def cell_by_letter(text: str, at: int) -> tuple[str | None, int] | None:
    """One cell and where it ends; None when its quotes are never closed."""
    if text[at : at + 1] != '"':
        start = at
        while at < len(text) and text[at] not in '",\r\n':
            at += 1
        return text[start:at] or None, at
    value, at = "", at + 1
    while at < len(text):
        if text[at : at + 2] == '""':
            value, at = value + '"', at + 2
        elif text[at] == '"':
            return value, at + 1
        else:
            value, at = value + text[at], at + 1
    return None


def whole(text: str) -> list[list[str | None]] | None:
    """The records of a text by way of pieces of it; None when the grammar is broken."""
    records: list[list[str | None]] = []
    try:
        for piece in pieces(text_blocks(io.BytesIO(text.encode()))):
            piece.check()
            records.extend(list(record.cells) for record in piece.records())
    except FileRefused:
        return None
    return records


@settings(max_examples=400)
@given(CSV_TEXT)
@example('"\r"\n')
@example('a,"b"\r\n"c\n"')
@example('""""')
def test_every_text_is_read_or_refused_as_the_grammar_says(text: str) -> None:
    assert whole(text) == parse_by_letter(text)


@settings(max_examples=300)
@given(CSV_TEXT, st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_quick_check_agrees_with_the_scanner(text: str, separator: str) -> None:
    try:
        fine = bool(list(scan(text, separator))) or True
    except Malformed:
        fine = False
    assert is_harmless(text, separator) == fine


def quoted_table(chance: random.Random, separator: str) -> str:
    def cell() -> str:
        text = "".join(chance.choices('a,"\n', k=chance.randint(0, 4)))
        return '"' + text.replace('"', '""') + '"'

    rows = [[cell() for _ in range(chance.randint(1, 4))] for _ in range(chance.randint(0, 5))]
    return "".join(",".join(row) + separator for row in rows)


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.sampled_from(["\n", "\r\n", "\r"]))
def test_quotes_are_taken_out_only_where_that_changes_nothing(seed: int, separator: str) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        assert_taking_out_quotes_changes_nothing(quoted_table(chance, separator), separator)


@pytest.mark.parametrize("text", ['","""\n', '",""x"\n', '"x"","\n', '"a",""",""",""\n"b"\n'])
def test_quotes_beside_commas_in_quotes_are_taken_out_only_where_that_changes_nothing(text: str) -> None:
    assert_taking_out_quotes_changes_nothing(text, "\n")


def assert_taking_out_quotes_changes_nothing(text: str, separator: str) -> None:
    plain = without_quotes(text, separator)
    if plain is not None:
        values = [[cell or "" for cell in record.cells] for record in scan(text, separator)]
        assert [[cell or "" for cell in record.cells] for record in scan(plain, "\n")] == values


def test_quotes_are_taken_out_of_a_plainly_quoted_text() -> None:
    assert without_quotes('"a","b"\r\n"c",""\r\n', "\r\n") == "a,b\nc,\n"


@settings(max_examples=500)
@given(CSV_TEXT, st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_text_that_can_do_without_quotes_follows_the_grammar(text: str, separator: str) -> None:
    if without_quotes(text, separator) is not None:
        assert is_harmless(text, separator)


@settings(max_examples=200)
@given(st.lists(CSV_TEXT, max_size=6), st.integers(1, 7))
def test_reading_in_tiny_blocks_changes_nothing(parts: list[str], size: int) -> None:
    text = "".join(parts)

    def blocks() -> Iterator[str]:
        at = 0
        while at < len(text):
            end = at + size
            if text[end - 1 : end + 1] == "\r\n":
                end += 1  # blocks never split a CRLF
            yield text[at:end]
            at = end

    try:
        found = [list(record.cells) for piece in pieces(blocks()) for record in piece.records()]
    except FileRefused:
        assert parse_by_letter(text) is None
    else:
        assert found == parse_by_letter(text)


# --- chunks and rows agree -------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(
    st.lists(st.lists(st.text(alphabet='ab ,"\n\r\0\u00a0\t', max_size=4), max_size=5), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
)
def test_columns_of_chunks_hold_the_same_values_as_rows(
    table: list[list[str]], end: str, quote: bool, whole_at_the_end: bool
) -> None:
    def written(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if quote or set(cell) & set('"\n\r,') else cell

    text = end.join(["user_id,login_id,status", *(",".join(map(written, row)) for row in table)])
    text += end if whole_at_the_end else ""
    stream = io.BytesIO(text.encode())
    header = ["user_id", "login_id", "status"]
    rows = {row.number: row for row in read_csv(stream).rows()}
    seen = {}
    for chunk in chunks(pieces(text_blocks(stream)), column_places(header), 3):
        for index in range(chunk.size):
            number = chunk.number + index
            if index in chunk.blank:
                assert number not in rows
                continue
            seen[number] = rows[number]
            assert chunk.row(index).cells == rows[number].cells
            assert chunk.row(index).line == rows[number].line
            for column in header:
                assert chunk.values(column)[index] == (rows[number].get(column) or "")
    assert seen == rows


def test_a_cell_longer_than_the_standard_parser_allows_is_read() -> None:
    long = "x" * 200_000
    text = f'user_id,login_id\na,"{long}"\n'
    stream = io.BytesIO(text.encode())
    found = list(chunks(pieces(text_blocks(stream)), {"user_id": 0, "login_id": 1}, 2))
    assert list(found[0].values("login_id")) == [long]


def test_clean_is_what_rows_hold() -> None:
    assert (clean(" a "), clean("\u3000"), clean(None), clean("")) == ("a", None, None, None)
