"""Addresses of wallets: Bitcoin, Ethereum and those that write alike. Whoever knows one sees all its payments."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _is_wallet(text: str) -> bool:
    """Of Base58 addresses the check octets, which need a hash, are not asked: mixed case and length decide."""
    if text[0] in "13":
        return (
            any(one.isdigit() for one in text[1:]) and any(one.isupper() for one in text) and any(one.islower() for one in text)
        )
    return len(set(text.lower())) >= 10


CLASS = DataClass(
    id="crypto-wallet",
    title="Address of a cryptocurrency wallet",
    category=Category.FINANCE,
    severity=Severity.MEDIUM,
    hints=phrases(
        "wallet, wallet address, bitcoin address, btc address, eth address, ethereum address, crypto address, deposit "
        "address, litecoin address, bitcoin, ethereum, address, from address, to address"
    ),
    forms=(
        Form(pattern=r"(?:bc1|tb1|ltc1)[02-9ac-hj-np-z]{25,60}", check=_is_wallet, chance=1e-4),
        Form(pattern=r"0x[0-9a-fA-F]{40}", check=_is_wallet, chance=0.05),
        Form(pattern=r"[13LM][1-9A-HJ-NP-Za-km-z]{25,34}", check=_is_wallet),
    ),
    references=("https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki",),
    matches=(
        Specimen("wallet", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
        Specimen("value", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        Specimen("ethAddress", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ),
    passes=(
        Specimen("id", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
        Specimen("commit", "52908400098527886e0f7030069857d2e4169ee7"),
        Specimen("wallet", "main"),
    ),
)
