"""Run until told to stop: lock, recover, watch, drive the lanes. See `daemon`."""

from sisdrop.daemon.daemon import LOCK_NAME, Daemon, hold_state, is_running
from sisdrop.daemon.once import Once

__all__ = ["LOCK_NAME", "Daemon", "Once", "hold_state", "is_running"]
