"""Hashes of passwords: bcrypt, scrypt, Argon2, PBKDF2, crypt. Leaked, they are guessed at leisure.

Their forms tell by themselves. Bare hexadecimal digests count only under a telling name.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="password-hash",
    broader="password",
    title="Password hash",
    category=Category.CREDENTIAL,
    severity=Severity.CRITICAL,
    hints=phrases(
        "password hash, hashed password, passwd hash, pwd hash, encrypted password, password digest, pass hash, "
        "password, password salt, salted password, password sha1, password md5, password sha256, salt"
    ),
    forms=(
        Form(pattern=r"\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}", chance=1e-9, within=r"\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}"),
        Form(pattern=r"\$argon2(?:id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+", chance=1e-9),
        Form(pattern=r"\$(?:1|5|6|y|gy|7|scrypt|apr1)\$[^\s$]+(?:\$[^\s$]+){1,4}", chance=1e-7),
        Form(
            pattern=r"(?:pbkdf2|scrypt)(?:_sha(?:1|256|512))?[:$][^\s$]+(?:[:$][^\s$]+){1,3}|\{(?:SSHA|SHA|SMD5|SSHA256|SSHA512|CRYPT)\}[A-Za-z0-9+/=$.]+",
            chance=1e-7,
        ),
        Form(pattern=r"(?i)[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}"),
    ),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",),
    matches=(
        Specimen("value", "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"),
        Specimen("value", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"),
        Specimen("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99"),
    ),
    passes=(Specimen("etag", "5f4dcc3b5aa765d61d8327deb882cf99"), Specimen("price", "$2.50"), Specimen("template", "$1 of $2")),
)
