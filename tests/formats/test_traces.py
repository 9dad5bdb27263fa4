"""Stack traces and their like are recognised; what APIs honestly say is not."""

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.traces import SCANNED, found


def python_traceback() -> str:
    try:
        return str({}["missing"])
    except KeyError:
        return traceback.format_exc()


TRACES = {
    "java-caused": "Caused by: java.lang.IllegalStateException: closed\n\t... 42 more",
    "java-unknown": "\tat com.acme.Main.main(Unknown Source)",
    "groovy": "\tat Script1.run(Script1.groovy:1)",
    "dotnet-without-source": "   at Shop.Data.Repository`1.First(Expression`1 e)\n",
    "php-plain": "Notice: Undefined index: id in /home/shop/order.php on line 12",
    "php-vendor": "#0 /app/vendor/symfony/http-kernel/Kernel.php:127",
    "go-frames": "/srv/app/handlers/order.go:31 (0x7a3b12)\n",
    "perl": "Can't locate object method at /srv/app/lib/Shop.pm line 12.\n",
    "elixir": "    (shop 0.1.0) lib/shop/order.ex:12: Shop.Order.find/1",
    "erlang": '[{shop,find,1,[{file,"src/shop.erl"},{line,12}]}]',
    "dart": "#1      main (file:///srv/app/bin/server.dart:5:12)",
    "lua": "main.lua:3: attempt to index a nil value (local 'x')",
    "julia": " [1] getindex\n   @ Base ./essentials.jl:13",
    "haskell": "CallStack (from HasCallStack):\n  error, called at x.hs:3:5",
    "asp": "Microsoft VBScript runtime error '800a000d'",
    "aspnetcore": "<h1>An unhandled exception occurred while processing the request.</h1>",
    "prisma": "Invalid `prisma.order.findUnique()` invocation in",
    "postgresql-relation": 'ERROR: relation "orders" does not exist',
    "sql-server-odbc": "[Microsoft][ODBC Driver 17 for SQL Server][SQL Server]Invalid column name",
    "db2": "DB2 SQL Error: SQLCODE=-104, SQLSTATE=42601",
    "mongodb": "MongoServerError: E11000 duplicate key error",
    "python": python_traceback(),
    "python-lines": '"  File \\"/srv/a.py\\", line 3, in run\\n"',
    "django": "<p>You're seeing this error because you have <code>DEBUG = True</code> in your Django settings file.",
    "werkzeug": "<title>KeyError // Werkzeug Debugger</title>",
    "java": "java.lang.NullPointerException\n\tat com.shop.Orders.find(Orders.java:42)\n\tat java.base/java.lang.Thread.run(Thread.java:833)",
    "java-lambda": "at com.shop.Orders$1.lambda$find$0(Orders.java:7)",
    "java-native": "\tat sun.reflect.NativeMethodAccessorImpl.invoke0(Native Method)",
    "java-thread": 'Exception in thread "main" java.lang.IllegalStateException: closed',
    "kotlin": "at com.shop.OrdersKt.main(Orders.kt:12)",
    "scala": "at shop.Orders$.find(Orders.scala:9)",
    "dotnet": "   at Shop.Orders.Find(Int32 id) in C:\\src\\Orders.cs:line 12",
    "dotnet-system": "   at System.Collections.Generic.Dictionary`2.get_Item(TKey key)",
    "aspnet": "<h1>Server Error in '/' Application.</h1>",
    "aspnet-title": "<title>Runtime Error</title>",
    "node": "TypeError: x is undefined\n    at find (/srv/app/orders.js:10:15)\n",
    "node-anonymous": "    at /srv/app/dist/main.mjs:1:200",
    "typescript": "    at Orders.find (src/orders.ts:10:15)",
    "node-internal": "at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "php": "<b>Fatal error</b>:  Uncaught Error in <b>/var/www/a.php</b> on line <b>3</b>",
    "php-warning": "Warning: Undefined variable in <b>/var/www/a.php</b> on line <b>3</b>",
    "php-cli": "PHP Fatal error:  Uncaught Error: Call to undefined function",
    "php-trace": "#0 /var/www/index.php(12): find()\n#1 {main}",
    "laravel": '{"exception": "Illuminate\\\\Database\\\\QueryException"}',
    "go": "goroutine 17 [running]:\nmain.find(0x0)\n",
    "go-panic": "panic: runtime error: index out of range [1] with length 0",
    "ruby": "app/models/order.rb:12:in `find'",
    "ruby-34": "app/models/order.rb:12:in 'Order.find'",
    "rails": "<title>Action Controller: Exception caught</title>",
    "rust": "thread 'main' panicked at src/main.rs:4:10:\nindex out of bounds",
    "pdo": "SQLSTATE[42000]: Syntax error or access violation",
    "mysql": "You have an error in your SQL syntax; check the manual",
    "postgresql": 'ERROR:  syntax error at or near "SELEC"',
    "psycopg": "psycopg2.errors.UndefinedTable: relation does not exist",
    "pg-ruby": "PG::UndefinedTable: ERROR:  relation",
    "sqlite": "sqlite3.OperationalError: no such column: x",
    "sqlite-node": "SQLITE_ERROR: no such table: users",
    "sql-server": "Unclosed quotation mark after the character string ''.",
    "sql-client": "System.Data.SqlClient.SqlException (0x80131904)",
    "oledb": "Microsoft OLE DB Provider for SQL Server error '80040e14'",
    "oracle": "ORA-00933: SQL command not properly ended",
    "hibernate": "org.hibernate.exception.SQLGrammarException: could not extract ResultSet",
    "sequelize": '{"name": "SequelizeDatabaseError"}',
}
HONEST = [
    "",
    "{}",
    '{"error": "no such order"}',
    '{"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "limit must be at most 100"}',
    '{"errors": [{"loc": ["body", "items", 0, "price"], "msg": "field required", "type": "value_error.missing"}]}',
    "The line at the end in: the goroutine of panic was a fatal error, and ORA- is no code.",
    "See https://api.example/docs/errors.php?id=3 and main.js: 10 kB, order.rb: missing, Main.java: compiled",
    '{"file": "orders.js:10:15"}',
    '{"message": "upload a .ts:10 file"}',
    "Traceback: the parcel went back",
    "at 10:15:20 the server restarted, see main.py line 3",
    "Server Error in 'application' settings",
]


@pytest.mark.parametrize("name", TRACES)
def test_traces(name: str) -> None:
    plain = found(TRACES[name].encode())
    assert plain
    assert found(b"<html><pre>" + TRACES[name].encode() + b"</pre></html>") == plain


@pytest.mark.parametrize("name", sorted(set(TRACES) - {"python-lines", "laravel", "sequelize"}))
def test_traces_within_json(name: str) -> None:
    assert found(json.dumps({"error": TRACES[name]}).encode())


@pytest.mark.parametrize("body", HONEST)
def test_honest_errors(body: str) -> None:
    assert found(body.encode()) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text("aeiou st.:/()#"),
        lambda values: st.lists(values) | st.dictionaries(st.text("abc"), values),
    )
)
def test_documents_of_few_letters(value: object) -> None:
    assert found(json.dumps(value, indent=1).encode()) is None


@given(st.binary(max_size=300))
def test_any_octets_are_read(body: bytes) -> None:
    what = found(body)
    assert what is None or what.startswith(("a ", "an "))


def test_only_the_start_is_searched() -> None:
    assert found(b"a" * SCANNED + TRACES["python"].encode()) is None
    assert found(b"a" * 60_000 + TRACES["python"].encode()) == "a Python traceback"


def test_words_too_far_from_their_place() -> None:
    assert found(b"at " + b"x" * 400 + b".js:1:1") is None
    assert found(b"at \n.js:1:1") is None
    assert found(b"x.js:1:1 " * 40 + b"\nat x.js:1:1") is None  # a list of places, and no trace among the first
