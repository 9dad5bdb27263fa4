"""Runs a program on a transaction: first the look at everything at once, then the candidates, exactly.

Long work is a generator, so that others get their turn: it yields the octets worked on since the last time. It must not know
where transactions come from.
"""

from collections.abc import Iterator, Sequence

from yett.formats.transformations import MADE
from yett.rules.seclang.program import Hit, Program, Ruling
from yett.rules.seclang.transaction import PROTOCOL, Pairs, Refusal, Transaction

FEW = 100
"""So many values are judged in one turn."""


def begin(program: Program, t: Transaction) -> None:
    """Give a new transaction what holds for all of them."""
    start = program.start
    t.engine, t.acts, t.body_forced = start.engine, start.acts, start.body_forced
    if start.processor:
        t.processor = start.processor
    for position, tests in start.excluded.items():
        t.excluded.setdefault(position, []).extend(tests)


def request(program: Program, t: Transaction) -> None:
    """Phases 1 and 2 of a request that is there as a whole, in one go."""
    for _ in request_in_turns(program, t):
        pass


def request_in_turns(program: Program, t: Transaction) -> Iterator[int]:
    holder = MADE.hold()
    try:
        yield from _request(program, t)
    finally:
        MADE.release(holder)


def _request(program: Program, t: Transaction) -> Iterator[int]:
    mask = yield from program.sieve.request(t)
    if t.body:
        mask |= _body(program, t)
    choice = program.chosen(1, mask)
    if not choice.candidates:
        return
    if choice.many:
        t.suspects = program.sieve.suspects()
    processor = t.processor
    yield from _phase(choice.first, t, 1)
    if t.refusal is None:
        if t.processor != processor:
            choice = program.chosen(1, mask | _look_again(program, t))
        t.enter_body()
        yield from _phase(choice.second, t, 2)


def _look_again(program: Program, t: Transaction) -> int:
    """At a body that is to be read in another way than its type says."""
    sieve = program.sieve
    mask = _body(program, t)
    return mask | sieve.text.look(t.reading.values())


def _body(program: Program, t: Transaction) -> int:
    if not t.processor or t.processor == b"URLENCODED":
        return program.sieve.body.look((t.body,))
    if t.processor != b"MULTIPART":
        return 0
    t.has_body = True
    mask = program.sieve.files(t)
    t.has_body = False
    t.gathered.clear()
    return mask


def response(program: Program, t: Transaction) -> None:
    """Phases 3 and 4, after `Transaction.answer` and with `response_body` set."""
    mask = response_head(program, t)
    if t.refusal is None:
        response_body(program, t, mask)


def answer_mask(program: Program, t: Transaction) -> int:
    """What was found in the head of the response."""
    return program.sieve.answer(t.status, t.response_fields, t.response_protocol)


def answers_plainly(program: Program, status: int, fields: Pairs, body: bytes) -> bool:
    """Whether no rule looks at a response, to a request that left nothing behind: neither phase need be run."""
    mask = program.sieve.answer(status, fields, PROTOCOL)
    if body:
        mask |= program.sieve.answer_body.look((body,))
    return not program.chosen(3, mask).candidates


def response_head(program: Program, t: Transaction) -> int:
    """Phase 3. What was found in the head, for phase 4."""
    _have_body(t)
    mask = answer_mask(program, t)
    choice = program.chosen(3, mask)
    if choice.candidates or not t.clean:
        for _ in _phase(choice.first, t, 3):
            pass
    return mask


def response_body(program: Program, t: Transaction, mask: int) -> None:
    """Phase 4, with what `response_head` has found."""
    t.has_response_body = True
    holder = MADE.hold()
    try:
        if t.response_body:
            mask |= program.sieve.answer_body.look((t.response_body,))
        choice = program.chosen(3, mask)
        if choice.candidates or not t.clean:
            for _ in _phase(choice.second, t, 4):
                pass
    finally:
        MADE.release(holder)


def finish(program: Program, t: Transaction) -> None:
    """Phase 5: what rules record of the exchange. It can stop nothing any more."""
    t.acts = False
    if t.refusal is None:
        _have_body(t)
    choice = program.chosen(5, 0)
    if choice.candidates or not t.clean:
        for _ in _phase(choice.first, t, 5):
            pass


def _have_body(t: Transaction) -> None:
    """Rules that come after the request see its body, also where no rule of the request was run."""
    if not t.has_body:
        t.enter_body()


def _phase(rulings: Sequence[Ruling], t: Transaction, phase: int) -> Iterator[int]:
    t.phase = phase
    return _run(rulings, t)


def _run(rulings: Sequence[Ruling], t: Transaction) -> Iterator[int]:
    skip_to = 0
    for ruling in rulings:
        position = ruling.position
        if position < skip_to or not t.engine:
            continue
        if t.clean:
            if ruling.variables_only:
                continue
            t.tx = ruling.tx  # type: ignore[assignment]  # it is copied before anything is written
        if position in t.removed or ruling.phase < t.allowed_until:
            continue
        yield from _links(ruling, t)
        if not t.held:
            continue
        fire(ruling, t)
        if t.refusal is not None:
            return
        if ruling.skip_to:
            t.start_from(t.tx)  # variables are no longer as they are where nothing is skipped
            skip_to = ruling.skip_to


def _links(ruling: Ruling, t: Transaction) -> Iterator[int]:
    """Judge a rule; `held` says whether all links matched."""
    t.matched = []
    t.held = False
    for link in ruling.links:
        values = link.gather(t)
        if len(values) <= FEW:
            matched = link.judge(values, t, ruling.position)
            yield sum([len(value) for _, _, value in values])
        else:
            matched = False
            for start in range(0, len(values), FEW):
                piece = values[start : start + FEW]
                if link.bit and t.suspects is not None:
                    piece = t.suspects.left(piece, link.bit)
                matched = link.judge(piece, t, ruling.position) or matched
                yield sum([len(value) for _, _, value in piece])
        if not matched:
            return
    t.held = True


def fire(ruling: Ruling, t: Transaction) -> None:
    """What a rule does once it has matched as a whole."""
    if ruling.severity is not None and ruling.severity < t.severity:
        t.severity = ruling.severity
    if ruling.logs:
        name, value = _telling(t)
        t.hits.append(Hit(ruling, name, value, ruling.message(t), ruling.data.pieces(t), t.tx.get(b"0", b"")))
    if ruling.verdict == "deny" and t.acts:
        t.refusal = Refusal(ruling.id, t.phase, ruling.status)
    elif ruling.verdict == "allow" and t.acts:
        t.allowed_until = ruling.allowed_until


def _telling(t: Transaction) -> tuple[bytes, bytes]:
    """The first value that matched and is not of the rules' own making."""
    for name, value in t.matched:
        if not name.startswith((b"TX:", b"&TX:", b"MATCHED_")):
            return name, value
    return (b"", b"")
