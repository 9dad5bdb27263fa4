"""`probe`: sends calls of its own to find out what is really true. Pure: it yields what to do and receives what happened."""
