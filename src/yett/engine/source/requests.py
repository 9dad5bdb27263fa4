"""What a request holds, in the words of the frameworks: which member of their request objects is whose. It must not know routes."""

import msgspec

from yett.rules.sourcing.words import words

REQUEST = "@request"
"""The origin of a request, of whatever framework."""
USER = "@caller"
"""The origin of who calls."""

OBJECTS = words("flask.request quart.request bottle.request sanic.request connexion.request flask.globals.request")
"""Names that are the request of whoever calls, everywhere."""

TYPES = words(
    "fastapi.Request fastapi.requests.Request starlette.requests.Request starlette.requests.HTTPConnection "
    "fastapi.WebSocket starlette.websockets.WebSocket fastapi.requests.HTTPConnection aiohttp.web.Request "
    "aiohttp.web_request.Request django.http.HttpRequest django.http.request.HttpRequest rest_framework.request.Request "
    "sanic.Request sanic.request.Request tornado.httputil.HTTPServerRequest flask.Request werkzeug.Request "
    "werkzeug.wrappers.Request falcon.Request django.core.handlers.wsgi.WSGIRequest litestar.Request quart.Request "
    "pyramid.request.Request"
)


class Part(msgspec.Struct, frozen=True):
    """place: "query", "body", "path", "header", "cookie", "form", "file". form: of its value."""

    place: str
    form: str


_QUERY, _FORM, _JSON = Part("query", "texts"), Part("form", "texts"), Part("body", "object")
_HEADERS, _COOKIES, _FILES = Part("header", "texts"), Part("cookie", "texts"), Part("file", "files")
_BODY, _PATH = Part("body", "text"), Part("path", "texts")

MEMBERS: dict[str, Part] = {
    "args": _QUERY,
    "GET": _QUERY,
    "query_params": _QUERY,
    "query": _QUERY,
    "query_args": _QUERY,
    "values": Part("parameter", "texts"),
    "params": Part("parameter", "texts"),
    "rel_url": _QUERY,
    "query_string": Part("query", "text"),
    "query_arguments": _QUERY,
    "arguments": Part("parameter", "texts"),
    "form": _FORM,
    "forms": _FORM,
    "POST": _FORM,
    "post": _FORM,
    "body_arguments": _FORM,
    "json": _JSON,
    "json_body": _JSON,
    "get_json": _JSON,
    "get_media": _JSON,
    "media": _JSON,
    "data": _JSON,
    "DATA": _JSON,
    "body": _BODY,
    "get_data": _BODY,
    "text": _BODY,
    "read": _BODY,
    "raw_post_data": _BODY,
    "stream": _BODY,
    "headers": _HEADERS,
    "META": _HEADERS,
    "cookies": _COOKIES,
    "COOKIES": _COOKIES,
    "files": _FILES,
    "FILES": _FILES,
    "path_params": _PATH,
    "match_info": _PATH,
    "view_args": _PATH,
    "matchdict": _PATH,
    "referrer": Part("header Referer", "text"),
    "user_agent": Part("header User-Agent", "text"),
}
"""Members of request objects, of all frameworks together; a method gives the same as the member of its name."""

OF_FLASK = frozenset(("data",))
"""Members that mean octets where the request is Flask's."""

CALLERS = words("user current_user auth identity principal remote_user")
"""Members of a request that are who calls."""

ENVIRONMENT = words("REMOTE_ADDR SERVER_NAME SERVER_PORT REQUEST_METHOD REMOTE_USER SERVER_PROTOCOL wsgi.input")
"""Entries of Django's META that no caller writes."""

HANDLER_METHODS: dict[str, Part] = {
    "get_argument": Part("parameter", "text"),
    "get_arguments": Part("parameter", "texts"),
    "get_query_argument": Part("query", "text"),
    "get_query_arguments": Part("query", "texts"),
    "get_body_argument": Part("form", "text"),
    "get_body_arguments": Part("form", "texts"),
    "get_json_body": Part("body", "object"),
    "get_cookie": Part("cookie", "text"),
}
"""Methods of Tornado's handlers that give what callers sent."""

NAMES = frozenset(("request", "req"))
"""Parameters that are a request where nothing else is said of them."""
