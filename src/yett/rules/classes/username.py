"""Names under which people sign in or are shown.

They link what one person does in many places, and are half of a credential.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="username",
    title="User name",
    category=Category.IDENTITY,
    severity=Severity.LOW,
    names=phrases(
        "user name, username, login, login name, user login, nickname, nick, screen name, handle, preferred username, "
        "sam account name, benutzername, usuario, nick name, user handle"
    ),
    forms=(Form(pattern=r"(?:[A-Za-z0-9@]|[^\x00-\x7F])(?:[A-Za-z0-9._@+'\-]|[^\x00-\x7F]){1,63}"),),
    matches=(Specimen("username", "ana_lopez"), Specimen("login", "alopez"), Specimen("preferred_username", "ana.l")),
    passes=(
        Specimen("user_count", "ana"),
        Specimen("login_url", "https://example.org/login"),
        Specimen("username", "Ana López Ruiz of Madrid"),
    ),
)
