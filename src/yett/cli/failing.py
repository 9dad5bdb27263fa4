"""How a command says what went wrong with the machine: one plain line, never a traceback or a number of an error."""


def reason(error: Exception) -> str:
    """What the system objected to, the file first where it names one; other errors speak for themselves."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    what = error.strerror[0].lower() + error.strerror[1:]
    return f"{error.filename}: {what}" if error.filename else what
