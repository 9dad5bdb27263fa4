"""Electronic mail addresses.

They name a person, are often the name of an account, and are what phishing begins with. Known by their form under any name.
Addresses of example domains count too: they stand where real ones will.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_FILES = ("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "pdf")


def _is_address(text: str) -> bool:
    return text.rpartition(".")[2].lower() not in _FILES and "git@" not in text


CLASS = DataClass(
    id="email",
    title="E-mail address",
    category=Category.CONTACT,
    severity=Severity.MEDIUM,
    names=phrases(
        "email, e mail, mail address, email address, correo, correo electronico, courriel, mailadresse, emailadresse"
    ),
    forms=(
        Form(
            pattern=r"(?i)(?:mailto:)?(?:[a-z0-9.!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7F])+@(?:(?:[a-z0-9-]|[^\x00-\x7F])+\.)+(?:[a-z]|[^\x00-\x7F]){2,24}",
            chance=1e-6,
            within=r"(?i)(?:^|[\s<>(\[,;\"'=|]|mailto:|mail: ?)[a-z0-9._%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,24}\b",
            check=_is_address,
        ),
        Form(pattern=r"[^<>@]{0,80}<[^<>@\s]{1,64}@[^<>@\s]{1,200}>", chance=1e-6),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1",),
    matches=(
        Specimen("email", "ana.lopez@example.org"),
        Specimen("value", "j+news@mail.example.co.uk"),
        Specimen("contact", "Ana López <ana@example.org>"),
        Specimen("comment", "please write to ana.lopez@example.org before noon"),
    ),
    passes=(
        Specimen("handle", "@ana"),
        Specimen("image", "logo@2x.png", "a file for dense screens"),
        Specimen("email_verified", "yes"),
        Specimen("remote", "git@github.com:acme/shop.git"),
        Specimen("package", "lodash@4.17.21"),
    ),
)
