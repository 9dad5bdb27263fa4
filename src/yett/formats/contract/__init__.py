"""Contracts: Swagger 2.0, OpenAPI 3.0 to 3.2, from parsed documents to something that requests can be held against.

`read_contract` makes a `Contract`, a value; `open_contract` makes it usable. Nothing is ever fetched, and nothing is left
out silently: what is wrong is in `Contract.problems`, what will not be enforced in `Contract.unenforced`.
"""

from collections.abc import Mapping
from typing import Any

from yett.formats.contract.assembling import assembled
from yett.formats.contract.documents import Documents, references
from yett.formats.contract.live import ContractOperation, LiveContract, open_contract
from yett.formats.contract.openapi import OpenAPI
from yett.formats.contract.reading import Reader
from yett.formats.contract.swagger import Swagger
from yett.formats.contract.values import Contract, Problem, Unenforced

__all__ = [
    "Contract",
    "ContractOperation",
    "LiveContract",
    "Problem",
    "Unenforced",
    "open_contract",
    "read_contract",
    "references",
]


def read_contract(root: str, documents: Mapping[str, Any], prove: bool = True) -> Contract:
    """Read the contract whose root document is `documents[root]`.

    root and the keys of documents: paths relative to the contract's directory, with "/"; values are trees of dict, list, str,
    int, float, bool and None. prove: build every validator once, so that none can fail when a request is under way; what is only
    looked at does not need it. Never raises for what is in the documents: what is wrong stands in `problems` of the result.
    """
    tree = documents[root]
    version = _version(tree)
    if version is None:
        message = "not a description that is understood: swagger must be '2.0', or openapi 3.0.x, 3.1.x or 3.2.x"
        return Contract(version="", problems=(Problem(root, "", message, True),))
    reader = Reader(Documents(root, documents), version)
    return assembled(reader, Swagger(reader) if version == "2.0" else OpenAPI(reader), prove)


def _version(tree: Any) -> str | None:
    if not isinstance(tree, dict):
        return None
    if str(tree.get("swagger")) in ("2.0", "2"):
        return "2.0"
    text = str(tree.get("openapi"))
    return next((version for version in ("3.0", "3.1", "3.2") if text == version or text.startswith(f"{version}.")), None)
