"""Each Canvas account: reachable, trusted, with a token that may do what is needed, and clocks that agree.

Room: asks Canvas through `canvas`, reading only. Never shows the token.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from sisdrop import __version__
from sisdrop.canvas import Canvas
from sisdrop.config import CanvasSettings, Config
from sisdrop.doctor.check import Check, CheckStatus, fail, ok, warn
from sisdrop.errors import CanvasError, CanvasRefused, ConfigError, RefusalKind
from sisdrop.protocol.requests import IMPORT_RIGHT

MAX_CLOCK_DIFFERENCE_S = 60
TIMEOUT_S = 15.0
"""A person waits for the answer; a Canvas that needs longer counts as not reachable."""


def accounts(config: Config, now: Callable[[], datetime]) -> Iterator[Check]:
    """All lanes of the configuration, one after the other."""
    lanes: dict[tuple[str, int], str] = {}
    for lane, feeds in config.lanes().items():
        account_id = yield from _account(lane, feeds[0].canvas, now)
        if account_id is not None:
            other = lanes.setdefault((lane.partition("/")[0], account_id), lane)
            if other != lane:
                text = f"this is the same account as {other}, so two queues would import into it at once"
                yield fail(lane, text, "write canvas.account the same way in all feeds")


def _account(lane: str, settings: CanvasSettings, now: Callable[[], datetime]) -> Generator[Check, None, int | None]:
    """One account, step by step; the first step that fails ends it, as the others would fail for the same reason.

    Returns its id in Canvas, where that could be asked.
    """
    yield from _connection(lane, settings)
    quick = settings.model_copy(update={"timeout_s": min(settings.timeout_s, TIMEOUT_S)})
    account_id = None
    try:
        # First by itself: that it cannot be read is no trouble with Canvas's answer.
        settings.token.read()
        with Canvas(quick, user_agent=f"sisdrop/{__version__}") as canvas:
            yield from _token(lane, settings, canvas)
            yield from _clock(lane, canvas, now)
            root, account_id = _root(lane, canvas)
            yield root
            if root.status is not CheckStatus.FAIL:
                yield from _imports(lane, canvas)
    except ConfigError as error:
        yield fail(lane, str(error), "mend canvas.ca_file", of_canvas=True)
    except CanvasError as error:
        yield _failure(lane, error)
    return account_id


def _connection(lane: str, settings: CanvasSettings) -> Iterator[Check]:
    parts = urlsplit(settings.url)
    if parts.scheme == "http":
        yield warn(lane, "http without encryption, on this machine alone: a sandbox, not a real Canvas")
    # school.test.instructure.com; a school's own name for it cannot be told.
    labels = (parts.hostname or "").split(".")
    for kind in ("test", "beta"):
        if kind in labels[1:-2]:
            overwritten = "Instructure overwrites it with production data now and then"
            yield warn(lane, f"this is Canvas's {kind} environment; {overwritten}")


def _token(lane: str, settings: CanvasSettings, canvas: Canvas) -> Iterator[Check]:
    me = canvas.me()
    tls = ", and its TLS certificate is trusted" if settings.url.startswith("https:") else ""
    yield ok(lane, f"Canvas answers{tls}")
    token = f"the token from {settings.token.describe()}"
    yield ok(lane, f"{token} is accepted; it belongs to user {me.id} ({me.name})")


def _clock(lane: str, canvas: Canvas, now: Callable[[], datetime]) -> Iterator[Check]:
    theirs = canvas.server_time
    if theirs is None:
        return
    difference_s = round((now() - datetime.fromisoformat(theirs)).total_seconds())
    if abs(difference_s) <= MAX_CLOCK_DIFFERENCE_S:
        yield ok(lane, "the clocks of Canvas and of this machine agree")
        return
    gap = f"{abs(difference_s)} s {'ahead of' if difference_s > 0 else 'behind'}"
    yield warn(lane, f"this machine's clock is {gap} Canvas's", "switch on time synchronisation (NTP)")


def _root(lane: str, canvas: Canvas) -> tuple[Check, int | None]:
    """Whether it is a root account, and its id: Canvas imports SIS data into root accounts alone."""
    try:
        account = canvas.account()
    except CanvasRefused as error:
        if error.kind is not RefusalKind.PERMISSION:
            raise
        # Whoever may not see the account may still import.
        return warn(lane, "the token's user may not see the account itself; that alone does no harm"), None
    account_id = int(account["id"])
    name = f"account {account_id}" + (f' "{account["name"]}"' if account.get("name") else "")
    parent = account.get("root_account_id") or account.get("parent_account_id")
    if parent is not None:
        text = f"{name} is a sub-account of {parent}; Canvas imports SIS data into root accounts alone"
        return fail(lane, text, "set canvas.account: self", of_canvas=True), account_id
    return ok(lane, f"{name} is a root account"), account_id


def _imports(lane: str, canvas: Canvas) -> Iterator[Check]:
    unfinished = canvas.unfinished()
    later = f'whether it may also start one (permission "{IMPORT_RIGHT}") shows at the first import'
    yield ok(lane, f"SIS imports are enabled, and the token may list them; {later}")
    if unfinished:
        first = unfinished[0]
        more = f" and {len(unfinished) - 1} more" if len(unfinished) > 1 else ""
        text = f"SIS import {first.id} is {first.workflow_state}{more}; sisdrop waits until nothing is unfinished"
        yield ok(lane, text)


def _failure(lane: str, error: CanvasError) -> Check:
    do = {
        RefusalKind.TOKEN: "make a new token in Canvas (Account > Settings > Approved Integrations)",
        RefusalKind.NOT_FOUND: "mend canvas.account; `self` is the root account of canvas.url",
        RefusalKind.ADDRESS: "mend canvas.url",
    }
    text = str(error)
    if isinstance(error, CanvasRefused):
        # The error of a token that could not be read says what to do already.
        todo = "" if error.status == 0 else do.get(error.kind, "")
    else:
        # That of a certificate that is not trusted does, too.
        todo = "" if "certificate" in text else "look at canvas.url, the network, the proxy and the firewall"
    return fail(lane, text, todo, of_canvas=True)
