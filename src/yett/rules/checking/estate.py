"""One service with all that the catalog knows of it, for checks that compare operations. It must not know other services."""

import msgspec

from yett.model.catalog import CatalogOperation, Host, Service


class Estate(msgspec.Struct, frozen=True, kw_only=True):
    """A service, its operations and the hosts that it is called on."""

    service: Service
    operations: tuple[CatalogOperation, ...] = ()
    hosts: tuple[Host, ...] = ()
