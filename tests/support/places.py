"""Where the project's files lie, for tests that read documents or start the program."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
