"""The last step of a proof as one line for a shell. Credentials come from the environment, by names that are made here.

It must not know how a proof is repeated as a whole.
"""

from yett.formats.names import words
from yett.model.probe import Call, Claim
from yett.rules.probing.encoding import target_text
from yett.rules.probing.target import Target

FORGED = "YETT_FORGED"
"""The environment variable that holds a token which a probe forged; the reproducer prints it."""


def variable(identity: str, header: str) -> str:
    """The name of the environment variable that holds an identity's header or password: "YETT_ALICE_AUTHORIZATION"."""
    return "_".join(("YETT", *words(identity), *words(header))).upper()


def curl(claim: Claim, target: Target) -> str:
    """The last step of a proof as one line for a POSIX shell; "" where there is none."""
    if not claim.proof:
        return ""
    call = claim.proof[-1].call
    parts = ["curl -sS -i"]
    if call.method != "GET":
        parts.append(f"-X {shell(call.method)}")
    for name, value in call.fields:
        parts.append(f"-H {shell(f'{name}: {value}')}")
    for name, known in credential_of(call, target):
        literal = known is not None and (target.ours(known) or any(one.text in known for one in claim.forged))
        parts.append(f"-H {shell(f'{name}: {known}')}" if literal else f'-H "{name}: ${{{variable(call.identity, name)}}}"')
    if call.content_type:
        parts.append(f"-H {shell(f'Content-Type: {call.content_type}')}")
    if call.body:
        parts.append(f"--data-binary {shell(call.body.decode('utf-8', 'replace'))}")
    parts.append(shell(target.origin + target_text(call)))
    line = " ".join(parts)
    used = [one for one in claim.forged if one.text in line]
    for one in used:
        line = line.replace(one.text, f"'\"${FORGED}\"'")
    return f"{line}  # {FORGED}: the pytest prints it with --forged" if used else line


def shell(text: str) -> str:
    """A text as one word of a POSIX shell; control characters are written as ANSI-C quotes."""
    if any(one < " " or one == "\x7f" for one in text):
        made = "".join(f"\\{ord(one):03o}" if one < " " or one in "\x7f'\\" else one for one in text)
        return f"$'{made}'"
    return "'" + text.replace("'", "'\\''") + "'"


def credential_of(call: Call, target: Target) -> list[tuple[str, str | None]]:
    """Header fields of the credential: (name, None) where the value comes from the environment, else with what the probe
    made."""
    if call.credential is not None:
        return [(name, None if _own(call, name, value, target) else value) for name, value in call.credential]
    one = target.identity(call.identity)
    return [(name, None) for name, _ in one.credential] if one is not None else []


def _own(call: Call, name: str, value: str, target: Target) -> bool:
    """Whether that is what the caller sends anyway."""
    one = target.identity(call.identity)
    return one is not None and not one.throwaway and (name, value) in one.credential
