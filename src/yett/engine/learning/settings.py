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
    like: share of common parts from which on two answers have the same shape. score: points from which on segments are
    values of one parameter. There are log2(n) for n of them, at most 6; 1 where answers or what is below are alike; 1
    beside ids, 2 if alike, -2 if not; 3 in a place with more than `words`; up to 1.5 for segments that look like values
    (digits, dates, locales), as many less for names that stand beside ids in many APIs ("me", "search"); 1 or 0.5 where a
    half or a quarter was called once; -4 where less than a tenth was, because values that people and programs pick have a
    long tail (-2 if they look like values); up to -2 with more than `calls_per_value` each. Both do not count for `family`
    segments or more whose answers have `kin` different shapes in common, called alike: a closed list of values. Fewer cannot
    be told from names: far more resources than lists share the shape of their answers. strange: share of the calls of a
    segment that looks like the values beside it, up to which they may be of operations that these have not. echo: share of
    segments that stand in the answers to them, from which on answers repeat what the path names: such segments are values (3
    points more, whatever their tail), and one that never does is a name. dominant: share of the calls from which on one of them
    is a name, half of it for "me" and the like, if it had `dominant_calls`. literal_calls: calls from which on an id that never
    varies is a name, such as the "1" of "/1/users"; a fifth of it for opaque ones.
    soft_paths: places with one and the same page from which on that page means that there is nothing there; soft_probes:
    likewise of answers with one shape, at places that scanners ask for ("/.env", "/login.php"). versions: different versions
    beside each other ("/v1", "/v2") up to which they are names. housekeeping: paths that every host has, and that are no
    operations.
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
    score: float = 2.5
    calls_per_value: float = 8.0
    family: int = 5
    kin: int = 2
    strange: float = 0.1
    echo: float = 0.6
    dominant: float = 0.6
    dominant_calls: int = 5
    literal_calls: int = 50
    soft_paths: int = 8
    soft_probes: int = 4
    versions: int = 12
    housekeeping: tuple[str, ...] = ("/robots.txt", "/favicon.ico", "/sitemap.xml", "/apple-touch-icon.png", "/ads.txt")
