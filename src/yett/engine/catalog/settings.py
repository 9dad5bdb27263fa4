"""Every number that decides about views, exposure and coverage. The same names stand in the configuration and in what is put out.

It must not know how the numbers are used.
"""

import msgspec

from yett.engine.drift import DriftSettings
from yett.engine.learning.schemas import SchemaSettings
from yett.engine.learning.settings import Settings
from yett.engine.own_classes import OwnClass
from yett.engine.verdicts import ClassSettings

DAY = 86_400.0


class ViewSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of views. Times in seconds.

    orphan_after: how long a service must have been watched before a declared operation without an accepted call is an orphan:
        a month holds what runs weekly and monthly. orphan_exchanges: and how many of its exchanges were seen.
    dormant_after: silence, while the service itself was called, from which on an operation is dormant. dormant_calls: accepted
        calls that it had before; fewer were never real use.
    consistent: ratio of authenticated among successful answers from which on authentication is called consistent.
    attach_ratio: share of a service's accepted exchanges that a description's templates must hold before the description is
        taken to be the service's, where no name and no host says so. attach_operations: and how many of its operations.
    mount_lead: how many times as many operations of a contract must meet what was called below one prefix as meet it as written,
        or below any other prefix, before the contract is taken to be below that prefix; `attach_operations` of them at least, and
        they must hold `attach_ratio` of what was accepted below it.
    partner_consumers: most consumers of an operation that is called with client certificates from public addresses, for which it
        is called a partner's.
    apart_words, apart_ids: most different words, and least different ids beside them, where a contract declares a parameter, for
        which the words are operations of their own, see `yett.engine.catalog.apart`. With more words, words are its values.
    """

    orphan_after: float = 30 * DAY
    orphan_exchanges: int = 1_000
    dormant_after: float = 30 * DAY
    dormant_calls: int = 5
    consistent: float = 0.95
    attach_ratio: float = 0.5
    attach_operations: int = 2
    mount_lead: float = 2.0
    partner_consumers: int = 50
    apart_words: int = 3
    apart_ids: int = 4


class CatalogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them: of learning, of data classes, of views, of schemas, of drift. In YAML, mappings of these names.

    own_classes: classes of data beside those that are built in; a list, see `yett.engine.own_classes`.
    """

    learning: Settings = Settings()
    classes: ClassSettings = ClassSettings()
    views: ViewSettings = ViewSettings()
    schemas: SchemaSettings = SchemaSettings()
    drift: DriftSettings = DriftSettings()
    own_classes: list[OwnClass] = []
