"""Configurations of gateways, and descriptor sets of Protocol Buffers, as declarations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.descriptions import nginx as nginx_reader
from yett.formats.descriptions import read_description
from yett.formats.descriptions.nginx import MAX_NESTING, directives
from yett.formats.descriptions.transcoding import transcoded


def read(name, content, others=None):
    octets = content if isinstance(content, bytes) else content.encode()
    return read_description(name, octets, (others or {}).get)


def routes(found):
    return [(one.method, one.hosts, one.pattern, one.path, one.service) for one in found.declared]


def problems(found):
    return [str(problem) for problem in found.problems]


NGINX = r"""
user x; events { worker_connections 5; }
http {
  include mime.types; include fastcgi_params; include conf.d/*.conf; include part.conf;
  server { listen 443 ssl; server_name API.example.org *.x.org .y.org ~^(?<a>.+)$ _ $host; auth_basic "a \"b";
    location = /health { return 200 "ok;{"; auth_basic off; }
    location /v1/ { proxy_pass http://users_backend:8080/; limit_except GET { deny all; }
       location /v1/admin/ { auth_request /auth; proxy_pass http://admin; } }
    location ~* \.php$ { deny all; }
    location ~ "^/a/[0-9]{3}$" { grpc_pass grpc://g:50; }
    location ~* /img/ { root /var; }
    location ^~ /opt/ { satisfy any; auth_jwt on; proxy_pass http://${upstream}; allow 10.0.0.0/8; deny all; }
    location @named { proxy_pass http://x; }
    location /in/ { internal; proxy_pass http://x; }
    location /lua { content_by_lua_block { local t = {a="}{"} ngx.say("x") } }
    location /old { return 410; }
    location /group/ { location /group/one { alias /x; } }
    location + /odd { root /x; }
    location a b c { root /x; }
  }
  server { server_name all.example; ssl_verify_client on; location / { proxy_pass unix:/x; if ($a = "b") { return 403; } } }
  server { server_name bare.example; proxy_pass http://b; }
}
"""


def test_nginx():
    found = read(
        "nginx.conf", NGINX, {"part.conf": b"server { server_name part.example; location /p { proxy_pass http://p; } }"}
    )
    hosts = ("api.example.org", "*.x.org", "*.y.org")
    assert found.kind == "nginx"
    assert routes(found) == [
        ("", ("part.example",), "prefix", "/p", "p"),
        ("", hosts, "exact", "/health", ""),
        ("", hosts, "prefix", "/v1/admin/", "admin"),
        ("GET", hosts, "prefix", "/v1/", "users_backend"),
        ("HEAD", hosts, "prefix", "/v1/", "users_backend"),
        ("", hosts, "regex", "^/a/[0-9]{3}$", "g"),
        ("", hosts, "regex", "(?i)/img/", ""),
        ("", hosts, "prefix", "/opt/", "${upstream}"),
        ("", hosts, "prefix", "/lua", ""),
        ("", hosts, "prefix", "/group/one", ""),
        ("", ("all.example",), "prefix", "/", "unix"),
        ("", ("bare.example",), "prefix", "/", "b"),
    ]
    security = {one.path: one.security for one in found.declared}
    assert security["/health"] is None
    assert security["/v1/"] == ("basic",)
    assert security["/v1/admin/"] == ("basic+request",)
    assert security["/opt/"] == ("basic", "jwt", "none")
    assert {one.security for one in found.declared if one.hosts == ("all.example",)} == {("mutualTLS",)}
    assert {one.origin for one in found.declared} == {"gateway"}
    assert next(one.place for one in found.declared if one.path == "/v1/") == "line 7"
    assert problems(found) == [
        "nginx.conf:4: include conf.d/*.conf was not read (name that file as a source, too)",
        "nginx.conf:5: a server_name as a regular expression is not read",
        "nginx.conf:18: '+' is not a modifier of a location (=, ~, ~* or ^~)",
        "nginx.conf:19: a location has a path and at most one modifier",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server { location / { proxy_pass http://a }", 'x.conf:1: a ";" is missing before "}"'),
        ("server {\n listen 1;\n", "x.conf:1: nothing closes the \"{\" of 'server'"),
        ("server { } }", 'x.conf:1: a "}" that closes nothing'),
        ("listen 1; ;", 'x.conf:1: a ";" without a directive before it'),
        ("server { listen 1", 'the file ends before a ";"'),
        ('listen 1;\nserver { root "x; }', "x.conf:2: a quotation mark that nothing closes"),
        ("server { " * (MAX_NESTING + 1), f"nested deeper than {MAX_NESTING}"),
        ("server {\n location / { content_by_lua_block {\n { } ", "x.conf:2: a block of Lua without end"),
        ("listen 1;\ninclude broken.conf;", "x.conf:2: broken.conf, line 1: the file ends"),
        ("listen 1;\ninclude;", "x.conf:2: include  was not read"),
    ],
)
def test_nginx_that_is_wrong(text, message):
    assert any(message in text for text in problems(read("x.conf", text, {"broken.conf": b"server"})))


def test_what_stands_before_a_mistake_is_read():
    found = read("x.conf", "server { location /a { proxy_pass http://a; } location /b { proxy_pass http://b; }")
    assert [one.path for one in found.declared] == ["/a", "/b"]


def test_files_that_include_each_other_end():
    found = read(
        "x.conf",
        "server { location / { proxy_pass http://a; } }\ninclude x.conf;",
        {"x.conf": b"include x.conf; include x.conf;"},
    )
    assert 0 < len(found.problems) <= nginx_reader.MOST_INCLUDES * 2


def test_directives_are_bounded(monkeypatch):
    monkeypatch.setattr(nginx_reader, "MOST_DIRECTIVES", 3)
    assert "more than 3" in problems(read("x.conf", "listen 1;" * 5))[0]
    monkeypatch.setattr(nginx_reader, "MAX_NESTING", 1)
    assert "nested" in problems(read("x.conf", "server { a { } }"))[0]


@given(st.text(alphabet="{};\"'\\ \nab#$~location", max_size=200))
def test_any_text_is_directives_or_a_mistake_with_its_line(text):
    _, problem = directives(text)
    assert problem is None or 1 <= problem.line <= text.count("\n") + 1


ENVOY = """
static_resources:
  listeners:
  - filter_chains:
    - filters:
      - typed_config:
          route_config:
            virtual_hosts:
            - name: a
              domains: ["Api.example.org:443", "*.b.example"]
              routes:
              - match: {prefix: /v1/, headers: [{name: x}, {name: ":method", string_match: {exact: GET}}]}
                name: users
                route: {cluster: users}
              - match: {safe_regex: {regex: "/a/[0-9]+"}, headers: [{name: ":method", safe_regex_match: {regex: "^(GET|POST)$"}}]}
                route: {weighted_clusters: {clusters: [{name: a}, {name: b}]}}
              - match: {path_match_policy: {typed_config: {path_template: "/u/{id}/*/{rest=x/*}"}}}
                route: {cluster: u}
              - match: {path_match_policy: {typed_config: {path_template: "/f/{rest=**}"}}}
              - match: {path_match_policy: {typed_config: {path_template: "/g/**"}}}
              - match: {path: /old}
                direct_response: {status: 410}
              - match: {path: /ok, case_sensitive: false}
                direct_response: {status: 200}
              - match: {path_separated_prefix: /s}
              - match: {prefix: /pkg.Service/, grpc: {}}
              - match: {connect_matcher: {}}
              - match: {odd: 1}
            - domains: ["*"]
              routes: [{match: {path: /any}, route: {cluster: c}}, 5]
"""


def test_envoy():
    found = read("envoy.yaml", ENVOY)
    hosts = ("api.example.org", "*.b.example")
    assert found.kind == "envoy"
    assert routes(found) == [
        ("GET", hosts, "prefix", "/v1/", "users"),
        ("GET", hosts, "regex", "^(?:/a/[0-9]+)$", "a+b"),
        ("POST", hosts, "regex", "^(?:/a/[0-9]+)$", "a+b"),
        ("", hosts, "template", "/u/{id}/{segment3}/x/{rest}", "u"),
        ("", hosts, "prefix", "/f/", ""),
        ("", hosts, "prefix", "/g/", ""),
        ("", hosts, "regex", "(?i)^/ok$", ""),
        ("", hosts, "prefix", "/s", ""),
        ("POST", hosts, "prefix", "/pkg.Service/", ""),
        ("", hosts, "prefix", "/", ""),
        ("", (), "exact", "/any", "c"),
    ]
    assert [one.whole for one in found.declared].index(True) == 7
    assert found.declared[8].kind == "grpc"
    assert found.declared[0].operation_id == "users"
    assert [text.partition(" ")[0] for text in problems(found)] == ["envoy.yaml:28:24:", "envoy.yaml:30:68:"]


def test_envoy_as_json_and_alone():
    text = '{"name": "r", "virtualHosts": [{"domains": ["a.example"], "routes": [{"match": {"pathSeparatedPrefix": "/a"}, "route": {"cluster": "c"}}]}]}'
    found = read("routes.json", text)
    assert routes(found) == [("", ("a.example",), "prefix", "/a", "c")]
    assert found.declared[0].place == "/virtualHosts/0/routes/0"


KONG = r"""
_format_version: "3.0"
services:
- name: users
  url: http://users:80
  plugins: [{name: key-auth}, {name: cors}]
  routes:
  - {name: u, paths: [/users, "~/u/(?<id>\\d+)$"], methods: [get, POST], hosts: [api.example.org, "*.x.example"], plugins: [{name: jwt, config: {anonymous: x}}]}
- host: bare
  routes: [{name: g, protocols: [grpc]}]
routes:
- {name: r, paths: [/x], service: users}
- {name: r2, paths: [/y], service: {name: nope}}
- {expression: 'http.path == "/a"'}
plugins:
- {name: basic-auth, route: r}
- {name: mtls-auth, service: users, enabled: false}
- {name: rate-limiting}
"""


def test_kong():
    found = read("kong.yml", KONG)
    hosts = ("api.example.org", "*.x.example")
    assert (found.kind, found.format) == ("kong", "3.0")
    assert routes(found) == [
        ("GET", hosts, "prefix", "/users", "users"),
        ("POST", hosts, "prefix", "/users", "users"),
        ("GET", hosts, "regex", r"^/u/(?<id>\d+)$", "users"),
        ("POST", hosts, "regex", r"^/u/(?<id>\d+)$", "users"),
        ("", (), "prefix", "/", "bare"),
        ("", (), "prefix", "/x", "users"),
        ("", (), "prefix", "/y", "nope"),
    ]
    assert [one.security for one in found.declared][3:] == [("jwt", "apiKey", "none"), None, ("apiKey+basic",), None]
    assert found.declared[4].kind == "grpc"
    assert [text.partition(" (")[0] for text in problems(found)] == [
        "kong.yml:13:36: there is no service 'nope'",
        "kong.yml:14:16: a route with an expression is not read",
    ]


def test_kong_before_version_3_guesses_expressions():
    text = '_format_version: "1.1"\nservices: [{name: a, routes: [{paths: ["/a/\\\\d+", "/plain.v1"]}]}]\n'
    assert [(one.pattern, one.path) for one in read("kong.yml", text).declared] == [
        ("regex", "^/a/\\d+"),
        ("prefix", "/plain.v1"),
    ]


KUBERNETES = """# a comment
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, annotations: {nginx.ingress.kubernetes.io/auth-type: basic, nginx.ingress.kubernetes.io/auth-url: "http://a"}}
spec:
  defaultBackend: {service: {name: rest}}
  rules:
  - host: a.example.org
    http:
      paths:
      - {path: /v1, pathType: Prefix, backend: {service: {name: users}}}
      - {path: /h, pathType: Exact, backend: {service: {name: users}}}
---
apiVersion: v1
kind: List
items:
- apiVersion: extensions/v1beta1
  kind: Ingress
  metadata: {annotations: {nginx.ingress.kubernetes.io/use-regex: "true", nginx.ingress.kubernetes.io/auth-tls-secret: x}}
  spec: {rules: [{http: {paths: [{path: "/r/[a-z]+", backend: {serviceName: old}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec: {listeners: [{name: l, hostname: "*.gw.example"}, {name: any}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
spec:
  parentRefs: [{name: g, sectionName: l}]
  rules:
  - matches:
    - {path: {type: PathPrefix, value: /api}, method: GET}
    - {path: {type: Odd, value: /api}}
    - {path: {type: RegularExpression, value: "/x.*"}}
    backendRefs: [{name: api}, {name: canary}]
  - backendRefs: [{name: rest}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
spec: {parentRefs: [{name: g}], rules: [{matches: [{path: {type: Exact, value: /e}}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
spec:
  hostnames: [grpc.example]
  rules:
  - matches: [{method: {service: a.B, method: C}}, {method: {service: a.B}}, {method: {method: D}}, {}, {method: {type: RegularExpression, service: "a.*"}}]
    backendRefs: [{name: b}]
"""


def test_kubernetes():
    found = read("k8s.yaml", KUBERNETES)
    one, gateway, grpc = ("a.example.org",), ("*.gw.example",), ("grpc.example",)
    assert found.kind == "kubernetes"
    assert routes(found) == [
        ("", (), "prefix", "/", "rest"),
        ("", one, "prefix", "/v1", "users"),
        ("", one, "exact", "/h", "users"),
        ("", (), "regex", "(?i)^/r/[a-z]+", "old"),
        ("GET", gateway, "prefix", "/api", "api+canary"),
        ("", gateway, "regex", "/x.*", "api+canary"),
        ("", gateway, "prefix", "/", "rest"),
        ("", (), "exact", "/e", ""),
        ("POST", grpc, "exact", "/a.B/C", "b"),
        ("POST", grpc, "prefix", "/a.B/", "b"),
        ("POST", grpc, "template", "/{service}/D", "b"),
        ("POST", grpc, "prefix", "/", "b"),
        ("POST", grpc, "regex", "^/a.*/[^/]+$", "b"),
    ]
    assert [declared.security for declared in found.declared][:4] == [("basic+request",)] * 3 + [("mutualTLS",)]
    assert [declared.whole for declared in found.declared][:6] == [False, True, False, False, True, False]
    assert [declared.place for declared in found.declared][1:5] == ["line 11", "line 12", "line 20", "line 33"]
    assert problems(found) == ["k8s.yaml:34: how this route matches paths is not known"]


def field(number, value):
    """One field of a message: text and octets with their length, numbers as such."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    octets = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(octets)) + octets


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def descriptors(*methods, package="shop.v1", options=b""):
    service = field(1, "Users") + b"".join(field(2, method) for method in methods) + (field(3, options) if options else b"")
    return field(1, field(1, "shop/users.proto") + field(2, package) + field(6, service) + field(12, "proto3"))


def rule(number, path, *more):
    return field(72295728, field(number, path) + b"".join(field(11, one) for one in more))


def test_descriptor_sets():
    get = (
        field(1, "Get")
        + field(2, ".shop.v1.GetRequest")
        + field(
            4, rule(2, "/v1/{name=shelves/*/books/*}:read", field(4, "/v1/read"), field(8, field(1, "*") + field(2, "/any")))
        )
    )
    old = field(1, "Old") + field(4, field(33, 1) + rule(8, field(1, "head") + field(2, "/v1/{path=**}")))
    found = read("api.pb", descriptors(get, old, field(1, "Plain"), options=field(1049, "api.example.org")))
    assert (found.kind, found.problems) == ("protobuf", ())
    host = ("api.example.org",)
    assert routes(found) == [
        ("POST", host, "exact", "/shop.v1.Users/Get", "shop.v1.Users"),
        ("GET", host, "template", "/v1/shelves/{name}/books/{name2}:read", "shop.v1.Users"),
        ("POST", host, "template", "/v1/read", "shop.v1.Users"),
        ("", host, "template", "/any", "shop.v1.Users"),
        ("POST", host, "exact", "/shop.v1.Users/Old", "shop.v1.Users"),
        ("HEAD", host, "prefix", "/v1/", "shop.v1.Users"),
        ("POST", host, "exact", "/shop.v1.Users/Plain", "shop.v1.Users"),
    ]
    assert [one.deprecated for one in found.declared] == [False] * 4 + [True, True, False]
    assert found.declared[0].place == "shop/users.proto: shop.v1.Users.Get"
    assert routes(read("api.pb", descriptors(field(1, "A"), package="")))[0][3] == "/Users/A"


def test_descriptor_sets_that_are_wrong():
    octets = descriptors(field(1, "Get"))
    assert "not a descriptor set" in problems(read("api.pb", octets + b"\x0a\x7f"))[0]
    assert len(read("api.pb", octets + b"\x0a\x7f").declared) == 1
    assert "not UTF-8" in problems(read("api.pb", descriptors(field(1, b"\xff"))))[0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/{id}", ("template", "/v1/{id}")),
        ("/v1/*/x", ("template", "/v1/{segment2}/x")),
        ("/v1/{broken", ("template", "/v1/{broken")),
        ("/v1/**", ("prefix", "/v1/")),
    ],
)
def test_paths_of_http_rules(path, expected):
    assert transcoded(path) == expected


@given(st.binary(max_size=80))
def test_any_descriptor_set_is_read_or_explained(rest):
    found = read("x.pb", descriptors(field(1, "Get")) + rest)
    assert found.declared or found.problems
