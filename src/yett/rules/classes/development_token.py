"""Tokens of places where code is kept and published: GitHub, GitLab, npm, PyPI, Docker, Atlassian and others."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import real_token

CLASS = DataClass(
    id="development-token",
    broader="api-key",
    title="Token of a code or package host",
    category=Category.SECRET,
    severity=Severity.CRITICAL,
    forms=(
        Form(
            pattern=r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
            check=real_token,
            chance=1e-9,
            within=r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
        ),
        Form(
            pattern=r"gl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{20}[A-Za-z0-9_.-]*",
            check=real_token,
            chance=1e-9,
            within=r"\bgl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{20}[A-Za-z0-9_.-]*",
        ),
        Form(
            pattern=r"npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50}[A-Za-z0-9_-]*|rubygems_[a-f0-9]{48}|dckr_pat_[A-Za-z0-9_-]{27}",
            check=real_token,
            chance=1e-9,
            within=r"\b(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50}[A-Za-z0-9_-]*|rubygems_[a-f0-9]{48}|dckr_pat_[A-Za-z0-9_-]{27})",
        ),
        Form(pattern=r"ATATT3[A-Za-z0-9_=-]{180}[A-Za-z0-9_=-]*|ATCTT3[A-Za-z0-9_=-]{180}[A-Za-z0-9_=-]*", chance=1e-9),
    ),
    references=("https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",),
    matches=(
        Specimen("value", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        Specimen("note", "use glpat-" + "x7Kq2mZ9vB4nT8wR1yLp please"),
    ),
    passes=(Specimen("value", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), Specimen("value", "npm_install")),
)
