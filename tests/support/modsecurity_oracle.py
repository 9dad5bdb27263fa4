"""What libmodsecurity makes of values: an independent reading of the same rule language, for tests only."""

from functools import cache

import libmodsecurity

_RULES = """SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 10000000
SecRule REQUEST_BODY "{operator}" "id:2,phase:2,pass,log,t:none,{chain}logdata:'%{{MATCHED_VAR}}'"
"""


@cache
def _engine() -> libmodsecurity.ModSecurity:
    engine = libmodsecurity.ModSecurity()
    engine.set_log_callback(lambda _: None)
    return engine


class Oracle:
    """One rule on the body of a request."""

    def __init__(self, operator: str, chain: tuple[str, ...]) -> None:
        self.rules = libmodsecurity.RulesSet()
        text = _RULES.format(operator=operator, chain="".join(f"t:{name}," for name in chain))
        if self.rules.load(text) < 0:
            raise ValueError(self.rules.get_parser_error())

    def messages(self, value: bytes) -> list[libmodsecurity.RuleMessage]:
        """One where the rule matched, else none."""
        transaction = libmodsecurity.Transaction(_engine(), self.rules)
        transaction.process_connection("127.0.0.1", 1, "127.0.0.1", 2)
        transaction.process_uri("/", "POST", "1.1")
        transaction.add_request_header("Content-Type", "text/plain")
        transaction.process_request_headers()
        transaction.append_request_body(value)
        transaction.process_request_body()
        return transaction.get_rule_messages()


@cache
def _of(name: str) -> Oracle:
    return Oracle("@unconditionalMatch", (name, "hexEncode"))


def transformed_by_oracle(name: str, value: bytes) -> bytes:
    (message,) = _of(name).messages(value)
    return bytes.fromhex(message.data)
