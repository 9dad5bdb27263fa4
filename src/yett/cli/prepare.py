"""The compiler's process: reads and validates everything that the policy means, builds every plan, and hands over the bundle.

Started by the supervisor (`yett.edge.gateway.preparation`), at the start and at each reload. Nothing is fetched.
"""

import argparse
import gc
import sys
from collections.abc import Callable, Iterator

import msgspec

from yett.cli import freight, source
from yett.cli.patterns import Telling, pattern_cache
from yett.edge.gateway.preparation import Prepared, Refused, ServiceSummary, Verdict, encode_verdict
from yett.edge.gateway.tls import Contexts, TLSError
from yett.edge.keysets import KeySets
from yett.engine.compile import compile_policy
from yett.engine.convert import escape
from yett.engine.places import Places
from yett.engine.policy import needs
from yett.engine.snapshot import Report
from yett.model.bundle import Bundle
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.policy import Policy, Samples
from yett.model.ports import Ports
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

MOST_WARNINGS = 20
"""Most slips of a contract that are told at a start; `yett check` tells all."""


def examine(bundle: Bundle, say: Callable[[str], object] | None = None) -> Report:
    """Build everything that a worker would. say: to tell whoever waits why it takes long. Raises PolicyErrors with all mistakes."""
    patterns = pattern_cache()
    ports = Ports(
        counters=LocalCounters(),
        keys=KeyRing(bundle.keys),
        key_sets=KeySets(),
        secrets=bundle.secrets,
        files=bundle.files,
        patterns=patterns if say is None else Telling(patterns, say),
    )
    mistakes = [*_transport_mistakes(bundle)]
    report = compile_policy(bundle, ports).build_all()
    mistakes += report.errors
    if mistakes:
        raise PolicyErrors(mistakes, bundle.sources)
    return report


def _transport_mistakes(bundle: Bundle) -> Iterator[Mistake]:
    """What is wrong with certificates."""
    places, contexts = Places(bundle.path, bundle.positions), Contexts()
    read = bundle.certificates.__getitem__
    for index, listen in enumerate(bundle.policy.listen):
        if listen.tls is not None:
            try:
                contexts.listener(listen.tls, read)
            except TLSError as error:
                yield places.mistake(f"/listen/{index}/tls", str(error))
    for service in bundle.policy.services:
        try:
            contexts.upstream(service.upstream.tls, read)
        except TLSError as error:
            yield places.mistake(f"/services/{escape(service.name)}/upstream/tls", str(error))


def summary(bundle: Bundle, report: Report) -> Prepared:
    """What the supervisor must know of a good policy."""
    policy = bundle.policy
    operations = [one.service for one in report.operations if one.operation.declared]
    return Prepared(
        digest=bundle.digest,
        listen=tuple(listen.address for listen in policy.listen),
        secure=tuple(listen.address for listen in policy.listen if listen.tls is not None),
        admin=policy.admin,
        workers=policy.workers,
        services=tuple(
            ServiceSummary(
                service.name,
                service.mode.value,
                operations.count(service.name),
                service.match.hosts,
                service.match.prefix,
                service.upstream.targets,
            )
            for service in policy.services
        ),
        gaps=len({gap.thing for gap in report.gaps}) + len(bundle.warnings),
        files=bundle.sources,
        fixed=fixed(policy),
    )


def fixed(policy: Policy) -> dict[str, str]:
    """The settings that take effect at a start only, as JSON."""
    log = msgspec.structs.replace(policy.log, samples=Samples())
    values = {"workers": policy.workers, "admin": policy.admin, "state": policy.state, "log": log}
    return {name: msgspec.json.encode(value).decode() for name, value in values.items()}


def verdict_on(wanted: source.Source) -> tuple[Verdict, bytes]:
    """The verdict, and the freight for the workers; empty where the policy is refused."""
    try:
        bundle = wanted.load()
        report = examine(bundle, lambda text: print(f"yett: {text}", file=sys.stderr, flush=True))
    except PolicyErrors as error:
        return Refused(errors=tuple(map(told, error.errors)), files=error.files), b""
    for mistake in bundle.warnings[:MOST_WARNINGS]:
        print(f"yett: left out of the contract: {told(mistake)}", file=sys.stderr, flush=True)
    return summary(bundle, report), freight.encode(bundle, tuple(needs(bundle.policy).key_sets))


def told(mistake: Mistake) -> str:
    """A mistake, with its hint in a line below."""
    text = f"{mistake.place}: {mistake.message}" if mistake.place else mistake.message
    return f"{text}\n    {mistake.hint}" if mistake.hint else text


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--bundle", type=int, required=True)
    options = parser.parse_args()
    verdict, encoded = verdict_on(source.decode(options.source))
    with open(options.bundle, "wb", closefd=False) as bundle:
        bundle.write(encoded)
    sys.stdout.buffer.write(encode_verdict(verdict))
    sys.stdout.buffer.flush()
    gc.freeze()  # spares the interpreter from walking millions of objects once more at its end


if __name__ == "__main__":
    main()
