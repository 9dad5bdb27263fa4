"""Pieces of Python that reproducers are put together of: each needs nothing but Python's own library.

A piece is taken where a script uses its name. It must not know claims.
"""

from yett.formats.forging import published_numbers

_N, _D = published_numbers()

BEGIN = '''
TARGET = os.environ.get("YETT_TARGET", {origin!r})
KNOWN = {{}}  # names that are new in every run, secrets of the environment, and what answers gave


class Unrepeatable(Exception):
    """What the proof rests on could not be made here: nothing is said of the hole."""


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def fill(text):
    for name, value in KNOWN.items():
        text = text.replace("{{{{" + name + "}}}}", value)
    return text


def send(method, target, fields, body=None):
    data = fill(body).encode("utf-8", "surrogateescape") if body is not None else None
    request = urllib.request.Request(TARGET + fill(target), data=data, method=method)
    for name, value in fields:
        request.add_header(name, fill(value))
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()
'''

PIECES: dict[str, tuple[tuple[str, ...], str]] = {
    "take": (
        (),
        '''
def take(name, pointer, headers, answer):
    """Keep a value of an answer, by JSON pointer, in which "[text]" is the item that holds that text; the last segment of
    Location for an empty one, what is set for "cookie NAME". Whether it is there."""
    value = (headers.get("Location") or "").rstrip("/").rpartition("/")[2]
    if pointer.startswith("cookie "):
        pairs = [line.partition(";")[0].strip().partition("=") for line in headers.get_all("Set-Cookie") or []]
        value = next((held for key, _, held in pairs if key == pointer[7:]), "")
    elif pointer:
        try:
            value = json.loads(answer)
            for part in pointer.split("/")[1:]:
                key = part.replace("~1", "/").replace("~0", "~")
                if key.startswith("[") and isinstance(value, list):
                    value = next(one for one in value if fill(key[1:-1]) in json.dumps(one))
                else:
                    value = value[int(key)] if isinstance(value, list) else value[key]
        except (ValueError, LookupError, TypeError, StopIteration):
            return False
    KNOWN[name] = str(value)
    return bool(value) or value == 0
''',
    ),
    "basic": (
        ("base64",),
        '''
def basic(pair):
    """Name and password as a field (RFC 7617)."""
    return "Basic " + base64.b64encode(fill(pair).encode()).decode()
''',
    ),
    "shown": (
        (),
        '''
def shown(answer, name, value):
    """Whether a value stands in an answer under that name, anywhere."""
    try:
        rest = [("", json.loads(answer or b"null"))]
    except ValueError:
        return False
    while rest:
        key, one = rest.pop()
        if isinstance(one, dict):
            rest += one.items()
        elif isinstance(one, list):
            rest += [(key, part) for part in one]
        elif key == name and str(one) == fill(value):
            return True
    return False
''',
    ),
    "faces": (
        ("re",),
        '''
def faces(*call):
    """An answer without what was sent, times, hashes and ids; and how many of what it holds."""
    status, _, answer = send(*call)
    text = answer.decode("utf-8", "replace")
    said = re.split("[/?&=\\"{}:,]", urllib.parse.unquote_plus(fill(call[1])))
    said += re.split('["{},]', fill(call[3] if call[3:] else ""))
    for part in sorted(said, key=len, reverse=True):
        if len(part) > 7 or (len(part) > 2 and not part.isalnum()):
            text = text.replace(part, "").replace(json.dumps(part)[1:-1], "")
    try:
        tree = json.loads(answer)
    except ValueError:
        tree = None
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    many = (type(tree).__name__, len(inner), sorted(len(one) for one in inner if isinstance(one, (list, dict))))
    return (status, re.sub("[0-9a-fA-F:.TZ+-]{8,}", "#", text)), (status, many, bool(answer))


def apart(one, other):
    """Whether two calls are answered differently, and each twice in the same way."""
    first, second, third, fourth = faces(*one), faces(*other), faces(*one), faces(*other)
    return any(first[by] == third[by] != second[by] == fourth[by] for by in (0, 1))
''',
    ),
    "shortest": (
        ("time",),
        '''
def shortest(times, *call):
    """Seconds that a call takes at least."""
    taken = []
    for _ in range(times):
        began = time.monotonic()
        send(*call)
        taken.append(time.monotonic() - began)
    return min(taken)
''',
    ),
    "listen": (
        ("http.server", "threading", "time"),
        '''
class Listener(http.server.BaseHTTPRequestHandler):
    heard = []

    def do_GET(self):
        self.heard.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


def listen():
    """Open the listener at YETT_LISTEN, "host:port" under which the target reaches this machine (default: 127.0.0.1, any port)."""
    host, _, port = os.environ.get("YETT_LISTEN", "127.0.0.1:0").rpartition(":")
    server = http.server.ThreadingHTTPServer((host if host.startswith("127.") else "", int(port)), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = secrets.token_hex(8)
    KNOWN["listener_host"], KNOWN["listener_port"], KNOWN["listener_path"] = host, str(server.server_port), "/" + name
    KNOWN["listener"] = f"{host}:{server.server_port}/{name}"
    KNOWN["listener_quoted"] = urllib.parse.quote(KNOWN["listener"], safe="")
    KNOWN["listener_name"] = name
    return name


def called(name, seconds=3.0):
    """Whether the listener was called under that name by now, or is soon."""
    until = time.monotonic() + seconds
    while not any(name in path for path in Listener.heard) and time.monotonic() < until:
        time.sleep(0.05)
    return any(name in path for path in Listener.heard)
''',
    ),
    "longest": (
        (),
        '''
def longest(answer):
    """Items of the longest list in an answer."""
    try:
        rest, most = [json.loads(answer)], 0
    except ValueError:
        return 0
    while rest:
        one = rest.pop()
        if isinstance(one, list):
            most = max(most, len(one))
        elif isinstance(one, dict):
            rest += one.values()
    return most
''',
    ),
    "limited": (
        (),
        '''
def limited(status, headers):
    """Whether an answer refuses for now, or speaks of a limit."""
    spoken = ("ratelimit", "x-ratelimit", "x-rate-limit", "retry-after")
    return status in (429, 503) or any(name.lower().startswith(spoken) for name in headers)
''',
    ),
    "together": (
        ("concurrent.futures", "threading"),
        '''
def together(times, *call):
    """What as many calls at the same moment are answered."""
    ready = threading.Barrier(times)

    def one(_):
        ready.wait(30)
        return send(*call)

    with concurrent.futures.ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
''',
    ),
    "number": (
        (),
        '''
def number(answer, name):
    """The first number under that name in an answer; None where there is none."""
    try:
        rest = [("", json.loads(answer))]
    except ValueError:
        return None
    while rest:
        key, one = rest.pop(0)
        if isinstance(one, dict):
            rest += one.items()
        elif isinstance(one, list):
            rest += [(key, part) for part in one]
        elif key == name and isinstance(one, (int, float)) and not isinstance(one, bool):
            return one
    return None
''',
    ),
    "raw": (
        ("socket", "ssl"),
        '''
def raw(octets):
    """The status that octets are answered with, as they are; 0 where there is none."""
    parts = urllib.parse.urlsplit(TARGET)
    secure = parts.scheme == "https"
    connection = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), timeout=10)
    if secure:
        connection = ssl._create_unverified_context().wrap_socket(connection, server_hostname=parts.hostname)
    with connection:
        connection.sendall(octets.replace("{host}", parts.netloc).encode("latin-1"))
        try:
            first = connection.makefile("rb").readline(65_536).split(b" ")
        except OSError:
            return 0
    return int(first[1]) if len(first) > 1 and first[1].isdigit() else 0
''',
    ),
    "handshake": (
        ("socket", "ssl", "warnings"),
        '''
def handshake(version):
    """Whether the target speaks that version of TLS; "" asks whether its certificate can be verified."""
    parts = urllib.parse.urlsplit(TARGET)
    context = ssl.create_default_context()
    if version:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        versions = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that they are old is the point
            context.minimum_version = context.maximum_version = versions[version]
    try:
        with socket.create_connection((parts.hostname, parts.port or 443), timeout=10) as connection:
            context.wrap_socket(connection, server_hostname=parts.hostname).close()
        return True
    except (ssl.SSLError, OSError):
        return False
''',
    ),
    "expires": (
        ("base64", "time"),
        '''
def expires(method, target, fields, body=None):
    """When the token that a call carries expires, in seconds since the epoch."""
    text = next(part for _, value in fields for part in value.replace("=", " ").split() if part.count(".") == 2)
    middle = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["exp"]
''',
    ),
    "forge": (
        ("base64", "hashlib", "hmac", "sys"),
        f'''
def token_in(text):
    """The JSON Web Token in a credential."""
    for end in " ;=,":
        text = text.replace(end, "\\n")
    return next(part for part in text.split("\\n") if part.count(".") == 2)


def rsa(octets):
    """A signature of a key that is no secret: everybody has it."""
    n = {_N:#x}
    d = {_D:#x}
    size = (n.bit_length() + 7) // 8
    content = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(octets).digest()
    block = b"\\x00\\x01" + b"\\xff" * (size - len(content) - 3) + b"\\x00" + content
    return pow(int.from_bytes(block, "big"), d, n).to_bytes(size, "big")


def forge(name, text, header, claims, how, key=b""):
    """Keep a token with that header and those claims, made of another one."""

    def octets(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    def written(content):
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    _, middle, last = text.split(".")
    changed = json.dumps(json.loads(octets(middle)) | claims, separators=(",", ":"))
    head = fill(json.dumps(header, separators=(",", ":"))).encode()
    content = written(head) + "." + (written(changed.encode()) if claims else middle)
    if how in ("kept", "turned") and not claims:
        content = text.rpartition(".")[0]
    if how == "kept":
        signature = last
    elif how == "turned":
        signature = written(bytes(one ^ 255 for one in octets(last)) or bytes(32))
    elif how == "hmac":
        hashed = {{"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}}[header["alg"]]
        signature = written(hmac.new(key, content.encode(), hashed).digest())
    else:
        signature = written(rsa(content.encode())) if how == "rsa" else ""
    KNOWN[name] = f"{{content}}.{{signature}}"
    if "--forged" in sys.argv:
        print(KNOWN[name])
''',
    ),
}
"""Name of a function, to the modules that its piece imports and the piece itself."""


def pieces(script: str) -> tuple[list[str], str]:
    """Names of the modules, and the text, of all pieces whose functions a script calls."""
    modules = {"json", "os", "secrets", "urllib.error", "urllib.parse", "urllib.request"}
    used: list[str] = []
    calls = {"faces": "apart(", "listen": "listen()", "forge": "forge("}
    for name, (needs, text) in PIECES.items():
        if f"{calls.get(name, name + '(')}" in script:
            modules.update(needs)
            used.append(text)
    return sorted(modules), "\n".join(used)
