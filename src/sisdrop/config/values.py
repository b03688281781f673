"""Single values of the configuration: what they must look like, and the sentence when they do not.

Room: pure (paths are made absolute, nothing is looked up on disk). Each type is what pydantic calls an annotated type;
an `Expected` or a `ValueError` raised here becomes a problem at its place.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, PlainValidator, ValidationInfo, WithJsonSchema

from sisdrop.config.wording import Expected, did_you_mean, shown

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _path(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path):
        raise Expected("a path")
    text = str(value)
    if not text.strip():
        raise Expected("a path")
    if _CONTROL.search(text):
        raise ValueError("a path cannot contain control characters; write Windows paths without double quotes")
    base: Path = (info.context or {}).get("base", Path())
    try:
        return Path(os.path.abspath(base / Path(text).expanduser()))  # noqa: PTH100 - `..` goes, symbolic links stay
    except RuntimeError:
        raise ValueError(
            f"the home folder at the beginning of {shown(text)} is not known; write the whole path"
        ) from None


FolderPath = Annotated[Path, BeforeValidator(_path), WithJsonSchema({"type": "string", "minLength": 1})]
"""An absolute path: `~` is the home folder, relative ones start at the folder of the configuration file."""


_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain"})
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


def _url(value: Any) -> str:
    if not isinstance(value, str):
        raise Expected("an address such as https://school.instructure.com")
    text = value.strip()
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", text):
        raise ValueError("write the address with its https:// , such as https://school.instructure.com")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("this is not a valid address; expected one such as https://school.instructure.com") from None
    _refuse_extras(parts)
    host = _host(parts)
    if parts.scheme not in ("https", "http"):
        raise ValueError(f"expected https://, got {parts.scheme}://")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            "http would send the token unencrypted; write https (http is accepted for loopback hosts alone)"
        )
    default_port = 443 if parts.scheme == "https" else 80
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port not in (None, default_port) else "")


def _refuse_extras(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user name or password in the address; the token is configured under `token`")
    if parts.query or parts.fragment:
        raise ValueError("only the address of Canvas, without ? and # parts (a token never belongs in an address)")
    if parts.path.rstrip("/") not in ("", "/api/v1", "/api"):
        raise ValueError("only the host of Canvas, such as https://school.instructure.com, without a path behind it")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if ":" in host:
        try:
            return str(ip_address(host))
        except ValueError:
            raise ValueError("this is not a valid IPv6 address") from None
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise ValueError("the host in this address is not valid; expected one such as https://school.instructure.com")
    return host.rstrip(".")


def is_loopback(host: str) -> bool:
    """Whether `host` is this very machine, by its name or address alone (no lookup)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES or host.endswith(".localhost")


CanvasUrl = Annotated[
    str, BeforeValidator(_url), WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"})
]
"""`https://host[:port]`, lower case, without a slash at its end."""


def _account(value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise Expected("self, a number or sis_account_id:X")
    sis_id = text.removeprefix("sis_account_id:")
    is_sis_id = sis_id != text and sis_id == sis_id.strip() != "" and not _CONTROL.search(sis_id)
    if not (text == "self" or re.fullmatch(r"[0-9]{1,18}(~[0-9]{1,18})?", text) or is_sis_id):
        raise Expected("self, a number or sis_account_id:X")
    return text


Account = Annotated[str, BeforeValidator(_account), WithJsonSchema({"type": ["string", "integer"]})]


def _settle(value: Any) -> float | Literal["auto"]:
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Expected("auto or a number of seconds")
    if not 0 <= value <= 3600:
        raise Expected("auto or 0 to 3600 seconds")
    return float(value)


SettleS = Annotated[
    float | Literal["auto"],
    PlainValidator(_settle),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "number", "minimum": 0, "maximum": 3600}]}),
]


def _done_suffix(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise Expected('an ending such as ".done"')
    if re.search(r'[/\\:*?"<>|\x00-\x1f\x7f]', value) or len(value) > 32 or value != value.strip():
        raise ValueError("expected an ending such as .done: at most 32 characters that can stand in a file name")
    if value.lower().endswith((".csv", ".zip", ".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp")):
        raise ValueError(f"{shown(value)} cannot be told from a CSV, a zip or a temporary file; use one such as .done")
    return value


DoneSuffix = Annotated[str | None, PlainValidator(_done_suffix), WithJsonSchema({"type": ["string", "null"]})]


@dataclass(frozen=True, slots=True)
class DailyTime:
    """A time of day in a time zone, `06:00 America/Denver`."""

    at: time
    zone: str

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A daily window in a time zone, `20:00-06:00 America/Denver`; it spans midnight when it ends before it begins."""

    begin: time
    end: time
    zone: str

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M} {self.zone}"


def _clock(text: str) -> time:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if not found:
        raise Expected("a time such as 06:00 (24 hours)")
    return time(int(found[1]), int(found[2]))


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        near = did_you_mean(text, available_timezones()) or "; expected one such as America/Denver"
        raise ValueError(f"the time zone {shown(text)} is not known{near}") from None
    return text


def _words(value: Any, example: str) -> tuple[str, str]:
    words = value.split() if isinstance(value, str) else []
    if len(words) != 2:
        raise Expected(f'a time and a time zone such as "{example}"')
    return words[0], words[1]


def _hours(value: Any) -> Hours | None:
    if value is None or isinstance(value, Hours):
        return value
    window, zone = _words(value, "20:00-06:00 America/Denver")
    begin, dash, end = window.replace("\N{EN DASH}", "-").partition("-")
    if not dash:
        raise Expected('a window such as "20:00-06:00 America/Denver"')
    hours = Hours(_clock(begin), _clock(end), _zone(zone))
    if hours.begin == hours.end:
        raise ValueError("the window begins and ends at the same time; leave `hours` out for the whole day")
    return hours


def _daily(value: Any) -> DailyTime | None:
    if value is None or isinstance(value, DailyTime):
        return value
    at, zone = _words(value, "06:00 America/Denver")
    return DailyTime(_clock(at), _zone(zone))


HoursValue = Annotated[Hours | None, PlainValidator(_hours), WithJsonSchema({"type": ["string", "null"]})]
DailyTimeValue = Annotated[DailyTime | None, PlainValidator(_daily), WithJsonSchema({"type": ["string", "null"]})]


def _listen(value: Any) -> str | None:
    if value is None:
        return None
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not host or not (port.isdecimal() and 0 < int(port) < 65536):
        raise Expected('an address and port in quotes such as "127.0.0.1:9108"')
    return str(value)


Listen = Annotated[str | None, PlainValidator(_listen), WithJsonSchema({"type": ["string", "null"]})]


def _ping_url(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
        raise ValueError("expected an address that begins with https://")
    return value


PingUrl = Annotated[
    str | None, PlainValidator(_ping_url), WithJsonSchema({"type": ["string", "null"], "format": "uri"})
]
