"""Passwords and passphrases, as people type them.

Whoever sees one signs in as somebody else, often elsewhere too. Only the name tells. What masks one ("********") is none.
"""

from yett.model.classes import Category, DataClass, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="password",
    title="Password",
    category=Category.CREDENTIAL,
    severity=Severity.CRITICAL,
    names=phrases(
        "password, passwd, pwd, pass word, passphrase, pass phrase, user password, pass, passcode, contrasena, "
        "passwort, kennwort, mot de passe, senha, clave, new password, old password, password1, password2, login "
        "password, db password, admin password, root password, smtp password, proxy password, master password, basic "
        "auth password"
    ),
    matches=(
        Specimen("password", "hunter2"),
        Specimen("user.newPassword", "Tr0ub4dor&3"),
        Specimen("passwd", "correct horse battery staple"),
    ),
    passes=(
        Specimen("password", "********"),
        Specimen("password_changed_at", "2024-01-01"),
        Specimen("hasPassword", "yes"),
        Specimen("passwordPolicy", "strong"),
        Specimen("password", "<redacted>"),
    ),
)
