"""`sisdrop convert FILE`: a UTF-8 copy of a CSV that is in another encoding, beside it."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from sisdrop.errors import UsageError

ENDING = ".utf8.csv"


@click.command("convert")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "encoding", metavar="ENCODING", help="What it is in now (default: found out).")
@click.option("--config", help="Taken like everywhere; nothing in it matters here.", expose_value=False, hidden=True)
def command(file: Path, encoding: str | None) -> int:
    """Write a UTF-8 copy of a CSV that is in another encoding.

    The copy is called <name>.utf8.csv and lies beside FILE, which stays as it is. Nothing is ever overwritten.
    """
    from canvas_sis_csv.encoding import shown_name

    if not file.is_file():
        raise UsageError(f"{file}: there is no such file.")
    target = file.with_name(file.stem + ENDING)
    if target.exists():
        raise UsageError(f"{target} is there already; move it away first.")
    encoding = encoding or _found_out(file)
    if encoding is None:
        click.echo(f"{file} already is UTF-8; nothing was written.")
        return 0
    _convert(file, target, encoding)
    click.echo(f"Wrote {target} from {shown_name(encoding)}. Look at a few names in it before you drop it.")
    return 0


def _found_out(file: Path) -> str | None:
    """The file's likely encoding; None when it is UTF-8. Raises UsageError when it cannot be told."""
    from canvas_sis_csv.encoding import first_invalid_byte, likely_encoding, wide_encoding

    with file.open("rb") as stream:
        offset = first_invalid_byte(stream)
        if offset is None and wide_encoding(stream) is None:
            return None
        encoding = likely_encoding(stream, offset or 0)
    if encoding is None:
        raise UsageError(f"{file}: its encoding could not be told; name it with --from.")
    return encoding


def _convert(file: Path, target: Path, encoding: str) -> None:
    """Write the copy under a temporary name; it gets its own when it is whole. Raises UsageError."""
    from canvas_sis_csv.encoding import converted, shown_name
    from sisdrop.durable import move_no_replace

    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with file.open("rb") as stream, part.open("xb") as out:
            for block in converted(stream, encoding):
                out.write(block)
        move_no_replace(part, target)
    except UnicodeDecodeError as error:
        wrong = f"byte 0x{error.object[error.start]:02X} does not exist in it"
        raise UsageError(f"{file} is not in {shown_name(encoding)}: {wrong}. Name another one with --from.") from None
    except LookupError:
        raise UsageError(f"there is no encoding called {encoding}.") from None
    except FileExistsError:
        raise UsageError(f"{target} is there already; move it away first.") from None
    except OSError as error:
        raise UsageError(f"{target} cannot be written ({error.strerror}).") from None
    finally:
        part.unlink(missing_ok=True)
