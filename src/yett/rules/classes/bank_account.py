"""Numbers of bank accounts without a check of their own, and the names of the accounts' keys: only the name tells."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_account(text: str) -> bool:
    return 6 <= sum(one.isdigit() for one in text) <= 20


CLASS = DataClass(
    id="bank-account",
    title="Bank account number",
    category=Category.FINANCE,
    severity=Severity.HIGH,
    hints=phrases(
        "bank account, bank account number, bank account no, account number, account no, acct number, acct no, bban, "
        "clabe, kontonummer, numero cuenta, cuenta bancaria, numero de cuenta, beneficiary account, payee account "
        "number, checking account, savings account, konto, account num, ach account number, deposit account number, "
        "nuban, bank account id"
    ),
    forms=(Form(pattern=r"[A-Za-z0-9]{0,4}[ -]?\d(?:[ .-]?[A-Za-z0-9]){5,24}", check=_is_account),),
    matches=(
        Specimen("bankAccountNumber", "000123456789"),
        Specimen("clabe", "032180000118359719"),
        Specimen("account_number", "12345678"),
    ),
    passes=(Specimen("account_id", "000123456789"), Specimen("accountNumber", "main"), Specimen("bankAccountType", "checking")),
)
