"""Policies that take rules for the guard crs from a directory, written to disk and loaded from there, for tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yett.model.bundle import Bundle
from yett.store.bundle import load_bundle

NOTES = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    post:
      operationId: addNote
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                kind: {enum: ["1 union select kind", plain]}
                note: {type: string}
      responses: {"200": {description: Done}}
"""
"""A contract that proves `kind` and leaves `note` open."""


def write_rules(directory: Path, rules: str, setup: str = "", contract: str = NOTES) -> Path:
    """Writes rules and a contract to a directory. Gives where the rules' other files belong."""
    held = directory / "crs" / "rules"
    held.mkdir(parents=True)
    (held / "rules.conf").write_text(rules)
    (directory / "crs" / "crs-setup.conf").write_text(setup)
    (directory / "openapi.yaml").write_text(contract)
    return held


def loaded(directory: Path, service: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Bundle:
    """A policy of one service. service: more of its keys; options: those of `crs`."""
    told = {"upstream": {"targets": ["http://127.0.0.1:9"]}, "attacks": False, "crs": {"directory": "crs", **options}}
    path = directory / "yett.yaml"
    path.write_text(json.dumps({"services": {"shop": {**told, **(service or {})}}}))
    return load_bundle(path)
