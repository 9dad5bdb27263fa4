"""The event log: append-only segment files, one writer per worker, any number of readers.

`frames` is the format, `directory` the rim to the file system, `writer` and `journal` write, `retention` deletes, `stream`,
`reader`, `newest` and `bookmark` read. The format is documented in docs/reference/event-log.md.
"""
