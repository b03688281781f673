"""The engine's SQLite database: filled with its tables, asked and written in the plainest way.

Room: one database file, opened by `canvas_sandbox.sqlite`. A table's and a column's name always come from our own
code. The database may be lost with the machine (`synchronous=OFF`): it is a toy Canvas, and speed is what it is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from canvas_sandbox.engine.schema import (
    BUILT_IN_ROLES,
    DEFAULT_TERM,
    DEFAULT_TERM_NAME,
    ROOT_ACCOUNT,
    TABLES,
    VERSION,
)
from canvas_sandbox.errors import DataUnusable
from canvas_sandbox.sqlite import Record, open_database, run_script, transaction


class Database:
    """The one writing connection. Not for two threads at once: the engine's lock stands around it.

    Raises DataUnusable when the file was made by another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.conn = open_database(path, ("synchronous = OFF", "temp_store = MEMORY", "cache_size = -65536"))
        self.execute = self.conn.execute
        self._statements: dict[tuple[str, str, tuple[str, ...]], str] = {}
        """The texts of INSERTs and UPDATEs by verb, table and columns: making them anew for each row costs more."""
        version = self.value("PRAGMA user_version")
        if version == 0:
            with self.transaction():
                self._fill()
        elif version != VERSION:
            self.close()
            raise DataUnusable(f"{path}: made by another version of the sandbox; delete it, or use another folder.")

    def clear(self) -> None:
        """Go back to what even an empty Canvas has; inside a transaction, so that it can be undone."""
        for (name,) in self.all("SELECT name FROM sqlite_master WHERE type = 'table'"):
            self.execute(f"DROP TABLE {name}")
        self._fill()

    def _fill(self) -> None:
        """Make the tables, the root account, the default term and the built-in roles."""
        run_script(self.conn, TABLES)
        self.execute("INSERT INTO accounts (id, name) VALUES (?, 'Sandbox')", (ROOT_ACCOUNT,))
        self.execute("INSERT INTO terms (id, name) VALUES (?, ?)", (DEFAULT_TERM, DEFAULT_TERM_NAME))
        self.many("INSERT INTO roles (id, name, base_type, built_in) VALUES (?, ?, ?, 1)", BUILT_IN_ROLES)
        self.execute(f"PRAGMA user_version = {VERSION}")

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside, or nothing of it."""
        return transaction(self.conn)

    def first(self, sql: str, parameters: Sequence[Any] = ()) -> Record | None:
        """The first row, None when there is none."""
        row: Record | None = self.execute(sql, parameters).fetchone()
        return row

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, None when there is none."""
        row = self.first(sql, parameters)
        return None if row is None else row[0]

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Record]:
        """Every row, in memory."""
        return self.execute(sql, parameters).fetchall()

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The statement once for each of `rows`."""
        self.conn.executemany(sql, rows)

    def by_id(self, table: str, row_id: int) -> Record | None:
        """The row with this id."""
        return self.first(f"SELECT * FROM {table} WHERE id = ?", (row_id,))  # noqa: S608 - our own table names

    def existing(self, table: str, row_id: int) -> Record:
        """The row with this id, which is known to be there."""
        row = self.by_id(table, row_id)
        if row is None:
            raise LookupError(f"{table} has no row {row_id}")
        return row

    def by_sis_id(self, table: str, sis_id: str | None) -> Record | None:
        """The row with this SIS id, in whatever state; None when there is none or no id was given."""
        if sis_id is None:
            return None
        return self.first(f"SELECT * FROM {table} WHERE sis_id = ?", (sis_id,))  # noqa: S608 - our own table names

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """A new row; its id."""
        columns = tuple(values)
        key = ("insert", table, columns)
        sql = self._statements.get(key)
        if sql is None:
            marks = ", ".join("?" * len(columns))
            sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
            self._statements[key] = sql
        return self.add(sql, tuple(values.values()))

    def add(self, sql: str, values: Sequence[Any]) -> int:
        """Run an INSERT of one row; its id."""
        row_id = self.execute(sql, values).lastrowid
        if row_id is None:
            raise LookupError("SQLite gave no row id")
        return row_id

    def update(self, table: str, row_id: int, values: Mapping[str, Any]) -> None:
        """New values for some columns of a row."""
        columns = tuple(values)
        key = ("update", table, columns)
        sql = self._statements.get(key)
        if sql is None:
            pairs = ", ".join(f"{column} = ?" for column in columns)
            sql = f"UPDATE {table} SET {pairs} WHERE id = ?"  # noqa: S608 - our own names
            self._statements[key] = sql
        self.execute(sql, (*values.values(), row_id))

    def get_meta(self, key: str) -> str | None:
        """A remembered text of the sandbox itself."""
        text: str | None = self.value("SELECT value FROM meta WHERE key = ?", (key,))
        return text

    def set_meta(self, key: str, value: str) -> None:
        """Remember a text of the sandbox itself."""
        self.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()
