"""Single values of the configuration: what they must look like, and the sentence when they do not.

Room: pure (paths are made absolute, nothing is looked up on disk). Each type is what pydantic calls an annotated type;
an `Expected` or a `ValueError` raised here becomes a problem at its place.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, PlainValidator, ValidationInfo, WithJsonSchema

from sisdrop.config.wording import Expected, shown
from sisdrop.protocol.answers import is_loopback

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _path(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise Expected("a path")
    text = str(value)
    if _CONTROL.search(text):
        raise ValueError("a path cannot contain control characters; write Windows paths without double quotes")
    base: Path = (info.context or {}).get("base", Path())
    try:
        return Path(os.path.abspath(base / Path(text).expanduser()))  # noqa: PTH100 - `..` goes, symbolic links stay
    except RuntimeError:
        why = f"the home folder at the beginning of {shown(text)} is not known"
        raise ValueError(f"{why}; write the whole path") from None


FolderPath = Annotated[Path, BeforeValidator(_path), WithJsonSchema({"type": "string", "minLength": 1})]
"""An absolute path: `~` is the home folder, relative ones start at the folder of the configuration file."""


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
    address = f"{parts.scheme}://[{host}]" if ":" in host else f"{parts.scheme}://{host}"
    if parts.scheme == "http" and not is_loopback(address):
        why = "http would send the token unencrypted"
        raise ValueError(f"{why}; write https (http is accepted for loopback hosts alone)")
    default_port = 443 if parts.scheme == "https" else 80
    return address if port in (None, default_port) else f"{address}:{port}"


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


CanvasUrl = Annotated[
    str, BeforeValidator(_url), WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"})
]
"""`https://host[:port]`, lower case, without a slash at its end."""


def _account(value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str):
        sis_id = text.removeprefix("sis_account_id:")
        is_sis_id = sis_id != text and sis_id == sis_id.strip() != "" and not _CONTROL.search(sis_id)
        if text == "self" or re.fullmatch(r"[0-9]{1,18}(~[0-9]{1,18})?", text) or is_sis_id:
            return text
    raise Expected("self, a number or sis_account_id:X")


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
