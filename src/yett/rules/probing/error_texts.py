"""Texts by which an interpreter's error is known in an answer: SQL, LDAP, XPath, templates, documents' databases, shells.

Fixed texts in lower case, so that looking costs a pass for each. Facts of the messages are from the projects' own sources and
documentation. It must not know what was sent.
"""

from yett.model.probe import Answer

SCANNED = 65_536

SQL = (
    *(
        "sqlite3.operationalerror",
        "sqlite_error",
        "unrecognized token:",
        ": syntax error",
        "you have an error in your sql syntax",
    ),
    *(
        "syntax error at or near",
        "unterminated quoted string",
        "sqlstate[",
        "psycopg.errors.",
        "psycopg2.errors.",
        "pg::syntaxerror",
    ),
    *(
        "ora-00933",
        "ora-01756",
        "ora-00936",
        "ora-00907",
        "unclosed quotation mark",
        "incorrect syntax near",
        "sqlclient.sqlexception",
    ),
    *(
        "java.sql.sql",
        "hibernate.exception",
        "sequelizedatabaseerror",
        "sqlalchemy.exc.",
        "no such column",
        "mysqli_sql_exception",
    ),
    *("sqlexception", "asyncpg.exceptions", "quoted string not properly terminated", "pymysql.err.", "incomplete input"),
)
LDAP = (
    *(
        "bad search filter",
        "invalid filter",
        "ldap.filter_error",
        "ldapexception",
        "malformed filter",
        "search filter is invalid",
    ),
    *("invalid ldap filter", "ldapinvalidfilter", "ldap: error code", "filter error", "invaliddnexception", "ldap filter"),
)
XPATH = (
    *(
        "xpatheval",
        "xpath syntax",
        "xpathexception",
        "invalid predicate",
        "simplexmlelement::xpath",
        "xml.xpath",
        "xpath error",
    ),
    *("lxml.etree.xpath", "invalid xpath", "xpathsyntax"),
)
TEMPLATE = (
    *(
        "jinja2.exceptions",
        "templatesyntaxerror",
        "freemarker.core",
        "freemarker.template",
        "velocity.exception",
        "twig\\error",
    ),
    *(
        "mako.exceptions",
        "thymeleaf",
        "liquid error",
        "template syntax error",
        "spelevaluation",
        "ognlexception",
        "expected token",
    ),
)
DOCUMENTS = ("mongoerror", "pymongo.errors", "mongoservererror", "unknown operator", "unknown top level operator", "bsonerror")
SHELL = (
    *("sh: 1:", "/bin/sh:", "/bin/bash:", "sh: -c:", "unterminated quoted string", "unexpected eof while looking for matching"),
    *("command not found",),
)


def spoken(answer: Answer, texts: tuple[str, ...]) -> str:
    """The first of these texts that stands in the answer; "" where none does."""
    body = answer.body[:SCANNED].decode("utf-8", "replace").lower()
    return next((text for text in texts if text in body), "")
