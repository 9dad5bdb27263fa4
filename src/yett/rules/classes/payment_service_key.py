"""Secret keys of payment services: Stripe, Square, PayPal, Shopify, Adyen. Keys for tests are left out."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import real_token

CLASS = DataClass(
    id="payment-service-key",
    broader="api-key",
    title="Key of a payment service",
    category=Category.SECRET,
    severity=Severity.CRITICAL,
    forms=(
        Form(
            pattern=r"[sr]k_live_[0-9a-zA-Z]{24}[0-9a-zA-Z]*|whsec_[A-Za-z0-9+/=]{32}[A-Za-z0-9+/=]*",
            check=real_token,
            chance=1e-9,
            within=r"\b[sr]k_live_[0-9a-zA-Z]{24}[0-9a-zA-Z]*|\bwhsec_[A-Za-z0-9+/=]{32}[A-Za-z0-9+/=]*",
        ),
        Form(
            pattern=r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{60}|access_token\$production\$[a-z0-9]{16}\$[a-f0-9]{32}",
            check=real_token,
            chance=1e-8,
            within=r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}|\baccess_token\$production\$[a-z0-9]{16}\$[a-f0-9]{32}",
        ),
        Form(
            pattern=r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
            check=real_token,
            chance=1e-9,
            within=r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b",
        ),
    ),
    references=("https://docs.stripe.com/keys",),
    matches=(
        Specimen("value", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"),
        Specimen("value", "shpat_" + "1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f"),
    ),
    passes=(
        Specimen("value", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
        Specimen("value", "pk_live_4eC39HqLyjWDarjtT1zdp7dc", "made to be public"),
    ),
)
