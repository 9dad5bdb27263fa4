"""Answers to questions by which people prove who they are when they forgot their password."""

from yett.model.classes import Category, DataClass, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="security-answer",
    title="Answer to a security question",
    category=Category.CREDENTIAL,
    severity=Severity.HIGH,
    names=phrases(
        "security answer, secret answer, security question answer, password hint, recovery answer, challenge answer, "
        "secret question answer, memorable word, password reminder"
    ),
    matches=(Specimen("securityAnswer", "Rex"), Specimen("secret_answer", "Maple Street")),
    passes=(Specimen("security_question", "First pet?"), Specimen("answer", "42"), Specimen("securityAnswer", "***")),
)
