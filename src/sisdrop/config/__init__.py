"""The YAML file as typed values, or everything that is wrong with it.

Room: reads the configuration file, and the token when it is asked for. Import from here, not from the modules inside.
"""

from __future__ import annotations

from sisdrop.config.cautions import Caution, cautions
from sisdrop.config.load import json_schema, load, parse
from sisdrop.config.model import CanvasSettings, Config, Feed
from sisdrop.config.token_source import TokenSource

__all__ = ["CanvasSettings", "Caution", "Config", "Feed", "TokenSource", "cautions", "json_schema", "load", "parse"]
