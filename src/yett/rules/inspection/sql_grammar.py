"""Patterns of SQL: white space, quotes, operators, operands, statements, and what servers say of themselves.

By the manuals of MySQL, PostgreSQL, SQL Server, Oracle, SQLite, Db2 and Firebird. It must not know rules, nor judge a match.
"""

SUM = rb"\d+(?:\.\d+)?(?:\s*[+\-*/%]+\s*\d+){0,8}"
"""A number, or a sum that is one."""
W = rb"[\s\x0b\xa0(+]"
SPACE = rb"[\s\x0b\xa0(+]+"
QUOTE = rb"\\?['\"`]"
OPERATOR = rb"(?:\b(?:or|and|xor|having)\b|\|\||&&)"
COMPARES = (
    rb"(?:[=<>]|!=|@>|\?[|&]|#>|->|::\w|\b(?:not"
    + SPACE
    + rb")?(?:(?:like|rlike|regexp|glob|similar to|sounds like)"
    + W
    + rb"*(?:binary\s*)?['\"(%0-9]"
    rb"|in" + W + rb"*\(|between\s+['\"0-9]|is\s+(?:not\s+)?null\b))"
)
OPERAND = rb"[\s(!~@+\-\\]*(?:['\"`(]*[\w.%@$#*]*(?:\([^()]{0,40}\))?[\\'\"`)]*)\s*"
STATEMENT = (
    rb"(?:drop\s+(?:table|database|user|schema|view|index|column|procedure|function)\b|insert\s+into\b"
    rb"|update\s+\S+?\s+set\b"
    rb"|delete\s+from\b|create\s+(?:table|user|database|function|procedure|login|or\s+replace|temp|extension|trigger|role|alias)\b"
    rb"|alter\s+(?:table|user|login|database|session|system|role)\b|truncate\s+table\b|grant\s+\S+?\s+(?:to|on)\b"
    rb"|exec(?:ute)?[\s(]+(?:master|xp_|sp_|immediate|@|['\"(\[])|declare\s+@?\w{1,64}\s+\w|shutdown\b"
    rb"|waitfor\s+(?:delay|time)\b"
    rb"|select[\s(]+(?:pg_sleep|sleep|benchmark|@@|load_file|version|user|database|case|if|count|\*"
    rb"|\w{1,64}\s*(?:,|\(|from\b))"
    rb"|begin\s+(?:dbms|declare|utl)|copy\s+\S+?\s+(?:from|to)\b|backup\s+database\b|if[\s(]+\S+?\s*waitfor\b|set\s+@\w"
    rb"|union\s+(?:all\s+)?select\b|call\s+[\w.]{1,64}\s*\(|vacuum\b|attach\s+database\b|use\s+master\b|bulk\s+insert\b)"
)
CATALOG = (
    rb"(?:information_schema|mysql\s*\.|performance_schema|pg_(?:catalog|user|shadow|database|tables|class"
    rb"|namespace|roles)|sys\s*\.\s*\w"
    rb"|sys(?:objects|columns|users|databases|logins|processes|ibm|cat|tables)|all_(?:tables|users"
    rb"|tab_columns|objects)|user_(?:tables|tab_columns|objects)"
    rb"|dba_\w+|sqlite_master|sqlite_schema|dual\b|master\s*\.\s*\.|master\s*\.\s*dbo|msysobjects|v\$\w+"
    rb"|rdb\$\w+|pragma_\w+|v\s*\.?\s*\$?version)"
)
READS = (
    rb"(?:@@\w{3,}|(?:version|user|database|schema|current_user|session_user|system_user|user_name|db_name"
    rb"|host_name|current_database)"
    rb"\s*\(\s*\d{0,3}\s*\)|current_(?:user|database|schema)\b|load_file\s*\(|sqlite_version\s*\(|banner\b"
    rb"|pg_read_file\s*\(|pg_ls_dir\s*\()"
)
