"""sisdrop: watches a drop folder for SIS CSVs and imports each into Canvas, one at a time, exactly once."""

__version__ = "0.1.0"
