"""Keys of programming interfaces and shared secrets whose form nobody knows: only the name tells."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_random(text: str) -> bool:
    return len(set(text)) >= 6 and (any(one.isdigit() for one in text) or len(text) >= 24)


CLASS = DataClass(
    id="api-key",
    title="API key or shared secret",
    category=Category.SECRET,
    severity=Severity.HIGH,
    hints=phrases(
        "api key, apikey, api secret, secret, client secret, secret key, access key, shared secret, signing secret, "
        "signing key, webhook secret, consumer secret, app secret, application key, app key, private key, encryption "
        "key, master key, subscription key, x api key, api token, secret token, access key secret, secret access key, "
        "hmac key, account key, license key, storage key, aws secret access key, service key, auth key, authorization "
        "key, consumer key, totp secret, otp secret, mfa secret, two factor secret"
    ),
    forms=(Form(pattern=r"[A-Za-z0-9+/=_.~:!|-]{10}[A-Za-z0-9+/=_.~:!|-]*", check=_is_random),),
    matches=(Specimen("apiKey", "9f8b7c6d5e4f3a2b1c0d"), Specimen("client_secret", "gX1fBat3bV9KqLmNoPqR")),
    passes=(
        Specimen("api_key_id", "yes"),
        Specimen("secret", "none"),
        Specimen("primaryKey", "name"),
        Specimen("key", "9f8b7c6d5e4f3a2b1c0d"),
    ),
)
