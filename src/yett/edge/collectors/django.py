"""Django's own middleware beside `Observe`: it tells route and user, which neither ASGI nor WSGI can see.

    MIDDLEWARE = [..., "yett.edge.collectors.django.annotate"]        # settings.py, at the end of the list
    application = Observe(application, to="http://127.0.0.1:4318")    # asgi.py or wsgi.py

Django is not imported. A user that nobody asked for is not looked up: that would cost a query to the database.
"""

import inspect
from collections.abc import Callable
from typing import Any

from yett.edge.collectors.watching import ROUTE, USER, name_of


def annotate(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A middleware factory, for synchronous and asynchronous handlers."""
    if inspect.iscoroutinefunction(get_response) or hasattr(get_response, "_is_coroutine"):

        async def later(request: Any) -> Any:
            try:
                return await get_response(request)
            finally:
                _annotate(request)

        return later

    def now(request: Any) -> Any:
        try:
            return get_response(request)
        finally:
            _annotate(request)

    return now


annotate.__dict__.update(sync_capable=True, async_capable=True)  # as django.utils.decorators.sync_and_async_middleware does


def _annotate(request: Any) -> None:
    notes = getattr(request, "scope", None)
    if notes is None:
        notes = getattr(request, "environ", None)
    if notes is None:
        return
    route = getattr(getattr(request, "resolver_match", None), "route", None)
    if isinstance(route, str):
        notes[ROUTE] = route if route.startswith(("/", "^")) else "/" + route
    notes[USER] = name_of(_user(request))


def _user(request: Any) -> Any:
    """The user, if somebody asked for it: what is still lazy stays so."""
    known = getattr(request, "_cached_user", None)
    if known is None:
        known = vars(request).get("user")
        if known is not None and "_setupfunc" in vars(known):
            return None
    return known
