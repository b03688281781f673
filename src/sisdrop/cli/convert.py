"""`sisdrop convert FILE`: a UTF-8 copy of a CSV that is not UTF-8, wholly or in some rows, beside it."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from canvas_sis_csv.text import listed, printable
from sisdrop.errors import UsageError

if TYPE_CHECKING:
    from canvas_sis_csv.mending import Mender, Survey

ENDING = ".utf8.csv"
_SHOWN = 8


@click.command("convert")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "encoding", metavar="ENCODING", help="What it is in now (default: found out).")
@click.option("--config", help="Taken like everywhere; nothing in it matters here.", expose_value=False, hidden=True)
def command(file: Path, encoding: str | None) -> int:
    """Write a UTF-8 copy of a CSV that is in another encoding, or in which some rows are.

    The copy is called <name>.utf8.csv and lies beside FILE, which stays as it is. Nothing is ever overwritten. Where
    other rows are UTF-8, only the cells that are not are changed, and letters that were turned into UTF-8 twice; each
    changed cell is shown as it was and as it is.
    """
    from canvas_sis_csv.encoding import wide_encoding
    from canvas_sis_csv.mending import survey

    if not file.is_file():
        raise UsageError(f"{file}: there is no such file.")
    target = file.with_name(file.stem + ENDING)
    if target.exists():
        raise UsageError(f"{target} is there already; move it away first.")
    with file.open("rb") as stream:
        wide = wide_encoding(stream)
        seen = survey(stream)
    is_other = wide or (seen.count and not seen.is_mostly_utf8) or (encoding and not seen.count and not seen.valid)
    if is_other:
        _convert(file, target, encoding or wide or _found_out(file))
        return 0
    return _mend(file, target, _mender(seen, encoding))


def _found_out(file: Path) -> str:
    """The file's likely encoding. Raises UsageError when it cannot be told."""
    from canvas_sis_csv.encoding import first_invalid_byte, likely_encoding

    with file.open("rb") as stream:
        encoding = likely_encoding(stream, first_invalid_byte(stream) or 0)
    if encoding is None:
        raise UsageError(f"{file}: its encoding could not be told; name it with --from.")
    return encoding


def _convert(file: Path, target: Path, encoding: str) -> None:
    """Write the copy of a file that is in another encoding as a whole. Raises UsageError."""
    from canvas_sis_csv.encoding import converted, shown_name

    with file.open("rb") as stream:
        try:
            _write(target, converted(stream, encoding))
        except UnicodeDecodeError as error:
            wrong = f"byte 0x{error.object[error.start]:02X} does not exist in it"
            raise UsageError(
                f"{file} is not in {shown_name(encoding)}: {wrong}. Name another one with --from."
            ) from None
        except LookupError:
            raise UsageError(f"there is no encoding called {encoding}.") from None
    click.echo(f"Wrote {target} from {shown_name(encoding)}. Look at a few names in it before you drop it.")


def _mender(seen: Survey, encoding: str | None) -> Mender:
    """What mends the cells of a file that is UTF-8 but for some; `encoding` is what somebody says they are in."""
    from canvas_sis_csv.encoding import likely_encoding
    from canvas_sis_csv.mending import Mender

    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            raise UsageError(f"there is no encoding called {encoding}.") from None
        return Mender(encoding, is_named=True)
    return Mender(likely_encoding(io.BytesIO(seen.foreign)) if seen.foreign else None, seen.scripts)


def _mend(file: Path, target: Path, mender: Mender) -> int:
    """Write the copy of a file that is UTF-8 but for some cells, and show each of them. Raises UsageError."""
    from canvas_sis_csv.mending import lines_of

    with file.open("rb") as stream:
        # First without writing: a copy is whole, or there is none.
        changed = sum(len(mender.taken()) for _ in _mended(lines_of(stream), mender))
        if mender.left:
            lines = listed(map(str, dict.fromkeys(mender.left)), _SHOWN)
            raise UsageError(f"{file}: what line {lines} should say cannot be told; name their encoding with --from.")
        if not changed:
            click.echo(f"{file} already is UTF-8; nothing was written.")
            return 0
        _write(target, _shown(_mended(lines_of(stream), mender), mender))
    cells = "1 cell" if changed == 1 else f"{changed:,} cells"
    click.echo(f"Wrote {target}: {cells} changed, as shown; all others are as they were.")
    return 0


def _mended(lines: Iterator[bytes], mender: Mender) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        yield mender.mended(number, line)


def _shown(lines: Iterator[bytes], mender: Mender) -> Iterator[bytes]:
    """The lines, the cells that were changed in each shown on the way."""
    for line in lines:
        for change in mender.taken():
            before, after = printable(change.before), printable(change.after)
            click.echo(f"line {change.line}: {before} -> {after}  ({change.wrong})")
        yield line


def _write(target: Path, blocks: Iterator[bytes]) -> None:
    """Write the copy under a temporary name; it gets its own when it is whole. Raises what `blocks` raises."""
    from sisdrop.durable import move_no_replace

    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as out:
            for block in blocks:
                out.write(block)
        move_no_replace(part, target)
    except FileExistsError:
        raise UsageError(f"{target} is there already; move it away first.") from None
    except OSError as error:
        raise UsageError(f"{target} cannot be written ({error.strerror}).") from None
    finally:
        part.unlink(missing_ok=True)
