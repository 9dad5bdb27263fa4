"""NoSQL operators: a condition of a document database where a plain value belongs.

`{"password": {"$ne": null}}` or `password[$ne]=` turns an equality into "anything but", `$where` and `$function` run JavaScript in
the database, `$regex` reads secrets letter by letter. It works wherever parsed input is handed to a query as it is.

The rule looks for names that are operators of MongoDB and its like, as members of JSON and in brackets of parameter names, and
for values that break out of JavaScript conditions.

To fix: demand strings and numbers (a contract does), or cast values before they go into a query. An API that offers such
queries by design deserves an exception for its place.

What it does not protect against: operators under other names of the application, injections into query languages of other stores.
"""

from yett.formats.inspected import Origin
from yett.model.rule import AttackRule, Payload, Severity
from yett.rules.inspection.quoting import breaks_out
from yett.rules.inspection.signature import NAMES, PARAMETERS, TEXTS, Found, Signature

RULE = AttackRule(
    id="nosql-operators",
    title="NoSQL operators",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(943, 89),
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/ WSTG-INPV-05.6",
        "https://www.mongodb.com/docs/manual/reference/operator/query/",
    ),
    matches=(
        Payload('{"user": "admin", "password": {"$ne": null}}', "body"),
        Payload("user[$ne]=x&password[$regex]=^a", "query"),
        Payload('{"$where": "sleep(5000)"}', "body"),
        Payload("' || 'a'=='a"),
        Payload("'; return true; var x='"),
        Payload('{"$gt": ""}', "query filter"),
        Payload("$where=1", "query"),
        Payload("this.password.match(/^a/)", "form q"),
        Payload("user[$nin][]=admin&pass[$ne]=x", "body /filter"),
        Payload("db.adminCommand({listDatabases: 1})", "query q"),
        Payload('{"$bitsAllSet": 1}', "query filter"),
        Payload("a');return(true);//", "query user"),
        Payload("' RETURN count(*) as x UNION MATCH (n) RETURN n//", "query name"),
    ),
    passes=(
        Payload('{"price": "$10", "name": "$ne of a kind"}', "body"),
        Payload('{"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/x"}', "body"),
        Payload("filter[status]=open&page[size]=10", "query"),
        Payload("use $gt or $lt in the shell"),
        Payload("$top=10&$filter=price gt 5", "query", "OData"),
        Payload("'RETURN TO SENDER' // the parcel", "body /note"),
        Payload("MATCH (n) RETURN n", "body /query", "a query of one's own"),
        Payload("the 'old' and the new return (as before)", "body /note"),
        Payload("db.session.add(user)", "body /code"),
    ),
)

OPERATORS = (
    rb"\$(?:n?eq?|gte?|lte?|n?in|not|n?or|and|exists|regex|where|expr|jsonSchema|mod|all|elemMatch|size"
    rb"|type|text|function|accumulator"
    rb"|lookup|unionWith|out|merge|geoWithin|near|slice|func|like|startsWith|endsWith|contains|between"
    rb"|iLike|regexp|any|group|sum|bits(?:All|Any)(?:Set|Clear)|geoIntersects|nearSphere|sampleRate|natural|graphLookup|facet"
    rb"|inc|push|pull(?:All)?|rename|addToSet|setOnInsert|currentDate|collStats|indexStats|currentOp)"
)

_CLAUSE = rb"\b(?:(?:RETURN|YIELD)\s+[\w(][^\n]*//|MATCH\s*\(\w{0,20}[:)]|LOAD\s+CSV\b|DETACH\s+DELETE\b|CALL\s+\w{1,20}\.\w)"
"""Clauses of Cypher."""


def _is_clause(found: Found) -> bool:
    """What follows is taken care of: by a comment, or by a second clause."""
    piece = found.text[found.start :].upper()
    return breaks_out(found.text, found.start) and (b"//" in piece or b"RETURN" in piece or b"DELETE" in piece)


SIGNATURES = (
    Signature(
        id="member",
        pattern=rb"^(?:\w{1,64}[.\[])?" + OPERATORS + rb"\]?$",
        reason="an operator as the name of a member or parameter",
        where=NAMES - {Origin.COOKIE_NAME},
        confirm=lambda found: found.start == 0 and found.end == len(found.text),
    ),
    Signature(
        id="bracket",
        pattern=rb"\[\s*['\"]?\s*" + OPERATORS + rb"\s*['\"]?\s*\]",
        reason="an operator in the brackets of a name",
        where=NAMES,
    ),
    Signature(
        id="object",
        pattern=rb"\{\s*['\"]?\s*" + OPERATORS + rb"\s*['\"]?\s*:\s*(?:['\"\[{/\-\d]|null|true|false|new|function|db|undefined)"
        rb"|(?:^\s*|[&?])[\w.]{1,40}(?:\[\w{0,12}\]){0,2}\[\$\w{2,12}\](?:\[\w{0,12}\]){0,2}\s*=|['\"]\s*,\s*\$(?:or|and|nor|where|ne|gt|lt|regex|in"
        rb"|nin)\b\s*['\"]?\s*:\s*[\[{'\"\d/]",
        reason="a condition of a document database",
        where=TEXTS - {Origin.TEXT},
        confirm=lambda found: found.start <= 200 and len(found.text) <= 2_000,
    ),
    Signature(
        id="javascript",
        pattern=rb"['\"][\s)};]*(?:\|\||&&)\s*(?:this\.|['\"]?\w*['\"]?\s*={2,3}|[01]\s*==|true\b|!)"
        rb"|['\"][\s)}]*;\s*return\b.{0,60}(?:;\s*(?:var|//|\})|['\"]|$)"
        rb"|['\"]?\s*\|\|\s*['\"]?\w*['\"]?\s*={2,3}\s*['\"]?\w|['\"]\s*[;,}]\s*(?:while\s*\(\s*(?:true|1)"
        rb"|sleep\s*\(\s*\d|db\.\w+\.)",
        reason="a value that breaks out of a JavaScript condition",
        confirm=lambda found: found.start <= 60 and len(found.text) <= 300 and breaks_out(found.text, found.start),
    ),
    Signature(
        id="function",
        pattern=rb"\bthis\.\w{1,40}\.match\s*\(\s*/|\bdb\.(?:getCollectionNames|injection|(?:getSiblingDB|getCollection|runCommand|adminCommand|createUser"
        rb"|dropDatabase|dropUser|dropAllUsers|grantRolesToUser|changeUserPassword|shutdownServer|copyDatabase|fsyncLock)\s*\("
        rb"|\w{1,40}\.(?:insert\w{0,4}|find\w{0,20}|remove|drop|update\w*|delete\w{1,4}|aggregate|mapReduce|bulkWrite)\s*\()|\bdb\[|\$where\s*['\"]?\s*[:=]|^\s*(?:\|\||&&)\s*\w+\s*=="
        rb"|\bnew\s+Date\(\)\s*;\s*do\s*\{|^\s*[\w'\"]{0,12}\s*[,}]?\s*\$where\s*:|['\"]\s*;\s*(?:sleep|while"
        rb"|do|var|it)\b\s*[({=]|^\s*\}?\s*,\s*\{?\s*\w+\s*:\s*/\.\*/|^\s*\[\$(?:ne|gt|lt|gte|lte|in|nin|regex"
        rb"|exists)\]\s*="
        rb"|\bmapReduce\b.{0,40}function|\bnew\s+Date\(\)\s*-\s*\w+\s*<\s*\d|(?:\|\|"
        rb"|&&)\s*this\.\w{1,40}\s*(?:[!=]={1,2}|\.)",
        reason="JavaScript for a document database",
        where=PARAMETERS | NAMES | {Origin.COOKIE},
        confirm=lambda found: found.start <= 100 and len(found.text) <= 300,
    ),
    Signature(
        id="graph",
        pattern=rb"['\"`][\s)}\]]*\b(?:OR|AND|RETURN|UNION|WITH|CALL|MATCH|DETACH|MERGE)\b.{0,160}?" + _CLAUSE,
        reason="clauses of a graph database after a quote that ends the application's literal",
        needle=_CLAUSE,
        where=PARAMETERS | NAMES | {Origin.COOKIE},
        confirm=lambda found: found.start <= 60 and len(found.text) <= 512 and _is_clause(found),
    ),
)
