"""Asks libmodsecurity whether it accepts texts of SecLang: a JSON list of texts comes in, a list of error texts goes out.

Its scanner keeps state after an error, so that every text gets a process of its own; it also prints what it does not
understand, so that standard output is turned away before it is loaded.
"""

import json
import os
import sys

from libmodsecurity import RulesSet


def verdict(text: str) -> str:
    """ "" where the text is accepted, else the error."""
    end, begin = os.pipe()
    child = os.fork()
    if child == 0:
        rules = RulesSet()
        answer = "" if rules.load(text) >= 0 else rules.get_parser_error().strip() or "refused"
        os.write(begin, answer.encode("utf-8", "replace")[:4096])
        os._exit(0)
    os.close(begin)
    with os.fdopen(end, "rb") as pipe:
        answer = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return answer if status == 0 else f"crashed: {status}"


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with answers:
        json.dump([verdict(text) for text in json.load(sys.stdin)], answers)
