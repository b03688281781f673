"""Which lane is which Canvas account: known before anything is sent, for two of one account would send at once."""

from __future__ import annotations

import threading

from sisdrop.errors import CanvasRefused, RefusalKind
from sisdrop.protocol.identity import Identity, are_same, identity_of
from sisdrop.steps import Context


class Accounts:
    """The accounts of one service's lanes. Usable from several threads."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._identities: dict[str, Identity] = {}

    def enter(self, context: Context) -> str | None:
        """Ask Canvas whose account the lane's is; the lane that has the same one already, None when there is none.

        Raises CanvasError when it cannot be asked: then nothing may be sent.
        """
        lane, canvas = context.lane, context.canvas
        try:
            account = canvas.account()
        except CanvasRefused as error:
            # Whoever may not see the account may still import; its imports tell it from others.
            if error.kind is not RefusalKind.PERMISSION:
                raise
            account = None
        settings = next(iter(context.feeds.values())).canvas
        now = identity_of(settings.url, account, canvas.newest_imports())
        with self._mutex:
            others = (other for other, before in self._identities.items() if other != lane and are_same(before, now))
            same = next(others, None)
            if same is None:
                self._identities[lane] = now
            return same
