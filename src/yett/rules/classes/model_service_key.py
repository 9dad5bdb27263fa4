"""Keys of services that run models: OpenAI, Anthropic, Hugging Face, Replicate, Groq and others."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import real_token

CLASS = DataClass(
    id="model-service-key",
    broader="api-key",
    title="Key of a model service",
    category=Category.SECRET,
    severity=Severity.HIGH,
    forms=(
        Form(
            pattern=r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]*T3BlbkFJ[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*|sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{80}[A-Za-z0-9_-]*",
            chance=1e-9,
            within=r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]*T3BlbkFJ[A-Za-z0-9_-]{20}|\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{80}",
        ),
        Form(
            pattern=r"hf_[A-Za-z]{34}|r8_[A-Za-z0-9]{37}|gsk_[A-Za-z0-9]{52}|pplx-[a-f0-9]{48}|xai-[A-Za-z0-9]{80}",
            check=real_token,
            chance=1e-8,
            within=r"\b(?:hf_[A-Za-z]{34}|r8_[A-Za-z0-9]{37}|gsk_[A-Za-z0-9]{52}|pplx-[a-f0-9]{48})\b",
        ),
    ),
    references=("https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",),
    matches=(
        Specimen("value", "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"),
        Specimen("value", "sk-proj-" + "q7Rk2LmZ9vB4nT8wR1yL" + "T3BlbkFJ" + "x7Kq2mZ9vB4nT8wR1yLp"),
    ),
    passes=(Specimen("value", "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), Specimen("value", "sk-learn")),
)
