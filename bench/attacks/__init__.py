"""The attack rules, measured: conformance with the Core Rule Set's own tests, false positives, recall, speed and worst cases.

Everything that is judged here is read from directories named on the command line, or found on the machine at run time: public
payload lists, public API descriptions, and texts that nobody wrote for this purpose. None of it is part of the repository.
`docs/explanation/attack-rules-measured.md` says where to get what, and what came out.
"""
