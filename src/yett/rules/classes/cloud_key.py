"""Keys of cloud providers: AWS, Google, Azure, Alibaba, DigitalOcean, Cloudflare and others. Each opens a whole account."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import real_token

CLASS = DataClass(
    id="cloud-key",
    broader="api-key",
    title="Key of a cloud provider",
    category=Category.SECRET,
    severity=Severity.CRITICAL,
    forms=(
        Form(pattern=r"(?:AKIA|ASIA)[A-Z2-7]{16}", check=real_token, chance=1e-6, within=r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
        Form(pattern=r"AIza[A-Za-z0-9_-]{35}", check=real_token, chance=1e-8, within=r"\bAIza[A-Za-z0-9_-]{35}\b"),
        Form(
            pattern=r"GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*",
            check=real_token,
            chance=1e-8,
            within=r"\bGOCSPX-[A-Za-z0-9_-]{28}|\bya29\.[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*",
        ),
        Form(pattern=r"(?s).*AccountKey=[A-Za-z0-9+/]{86}==.*", chance=1e-9, within=r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
        Form(
            pattern=r"LTAI[A-Za-z0-9]{20}|do[ort]_v1_[a-f0-9]{64}",
            check=real_token,
            chance=1e-7,
            within=r"\b(?:LTAI[A-Za-z0-9]{20}|do[ort]_v1_[a-f0-9]{64})\b",
        ),
        Form(
            pattern=r"hv[sb]\.[A-Za-z0-9_-]{90}[A-Za-z0-9_-]*|dapi[a-f0-9]{32}(?:-\d)?|dp\.(?:pt|st)\.[A-Za-z0-9.]{40}[A-Za-z0-9.]*",
            check=real_token,
            chance=1e-8,
            within=r"\b(?:hv[sb]\.[A-Za-z0-9_-]{90}[A-Za-z0-9_-]*|dapi[a-f0-9]{32})\b",
        ),
    ),
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
        "https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",
    ),
    matches=(
        Specimen("value", "AKIA" + "Z7QW2LMN4PXR6TSV"),
        Specimen("log", "key " + "AKIA" + "Z7QW2LMN4PXR6TSV was used"),
        Specimen("value", "AIza" + "SyD3f9kLmN0pQrStUvWxYz1A2b3C4d5E6f7"),
    ),
    passes=(
        Specimen("value", "AKIAIOSFODNN7EXAMPLE", "the example of the documentation"),
        Specimen("value", "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
    ),
)
