"""Where catalogs are kept: SQLite in one file, or memory. Both fulfil `yett.model.catalog_store` and one contract suite."""

from yett.store.catalog.memory import MemoryCatalog
from yett.store.catalog.sqlite import SQLiteCatalog, open_catalog

__all__ = ["MemoryCatalog", "SQLiteCatalog", "open_catalog"]
