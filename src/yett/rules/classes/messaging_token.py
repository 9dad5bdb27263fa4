"""Tokens of services that send messages: Slack, Discord, Telegram, Twilio, SendGrid, Mailgun, Mailchimp, and web hooks."""

from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import real_token

CLASS = DataClass(
    id="messaging-token",
    broader="api-key",
    title="Token of a messaging service",
    category=Category.SECRET,
    severity=Severity.HIGH,
    forms=(
        Form(
            pattern=r"xox[abeoprs]-[0-9A-Za-z-]{10}[0-9A-Za-z-]*|xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+",
            check=real_token,
            chance=1e-8,
            within=r"\bxox[abeoprs]-[0-9]{8,14}-[0-9A-Za-z-]{16}[0-9A-Za-z-]*",
        ),
        Form(
            pattern=r"https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20}[A-Za-z0-9]*",
            check=real_token,
            chance=1e-9,
            within=r"\bhooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20}[A-Za-z0-9]*",
        ),
        Form(
            pattern=r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60}[A-Za-z0-9_-]*",
            chance=1e-9,
        ),
        Form(pattern=r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}", check=real_token, chance=1e-6),
        Form(pattern=r"\d{8,10}:AA[A-Za-z0-9_-]{33}", check=real_token, chance=1e-9, within=r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}"),
        Form(
            pattern=r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|SK[0-9a-f]{32}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}",
            check=real_token,
            chance=1e-6,
            within=r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|\bSK[0-9a-f]{32}\b|\bkey-[0-9a-f]{32}\b",
        ),
    ),
    references=("https://api.slack.com/authentication/token-types",),
    matches=(
        Specimen("value", "xoxb-" + "918273645012-918273645013-AbCdEfGhIjKlMnOpQrStUvWx"),
        Specimen("value", "SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"),
    ),
    passes=(Specimen("value", "xoxb-your-token"), Specimen("value", "SG.1.2"), Specimen("value", "key-value")),
)
