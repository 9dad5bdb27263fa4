"""Who calls: names, roles, credentials. Secrets stay out of every repr. It must not know how a credential is had."""

import msgspec

Headers = tuple[tuple[str, str], ...]


class Identity(msgspec.Struct, kw_only=True, eq=False):
    """One caller. name: in the identities file. roles: of it; rank: position of its highest role in the order of the file, from 0
    for the least; two of the same rank are peers. credential: header fields that are sent for it now ("Authorization",
    "Cookie" …); query: pairs likewise. username, password: what it logs in with, "" where unknown. facts: values that name what is
    its own (username, email, id …). learnt: values that answers to its login or registration told to be its own, by normalised name
    (`yett.rules.probing.learning`). spent: secrets that died. throwaway: made by the run, which may change and remove it.
    registered: the first password of such a one, where a probe changed it."""

    name: str
    roles: tuple[str, ...] = ()
    rank: int = 0
    credential: Headers = ()
    query: Headers = ()
    username: str = ""
    password: str = ""
    facts: dict[str, str] = {}
    learnt: dict[str, str | int] = {}
    throwaway: bool = False
    spent: tuple[str, ...] = ()
    registered: str = ""

    def __repr__(self) -> str:
        return f"Identity({self.name!r}, roles={self.roles!r})"

    @property
    def token(self) -> str:
        """The bearer token, or else the only value that is sent; "" where there is none."""
        for name, value in self.credential:
            scheme, _, rest = value.partition(" ")
            if name.lower() == "authorization" and scheme.lower() == "bearer":
                return rest.strip()
        return self.credential[0][1] if len(self.credential) == 1 else ""

    def secrets(self) -> tuple[str, ...]:
        """All that must not be shown."""
        parts = [value.partition(" ")[2] or value for _, value in self.credential] + [value for _, value in self.query]
        parts += [
            one.partition("=")[2] for name, value in self.credential if name.lower() == "cookie" for one in value.split(";")
        ]
        own = () if self.throwaway else (self.password,)  # the password of a user that the run made up is none
        return tuple(part for part in (*parts, *own, *self.spent) if len(part) > 3)
