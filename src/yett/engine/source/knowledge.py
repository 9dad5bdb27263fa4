"""What functions of Python and of its libraries do to a caller's value: which pass it on, which leave nothing of it. Facts of their
documentation. It must not know how expressions are read."""

from yett.rules.sourcing.words import parts, words

PASSING = words(
    "str repr ascii format bytes bytearray list tuple set frozenset dict sorted reversed map filter next iter enumerate zip "
    "min max getattr memoryview unicode sum json.loads json.dumps simplejson.loads simplejson.dumps ujson.loads "
    "ujson.dumps orjson.loads orjson.dumps flask.json.loads flask.json.dumps msgspec.json.decode rapidjson.loads "
    "base64.b64decode base64.b64encode base64.urlsafe_b64decode base64.urlsafe_b64encode base64.decodebytes "
    "base64.b32decode binascii.unhexlify binascii.a2b_base64 bytes.fromhex codecs.decode codecs.encode zlib.decompress "
    "gzip.decompress urllib.parse.unquote urllib.parse.unquote_plus urllib.parse.unquote_to_bytes urllib.parse.urljoin "
    "urllib.parse.urlunparse urllib.parse.urlparse urllib.parse.urlsplit "
    "urlparse.urlparse urlparse.urlsplit yarl.URL httpx.URL rfc3986.urlparse urllib3.util.parse_url urllib.parse.parse_qs "
    "urllib.parse.parse_qsl urllib.unquote urlparse.urljoin os.path.join "
    "os.path.normpath os.path.abspath os.path.realpath os.path.expanduser os.path.expandvars "
    "os.path.dirname os.path.commonpath os.path.relpath "
    "os.path.splitext os.path.split os.fspath os.fsencode os.fsdecode posixpath.join posixpath.normpath pathlib.Path "
    "pathlib.PurePath pathlib.PosixPath pathlib.PurePosixPath copy.copy copy.deepcopy typing.cast "
    "io.StringIO io.BytesIO StringIO.StringIO textwrap.dedent textwrap.wrap html.unescape string.Template sqlalchemy.text "
    "sqlalchemy.sql.text sqlalchemy.sql.expression.text sqlalchemy.literal_column markupsafe.Markup flask.Markup "
    "itertools.chain functools.partial collections.OrderedDict collections.defaultdict collections.ChainMap "
    "types.SimpleNamespace re.sub shlex.split shlex.join yaml.safe_load xmltodict.parse "
    "ast.literal_eval django.utils.encoding.force_str django.utils.encoding.smart_str django.utils.encoding.force_text "
    "django.utils.safestring.mark_safe django.utils.http.urlsafe_base64_decode "
    "fastapi.encoders.jsonable_encoder werkzeug.urls.url_unquote "
    "psycopg2.sql.SQL psycopg.sql.SQL tornado.escape.json_decode tornado.escape.url_unescape tornado.escape.native_str "
    "tornado.escape.to_unicode tornado.escape.utf8 future.utils.native"
)
"""Functions whose result holds what their arguments hold."""

CLEANING: dict[str, frozenset[str]] = {
    name: frozenset(classes.split())
    for names, classes in (
        (
            "int float bool complex len round abs hash id ord bin hex oct isinstance issubclass callable type any all range divmod "
            "uuid.UUID decimal.Decimal fractions.Fraction datetime.datetime datetime.date datetime.datetime.fromisoformat "
            "datetime.datetime.strptime datetime.date.fromisoformat time.strptime dateutil.parser.parse ipaddress.ip_address "
            "ipaddress.ip_network ipaddress.IPv4Address ipaddress.IPv6Address ipaddress.ip_interface bson.ObjectId "
            "bson.objectid.ObjectId hashlib.sha256 hashlib.sha512 hashlib.sha1 hashlib.md5 hashlib.blake2b hashlib.new hmac.new "
            "django.utils.dateparse.parse_date django.utils.dateparse.parse_datetime secrets.compare_digest "
            "hmac.compare_digest werkzeug.security.generate_password_hash werkzeug.security.check_password_hash "
            "os.path.exists os.path.isfile os.path.isdir os.path.getsize bcrypt.hashpw",
            "*",
        ),
        ("shlex.quote pipes.quote subprocess.list2cmdline", "command-injection"),
        (
            "html.escape cgi.escape markupsafe.escape flask.escape django.utils.html.escape xml.sax.saxutils.escape "
            "xml.sax.saxutils.quoteattr bleach.clean",
            "cross-site-scripting template-injection xpath-injection",
        ),
        ("os.path.basename ntpath.basename posixpath.basename", "path-traversal"),
        (
            "werkzeug.utils.secure_filename werkzeug.secure_filename django.utils.text.get_valid_filename "
            "django.utils.text.slugify slugify.slugify",
            "path-traversal command-injection header-injection sql-injection open-redirect ssrf log-injection",
        ),
        ("werkzeug.utils.safe_join werkzeug.security.safe_join flask.safe_join flask.helpers.safe_join", "path-traversal"),
        ("django.utils._os.safe_join", "path-traversal"),
        (
            "urllib.parse.quote urllib.parse.quote_plus urllib.parse.urlencode urllib.quote urllib.urlencode "
            "django.utils.http.urlquote werkzeug.urls.url_quote tornado.escape.url_escape yarl.quote",
            "ssrf open-redirect header-injection log-injection cross-site-scripting command-injection path-traversal",
        ),
        ("ldap.filter.escape_filter_chars ldap3.utils.conv.escape_filter_chars ldap.dn.escape_dn_chars", "ldap-injection"),
        ("ldap3.utils.dn.escape_rdn", "ldap-injection"),
        ("re.escape", "sql-injection nosql-injection regex-denial-of-service"),
        (
            "psycopg2.extensions.quote_ident psycopg2.sql.Identifier psycopg2.sql.Literal psycopg.sql.Identifier",
            "sql-injection",
        ),
        ("psycopg.sql.Literal pymysql.converters.escape_string MySQLdb.escape_string sqlalchemy.bindparam", "sql-injection"),
        ("str repr json.dumps bytes", "nosql-injection mass-assignment"),
        ("repr json.dumps ascii", "log-injection header-injection"),
        ("os.path.realpath os.path.abspath os.path.normpath posixpath.normpath", "normalised"),
        ("fnmatch.translate io.StringIO io.BytesIO StringIO.StringIO", "path-traversal ssrf open-redirect"),
    )
    for name in names.split()
}
"""What functions leave nothing of: names of classes, "*" for all. "normalised" for paths without dot segments."""

_both = {
    "repr": "nosql-injection mass-assignment log-injection header-injection",
    "json.dumps": "nosql-injection mass-assignment log-injection header-injection",
}
CLEANING.update({name: frozenset(classes.split()) for name, classes in _both.items()})

METHODS_CLEAN = words(
    "isdigit isdecimal isalnum isalpha isidentifier isnumeric isspace startswith endswith islower isupper istitle count "
    "find index rfind rindex exists is_file is_dir stat is_relative_to match fullmatch search bit_length total_seconds "
    "timestamp date year hexdigest digest __len__ is_absolute isascii is_valid has_key is_dir"
)
"""Methods of a caller's value that give nothing of it."""

METHOD_CLEANING = {
    "resolve": frozenset({"normalised"}),
    "relative_to": frozenset({"path-traversal"}),
    "name": frozenset({"path-traversal"}),
    "isoformat": frozenset({"*"}),
    "json": frozenset[str](),
    "encode": frozenset[str](),
}
"""What methods and members of a caller's value leave nothing of."""

SAFE_TYPES = words(
    "int float bool complex uuid.UUID uuid.UUID4 datetime.datetime datetime.date datetime.time datetime.timedelta "
    "decimal.Decimal ipaddress.IPv4Address ipaddress.IPv6Address pydantic.UUID4 pydantic.UUID1 pydantic.UUID5 "
    "pydantic.PositiveInt pydantic.NonNegativeInt pydantic.conint pydantic.confloat pydantic.PositiveFloat "
    "pydantic.StrictInt pydantic.StrictBool pydantic.types.UUID4 pydantic.types.PositiveInt pydantic.NegativeInt "
    "pydantic.condecimal pydantic.FutureDate pydantic.PastDate pydantic.AwareDatetime pydantic.IPvAnyAddress typing.Literal "
    "typing_extensions.Literal None bson.ObjectId date datetime pydantic_extra_types.color.Color pydantic.StrictFloat "
    "pendulum.DateTime pydantic.types.PositiveFloat ObjectId"
)
"""Annotations of which no value does harm as text."""

ENUMS = words("enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag django.db.models.TextChoices")

MODELS = words(
    "pydantic.BaseModel pydantic.v1.BaseModel sqlmodel.SQLModel pydantic.main.BaseModel pydantic_settings.BaseSettings "
    "msgspec.Struct ninja.Schema ninja.ModelSchema pydantic.RootModel"
)
"""Bases of classes whose fields are declared, and checked when a body becomes one."""

CONSTRAINED = frozenset(["pattern", "regex"])
"""Keywords with which a field says of which form its text is."""

PREDICATES = words("safe allowed valid validate permitted whitelisted allowlisted sanitize sanitise ensure check verify")
"""Words in names of functions that hold a value against what is allowed."""

ESCAPING = words("escape escaped quote quoted sanitize sanitise sanitized clean")
"""Words in names of functions whose result is believed to be harmless."""

GUARDED = words(
    "path-traversal ssrf open-redirect command-injection header-injection sql-injection ldap-injection xpath-injection "
    "template-injection code-injection log-injection nosql-injection"
)
"""Classes that a function of such a name is believed to care for."""

MUTATORS = words("append extend add insert update setdefault appendleft write writelines push put")
"""Methods after which an object holds what it was given."""

HANDING_ON = {
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "starlette.concurrency.run_in_threadpool": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
    "functools.partial": 0,
    "asgiref.sync.sync_to_async()": 0,
}
"""Functions that call, or will call, the function at that position with what follows it."""

ENDING = words(
    "flask.abort werkzeug.exceptions.abort sys.exit exit quit os._exit aiohttp.web.abort bottle.abort quart.abort "
    "flask_restful.abort"
)
"""Functions that do not return."""


def own_words(callee: str) -> frozenset[str]:
    """The words of a function's own name."""
    return parts(callee.rpartition(":")[2].rpartition(".")[2].lstrip("?@"))
