"""One gateway for all tests here that only need one that is there."""

from collections.abc import Iterator

import pytest
from serving import Serving, served

SHOP = """
  shop:
    mode: enforce
    body_size: 100000000
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
    security_fields: true
    sanitise_errors: true
  small:
    match: {prefix: /small}
    mode: enforce
    body_size: 1000
    upstream: {targets: ["http://127.0.0.1:{backend}"], strip_prefix: true}
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Everything goes to the backend; bodies below /small may have 1,000 bytes."""
    with served(tmp_path_factory.mktemp("shop"), SHOP, workers=2) as (serving, _):
        yield serving
