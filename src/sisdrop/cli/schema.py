"""`sisdrop schema [result|held]`: the JSON Schema of the configuration, or of a file that sisdrop writes.

Room: part of the command line; prints.
"""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.option("--config", expose_value=False, help="Taken as by every command; the schemas are the same for all.")
@click.argument("what", type=click.Choice(["config", "result", "held"]), default="config")
def command(what: str) -> None:
    """Print the JSON Schema of the configuration, of a result file, or of the file beside a held drop."""
    # Loaded here, so that asking for help does not wait for it.
    from sisdrop import config
    from sisdrop.folders import held_json, result

    schemas = {"config": config.json_schema, "result": result.schema, "held": held_json.schema}
    click.echo(json.dumps(schemas[what](), indent=2))
