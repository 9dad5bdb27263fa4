"""The tables of a catalog's file and how an older file becomes one of today. It must not know what is in the values.

`PRAGMA application_id` says that a file is a catalog of Yett's, `PRAGMA user_version` of which version. A migration runs in one
transaction, under the write lock; a file of a later version is refused, never guessed at.
"""

import sqlite3

from yett.model.catalog_store import CatalogUnusable

APPLICATION = 0x59455454
"""ASCII "YETT"."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE learnt (service TEXT, part INTEGER, body BLOB NOT NULL, PRIMARY KEY (service, part))",
        "CREATE TABLE position (key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE description (number INTEGER PRIMARY KEY, source TEXT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL,"
        " first_read REAL NOT NULL, last_read REAL NOT NULL, current INTEGER NOT NULL, UNIQUE (source, digest))",
        "CREATE TABLE correction (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, holds INTEGER NOT NULL)",
        "CREATE TABLE identity (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE finding (fingerprint TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE generation (number INTEGER NOT NULL)",
        "INSERT INTO generation VALUES (0)",
    ),
)
"""Statements that lead from version N to N + 1, N being the index. Only ever added to."""


def prepare(connection: sqlite3.Connection, name: str, key: bytes) -> None:
    """Make the tables, or bring them up to date. key: for a new catalog. Raises CatalogUnusable and sqlite3.Error."""
    if _current(connection, name):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been faster
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute("INSERT OR IGNORE INTO note VALUES ('key', ?)", (key,))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _current(connection: sqlite3.Connection, name: str) -> bool:
    """Whether nothing need be done. Raises CatalogUnusable where the file is none of ours, or of a later version."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        if application or version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise CatalogUnusable(f"{name}: an SQLite database of something else, not a catalog; nothing was changed")
        return False
    if version > len(MIGRATIONS):
        raise CatalogUnusable(
            f"{name}: a catalog of version {version}, this Yett knows {len(MIGRATIONS)}: use the Yett that made it, or a newer one"
        )
    return bool(version == len(MIGRATIONS))
