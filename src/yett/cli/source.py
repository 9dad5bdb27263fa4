"""Where a gateway's policy comes from: a file, or the options of `yett serve`. Handed to the compiler's process as JSON."""

from pathlib import Path

import msgspec

from yett.model.bundle import Bundle
from yett.model.policy import Listen
from yett.store.bundle import bundle_for_upstream, digest, load_bundle


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either `config`, a policy's path, or `upstream`, a URL that alone is a whole policy, with its `contract`.

    listen, admin, log_directory: in place of what the policy says; empty where it stands.
    """

    config: str = ""
    upstream: str = ""
    contract: str | None = None
    listen: tuple[str, ...] = ()
    admin: str = ""
    log_directory: str = ""

    @property
    def base(self) -> Path:
        """What relative paths of the policy are relative to."""
        return Path(self.config).parent if self.config else Path()

    def load(self) -> Bundle:
        """Read everything. Raises PolicyErrors."""
        bundle = load_bundle(self.config) if self.config else bundle_for_upstream(self.upstream, self.contract)
        policy = bundle.policy
        if self.listen:
            policy = msgspec.structs.replace(policy, listen=tuple(Listen(address=address) for address in self.listen))
        if self.admin:
            policy = msgspec.structs.replace(policy, admin=None if self.admin == "none" else self.admin)
        if self.log_directory:
            log = msgspec.structs.replace(policy.log, directory=str(Path(self.log_directory).absolute()))
            policy = msgspec.structs.replace(policy, log=log)
        if policy is bundle.policy:
            return bundle
        changed = msgspec.structs.replace(bundle, policy=policy)
        return msgspec.structs.replace(changed, digest=digest(changed))


def encode(source: Source) -> str:
    return msgspec.json.encode(source).decode()


def decode(text: str) -> Source:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Source)
