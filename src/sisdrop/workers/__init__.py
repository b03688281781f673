"""Threads and time: one worker loop, one schedule, the service, one pass.

Room: threads and clocks. `service` is where to begin to read; `schedule` has the table from state to worker, `worker`
the loop; `watcher`, `checker` and `sender` are what the workers do; `board` is what they tell each other.
"""

from sisdrop.workers.once import ExitCode, Left, OnePass, PassEnd
from sisdrop.workers.service import Sending, Service

__all__ = ["ExitCode", "Left", "OnePass", "PassEnd", "Sending", "Service"]
