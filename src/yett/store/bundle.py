"""Reads a policy and all that it names from disk and environment, once, into a bundle. The rim: nothing further in reads files.

Paths in a policy are relative to the directory of its file. Every mistake is gathered before anything is refused, with the
file, line and column of what is wrong. What a file holds is never repeated in a message.
"""

import os
from collections.abc import Callable
from functools import partial
from hashlib import scrypt, sha256
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from yett.engine.contracts import pack
from yett.engine.convert import escape
from yett.engine.policy import needs, read_policy
from yett.formats.contract import read_contract, references
from yett.formats.contract.values import Contract
from yett.formats.credentials import read_keys
from yett.formats.document import Document, nearest
from yett.formats.seclang.including import DIRECTORIES
from yett.formats.yaml import read
from yett.model.bundle import Bundle
from yett.model.mistake import DocumentError, Mistake, PolicyErrors
from yett.model.operation import ApiKey
from yett.model.policy import ListenTLS, Policy, UpstreamTLS
from yett.store.rule_directory import read_rule_directory

LARGEST = 64 << 20
"""Bytes. No file that a policy names is larger; 100,000 keys are 20 MB."""

DOCUMENTS = 1_000
"""Most files that one contract may consist of."""

SECRET = 65_536
"""Most bytes of a secret."""

Value = TypeVar("Value")


Reduce = Callable[[Policy], Policy]
"""Changes a policy that was read without mistakes, before anything that it names is read. What it leaves out need not be there."""


def load_bundle(path: str | Path, reduce: Reduce | None = None) -> Bundle:
    """Everything that the policy at `path` means. Raises PolicyErrors, which also names the files read so far."""
    loading = _Loading(Path(path), reduce)
    try:
        return loading.bundle()
    except DocumentError as error:
        raise PolicyErrors([error.mistake], tuple(loading.sources)) from None


def bundle_for_upstream(url: str, contract: str | None = None) -> Bundle:
    """A whole policy out of one URL: everything is recorded and nothing is denied by rule. Raises PolicyErrors."""
    settings: dict[str, Any] = {} if contract is None else {"contract": {"file": contract}}
    service = {"upstream": {"targets": [url.rstrip("/")], "host": "target"}, "mode": "monitor", **settings}
    return bundle_of_tree({"services": {"api": service}})


def bundle_of_tree(tree: Any, reduce: Reduce | None = None) -> Bundle:
    """A policy that stands in no file; its paths are relative to the current directory. Raises PolicyErrors."""
    return _Loading(Path(), reduce).completed(tree)


class _Loading:
    """One policy being read. sources: what was read, to be watched."""

    def __init__(self, path: Path, reduce: Reduce | None = None) -> None:
        self.path = path
        self.reduce = reduce
        self.base = path.parent if path.name else path
        self.sources: dict[str, None] = {}
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []
        self.document: Document | None = None

    def bundle(self) -> Bundle:
        try:
            raw = self._read(self.path)
        except OSError as error:
            raise PolicyErrors([Mistake(_reason(error), str(self.path))], tuple(self.sources)) from None
        self.document = read(raw, str(self.path))
        return self.completed(self.document.tree)

    def completed(self, tree: Any) -> Bundle:
        """The bundle of a policy's tree with all that it names."""
        policy = read_policy(tree, self._report)
        if policy is None:
            raise PolicyErrors(self.mistakes, tuple(self.sources))
        if self.reduce is not None:
            policy = self.reduce(policy)
        contracts = {}
        for service in policy.services:
            if service.contract is not None and service.contract.file not in contracts:
                pointer = f"/services/{escape(service.name)}/contract/file"
                contracts[service.contract.file] = self._contract(service.contract.file, pointer)
        wanted = needs(policy)
        bundle = Bundle(
            digest="",
            policy=policy,
            path=str(self.path) if self.path.name else "",
            positions=self.document.positions if self.document is not None else {},
            contracts={file: pack(contract) for file, contract in contracts.items() if contract is not None},
            keys=self._keys(policy.keys) if policy.keys is not None else (),
            files=self._files(wanted.files) | self._directories(wanted.directories),
            certificates=self._files(_certificates(policy)),
            parameters=tuple(sorted(wanted.parameters)),
            secrets=self._secrets(wanted.secrets),
        )
        if self.mistakes:
            raise PolicyErrors([*self.mistakes, *self.warnings], tuple(self.sources))
        warnings = tuple(sorted(self.warnings, key=lambda one: (one.file, one.line, one.column)))
        return msgspec.structs.replace(bundle, digest=digest(bundle), sources=tuple(self.sources), warnings=warnings)

    def _report(self, pointer: str, message: str, hint: str = "") -> None:
        if self.document is None:
            self.mistakes.append(Mistake(message, hint=hint))
        else:
            self.mistakes.append(self.document.mistake(pointer, message, hint))

    def _read(self, path: Path, largest: int = LARGEST) -> bytes:
        """A file's bytes. Raises OSError, also for one that is too large or no file: a device or pipe would never end."""
        self.sources[str(path.absolute())] = None
        if not path.is_file():
            raise FileNotFoundError("is not a file" if path.exists() else "there is no such file")
        with path.open("rb") as file:
            raw = file.read(largest + 1)
        if len(raw) > largest:
            raise OSError(f"is larger than {largest} bytes")
        return raw

    def _or_report(self, get: Callable[[], Value], pointer: str, name: str) -> Value | None:
        try:
            return get()
        except OSError as error:
            self._report(pointer, f"{name}: {_reason(error)}", f"looked for at {(self.base / name).absolute()}")
        except DocumentError as error:
            self.mistakes.append(error.mistake)
        return None

    def _keys(self, name: str) -> tuple[ApiKey, ...]:
        path = self.base / name
        return self._or_report(lambda: read_keys(self._read(path), str(path)), "/keys", name) or ()

    def _files(self, wanted: dict[str, str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name, pointer in wanted.items():
            raw = self._or_report(partial(self._read, self.base / name), pointer, name)
            if raw is not None:
                found[name] = raw
        return found

    def _directories(self, wanted: dict[str, str]) -> dict[str, bytes]:
        """The files of directories of rules. The directories themselves are watched too, so that a new file is noticed."""
        found: dict[str, bytes] = {}
        for name, pointer in wanted.items():
            path = self.base / name
            try:
                rules = read_rule_directory(path)
            except PolicyErrors as error:
                for mistake in error.errors:
                    hint = mistake.hint or ("" if path.exists() else f"looked for at {path.absolute()}")
                    self._report(pointer, f"{mistake.place}: {mistake.message}", hint)
                continue
            finally:
                for place in ("", *DIRECTORIES):
                    self.sources[str((path / place).absolute())] = None
            for inner, raw in rules.files.items():
                self.sources[str((path / inner).absolute())] = None
                found[f"{name}/{inner}"] = raw
        return found

    def _secrets(self, wanted: dict[str, str]) -> dict[str, str]:
        found = {}
        for reference, pointer in wanted.items():
            kind, _, name = reference.partition(":")
            value = os.environ.get(name) if kind == "env" else self._secret_file(name, pointer)
            if kind == "env" and value is None:
                self._report(pointer, f"the environment has no variable {name}")
            elif value == "":
                self._report(pointer, f"the secret {reference} is empty")
            if value:
                found[reference] = value
        return found

    def _secret_file(self, name: str, pointer: str) -> str | None:
        raw = self._or_report(lambda: self._read(self.base / name, SECRET), pointer, name)
        if raw is None:
            return None
        try:
            return raw.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            self._report(pointer, f"{name}: is not text in UTF-8")
            return None

    def _contract(self, name: str, pointer: str) -> Contract | None:
        """The contract of a file, with the other files that it refers to, all below its directory."""
        directory, root = (self.base / name).parent, Path(name).name
        documents: dict[str, Document] = {}
        pending = [root]
        while pending:
            file = pending.pop()
            document = self._contract_document(directory, root, file, pointer, name)
            if document is None:
                return None
            documents[file] = document
            found = references(document.tree, file)
            pending.extend(sorted(one for one in found if one not in documents and one not in pending))
            if len(documents) + len(pending) > DOCUMENTS:
                self._report(pointer, f"{name}: consists of more than {DOCUMENTS} files")
                return None
        contract = read_contract(root, {file: document.tree for file, document in documents.items()})
        for problem in contract.problems:
            known = documents.get(problem.document, documents[root])
            line, column = nearest(known.positions, problem.pointer)
            hint = "" if problem.fatal or not problem.pointer else f"at {problem.pointer}"
            mistake = Mistake(problem.message, known.file, line, column, hint)
            (self.mistakes if problem.fatal else self.warnings).append(mistake)
        if contract.is_usable and not contract.operations:
            # Where nothing is declared, everything is let through: a file that was cut off must not open what it closed.
            self._report(pointer, f"{name}: declares no operation")
        return contract

    def _contract_document(self, directory: Path, root: str, file: str, pointer: str, name: str) -> Document | None:
        path = directory / file
        if file != root and not path.resolve().is_relative_to(directory.resolve()):
            self._report(pointer, f"{name}: refers to {file}, which is a link out of the contract's directory")
            return None
        return self._or_report(lambda: read(self._read(path), str(path)), pointer, name if file == root else file)


def _certificates(policy: Policy) -> dict[str, str]:
    """The PEM files of all TLS settings, with the pointers to them."""
    found: dict[str, str] = {}
    places: list[tuple[str, ListenTLS | UpstreamTLS | None]] = []
    places += [(f"/listen/{index}/tls", listen.tls) for index, listen in enumerate(policy.listen)]
    places += [(f"/services/{escape(service.name)}/upstream/tls", service.upstream.tls) for service in policy.services]
    for pointer, tls in places:
        for field in ("certificate", "key", "client_ca", "ca"):
            path = getattr(tls, field, None)
            if path:
                found.setdefault(path, f"{pointer}/{field}")
    return found


def digest(bundle: Bundle) -> str:
    """12 hex digits that name what a bundle means. Secrets go in through scrypt (RFC 7914), because digests are written to
    logs and a weak secret must not be found by trying."""
    meaning = (bundle.policy, bundle.contracts, bundle.keys, bundle.files, bundle.certificates)
    known = sha256(msgspec.msgpack.encode(meaning, order="sorted"))
    if bundle.secrets:
        secret = msgspec.msgpack.encode(bundle.secrets, order="sorted")
        known.update(scrypt(secret, salt=known.digest(), n=1 << 14, r=8, p=1))
    return known.hexdigest()[:12]


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower() if error.errno else str(error)
