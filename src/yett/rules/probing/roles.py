"""Which operations are for administrators, by what they are called. It must not know who called them."""

from yett.formats.names import words
from yett.rules.probing.operation import Operation
from yett.rules.probing.wording import listed

_SURE = listed("admin admins administrator administrators administration superuser superadmin sysadmin backoffice")
_AREAS = listed("management manager staff root internal operator operators backend moderator moderation back office")
"""Words that mean an area for administrators only where something stands behind them: "/staff/users", not "/staff/{id}"."""
_BESIDE = listed("area panel console portal api only dashboard tools section zone v 1 2")
_SAID = listed("admin admins administrator administrators superuser superadmin moderators")


def administrative(operation: Operation) -> bool:
    """Whether an operation is for administrators: by a whole segment of its path ("admin", "staff-area"; not "order-management"),
    or by what its description says in a few words ("only admins")."""
    for number, segment in enumerate(operation.segments):
        said = frozenset(words(segment)) if "{" not in segment else frozenset()
        behind = operation.segments[number + 1] if number + 1 < len(operation.segments) else "{"
        if said & _SURE and said <= _SURE | _BESIDE:
            return True
        if said & _AREAS and said <= _AREAS | _BESIDE and "{" not in behind:
            return True
    described = (*operation.tags, operation.summary, "" if "/" in operation.id else operation.id)
    return any(not _SAID.isdisjoint(words(text)) for text in described)
