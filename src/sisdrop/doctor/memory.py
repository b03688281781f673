"""The journal: there, sound, and what it remembers of the inboxes.

Room: reads the journal. Looks at it without opening it as a `Journal` first, since that would move a damaged one aside:
what to do about it is for the service, or a person, to decide.
"""

from __future__ import annotations

from sisdrop.config import Config
from sisdrop.doctor.check import Check, fail, ok
from sisdrop.errors import StateError
from sisdrop.journal import FILE_NAME, SqliteJournal, trouble_in

Proofs = dict[str, str | None]
"""The ids by which sisdrop knows its inboxes, by feed."""


def journal(config: Config) -> tuple[Check, Proofs]:
    """How the journal stands, and what it remembers; nothing when it cannot be read."""
    path = config.state / FILE_NAME
    try:
        if not path.exists():
            return ok("journal", "sisdrop has not run here yet"), {}
        trouble = trouble_in(path)
        if trouble:
            text = f"the journal {path} is damaged ({trouble})"
            # What is to be done about it is the service's, or a person's: looking changes nothing.
            keep = f"stop sisdrop, keep a copy of {path.parent}, look at the disk"
            return fail("journal", text, f"{keep}; `sisdrop run` moves it aside and begins anew"), {}
        with SqliteJournal(config.state) as opened:
            proofs = {name: opened.inbox_id(name, feed.inbox) for name, feed in config.feeds.items()}
    except (OSError, StateError) as error:
        text = f"the journal {path} cannot be read: {error}"
        return fail("journal", text, "look at the state folder and its rights"), {}
    return ok("journal", f"{path} is sound"), proofs
