"""The last lines of a reproducer: how a program tells that a hole is there, for each kind of `Sign`. It must not know claims."""

from typing import NamedTuple

from yett.model.probe import Exchanged, Sign

_STILL = "f'it is still there: {status} {answer[:300]!r}'"


class Shown(NamedTuple):
    """step: the last one of the proof. texts: what its answer showed, anywhere; pairs: likewise, by name and value. Both are filled
    when the script runs."""

    step: Exchanged
    texts: list[str]
    pairs: list[tuple[str, str]]


def ending(sign: Sign, call: str, other: str, shown: Shown) -> list[str]:
    """Rows of Python, indented. call, other: arguments of `send` for the last step and the first of the control."""
    sent = f"    status, headers, answer = send({call})"
    status = shown.step.answer.status
    match sign.kind:
        case "apart":
            return [f"    assert not apart(({call}), ({other})), 'it is still there: the two are answered differently'"]
        case "slower":
            return [
                f"    quick, slow = shortest({sign.times}, {other}), shortest({sign.times}, {call})",
                f"    assert slow - quick < {sign.amount / 2:.3f}, f'it is still there: {{slow:.2f}} s beside {{quick:.2f}} s'",
            ]
        case "called":
            return [sent, "    assert not called(name), 'it is still there: the listener was called'"]
        case "many":
            return [
                sent,
                f"    assert status != {status} or longest(answer) <= {sign.amount:.0f}, f'it is still there: {{status}}'",
            ]
        case "lacking":
            return [
                sent,
                f"    missing = [one for one in {sign.names!r} if one not in headers]",
                "    assert not missing, f'it is still there: no {missing}'",
            ]
        case "unlimited":
            return [
                f"    for _ in range({sign.times}):",
                f"    {sent}",
                f"        if status != {status} or limited(status, headers):",
                "            return  # it is closed",
                f"    raise AssertionError('it is still there: {sign.times} were served')",
            ]
        case "together":
            return [
                f"    served = [status for status, *_ in together({sign.times}, {call}) if status == {status}]",
                f"    assert len(served) < {sign.amount:.0f}, f'it is still there: {{len(served)}} of {sign.times} were served'",
            ]
        case "grown":
            name = sign.names[0]
            return [
                sent,
                f"    old, new = number(before, {name!r}), number(answer, {name!r})",
                f"    assert status != {status} or None in (old, new) or abs(new - old) < {sign.amount:g}, {_STILL}",
            ]
        case "octets":
            return [f"    assert raw({sign.names[0]!r}) != {status}, 'it is still there: such a request is served'"]
        case "tls":
            version = sign.names[0] if sign.names else ""
            wanted = "not " if version else ""
            return [f"    assert {wanted}handshake({version!r}), 'it is still there'"]
        case "expired":
            return [
                f"    left = expires({call}) - time.time()",
                f"    if left > -{sign.amount:g}:",
                "        raise Unrepeatable(f'the token is not expired for long enough ({left:.0f} s): take an older one')",
                sent,
                f"    assert status != {status}, {_STILL}",
            ]
        case "never":
            return [f"    # {sign.names[0]}", "    raise Unrepeatable('see above: no program can repeat it')"]
        case _:
            return [sent, *_showing(status, shown)]


def _showing(status: int, shown: Shown) -> list[str]:
    """It is fixed when the last step does not answer as it did: with another status, or without what it showed."""
    rows: list[str] = []
    if shown.texts:
        rows.append("    everything = str(headers).lower().encode() + answer")
        shows = " and ".join(f"fill({text!r}).encode() in everything" for text in shown.texts)
    else:
        shows = " and ".join(f"shown(answer, {name!r}, {value!r})" for name, value in shown.pairs)
    beside = f" or not ({shows})" if shows else ""
    return [*rows, f"    assert status != {status}{beside}, {_STILL}"]
