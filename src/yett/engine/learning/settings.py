"""Every number that decides what is learnt. The same names stand in the configuration and in what is put out.

It must not know how the numbers are used.
"""

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of the state, and thresholds of templates. Two states merge only if their settings are equal.

    Bounds of the state (they decide what is kept, so they are part of it):
    services: services by name; those beyond, by hash, share one. segments: segments of a path; deeper ones are one rest, because
    real APIs have fewer than twenty. words: literals below one place, from which on it is a parameter beyond doubt: the first
    number holds where no place above is `wide`, the second below one such place, the last below more. wide: literals from which
    on a place is that. words_kept: literals that remain of a place that had more than `words`; directly below the host, where
    scanners write most, all of `words` remain. refused_words: as `words`, for calls that prove nothing (404, 401 ...).
    members: raw paths kept exactly for each operation, beyond that a sample of so many; refused_members: likewise of such calls.
    names: operations below one path (GraphQL fields, SOAP actions ...). content_types: of one operation's requests. values:
    sampled values of a parameter. answers: different answers of an operation that are told apart.

    Templates (used only when operations are asked for):
    like: share of common parts from which two answers have the same shape. least_values: different values that a
    word-like parameter has at least. many_values: from which on the number of values alone decides. calls_per_value: most calls
    per value of a parameter with fewer values. dominant: share of one value from which on it is a literal.
    literal_calls: calls from which on an id that never varies is a literal, such as the "1" of "/1/users".
    soft_paths: unrelated paths with one and the same answer from which on that answer means that there is nothing there.
    """

    services: int = 1_000
    segments: int = 32
    words: tuple[int, ...] = (500, 150, 64)
    wide: int = 100
    words_kept: int = 8
    refused_words: tuple[int, ...] = (200, 32, 8)
    members: int = 10_000
    refused_members: int = 100
    names: int = 1_000
    content_types: int = 8
    values: int = 64
    answers: int = 4

    like: float = 0.6
    least_values: int = 4
    many_values: int = 12
    calls_per_value: float = 4.0
    dominant: float = 0.8
    literal_calls: int = 50
    soft_paths: int = 8
