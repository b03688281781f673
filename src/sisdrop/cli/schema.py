"""`sisdrop schema [result]`: the JSON Schema of the configuration, or of a result file.

Room: part of the command line; prints.
"""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.option("--config", expose_value=False, help="Taken as by every command; the schemas are the same for all.")
@click.argument("what", type=click.Choice(["config", "result"]), default="config")
def command(what: str) -> None:
    """Print the JSON Schema of the configuration, or of a result file."""
    # Loaded here, so that asking for help does not wait for it.
    from sisdrop import config
    from sisdrop.folders import result

    schema = result.schema() if what == "result" else config.json_schema()
    click.echo(json.dumps(schema, indent=2))
