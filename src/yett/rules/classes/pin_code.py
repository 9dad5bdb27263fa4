"""Personal identification numbers and one-time passwords: short, and enough to pass for somebody while they hold."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="one-time-code",
    title="PIN or one-time password",
    category=Category.CREDENTIAL,
    severity=Severity.HIGH,
    names=phrases(
        "pin, pin number, otp, otp code, one time password, one time code, totp, totp code, mfa code, two factor "
        "code, 2fa code, sms code, card pin, atm pin, verification pin, passcode, recovery code, backup code, "
        "recovery codes, backup codes, tan, 2 fa code, security pin, login code, otp token, user pin"
    ),
    hints=("verification code", "confirmation code", "security code"),
    forms=(Form(pattern=r"\d{4,8}"), Form(pattern=r"(?i)[a-z0-9]{4,8}(?:-[a-z0-9]{4,8}){1,3}")),
    matches=(Specimen("pin", "4711"), Specimen("otp", "492039"), Specimen("recoveryCode", "a1b2c-d3e4f")),
    passes=(Specimen("pin_set", "4711"), Specimen("pinned", "4711"), Specimen("code", "492039"), Specimen("pin", "red")),
)
