"""Keys that are part of the contract and have no effect yet.

Room: pure. When a feature is built, its line here goes, and the generated documents follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sisdrop.config.group import Group
from sisdrop.config.model import Config, ConfigKeys, FeedKeys, Hold

IDLE: dict[type[Group], frozenset[str]] = {
    ConfigKeys: frozenset({"status_page", "notify", "notify_on", "metrics", "heartbeat_url"}),
    FeedKeys: frozenset({"hours", "expect_by", "skip_identical"}),
    Hold: frozenset({"shrink_over_pct", "deletes_over_pct"}),
}


def is_idle(group: type[Group], name: str) -> bool:
    """Whether the key `name` of `group` has no effect yet."""
    return name in IDLE.get(group, frozenset())


def idle_keys(config: Config) -> list[str]:
    """The keys that were written to switch on something that does not exist yet, dotted, in the documented order.

    A key written to switch it off (`null`, `false`, `[]`) is kept to, and not named.
    """
    found = list(_written(config, ConfigKeys, ""))
    for name, feed in config.feeds.items():
        found += _written(feed, FeedKeys, f"feeds.{name}.")
        found += _written(feed.hold, Hold, f"feeds.{name}.hold.")
    return found


def _written(group: Group, kind: type[Group], prefix: str) -> Iterator[str]:
    for name in kind.model_fields:
        if is_idle(kind, name) and name in group.model_fields_set and _switches_on(getattr(group, name)):
            yield prefix + name


def _switches_on(value: Any) -> bool:
    return value is not None and value is not False and value != ()
