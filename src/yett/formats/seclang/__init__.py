"""ModSecurity's rule language (SecLang), read into values: enough for OWASP CRS 3.3 and 4, unmodified.

`read_seclang` makes a `RuleSet` of the files of a directory; what is wrong is told all at once, and what is not enforced stands in
`RuleSet.unenforced`. Nothing here runs a rule or opens a file.
"""

from yett.formats.seclang.reading import read_seclang
from yett.formats.seclang.values import (
    Action,
    Assignment,
    Control,
    Marker,
    Operator,
    RuleFiles,
    RuleSet,
    SecAction,
    SecRule,
    Unenforced,
    Variable,
    raw,
)

__all__ = [
    "Action",
    "Assignment",
    "Control",
    "Marker",
    "Operator",
    "RuleFiles",
    "RuleSet",
    "SecAction",
    "SecRule",
    "Unenforced",
    "Variable",
    "raw",
    "read_seclang",
]
