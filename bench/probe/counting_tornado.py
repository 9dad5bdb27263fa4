"""Configuration of jupyter-server that writes down each request, to the file that JUPYTER_REQUESTS names."""

import os
import time

BEGAN = time.monotonic()


def noted(handler):
    """One line "seconds method path status" for each answer."""
    with open(os.environ["JUPYTER_REQUESTS"], "a", encoding="utf-8") as log:
        path = ascii(handler.request.path[:200]).replace(" ", "%20")
        log.write(f"{time.monotonic() - BEGAN:.3f} {handler.request.method} {path} {handler.get_status()}\n")


c = get_config()  # noqa: F821  Jupyter's way
c.ServerApp.tornado_settings = {"log_function": noted}
