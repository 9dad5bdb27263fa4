"""The words of SecLang: directives, variables, operators, actions and controls, and what becomes of each here.

One table for reader, manual and tests. Names follow ModSecurity's reference manual (v2 and v3); transformations have their own
table (`yett.formats.transformations`). It must not know how anything is read or run.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import Enum

import msgspec


class Fate(Enum):
    """What becomes of a word."""

    HONOURED = "honoured"
    """Has its meaning here."""
    SETTING = "policy decides"
    """Is read as a setting (`RuleSet.settings`) and listed once as not enforced: the policy has the say."""
    OWN = "own way"
    """Is accepted without effect (a variable: is always empty), because Yett has its own way; listed once as not enforced."""
    UNENFORCED = "not enforced"
    """Is known and has no meaning here; every place is listed as not enforced."""
    REFUSED = "refused"
    """Is a mistake, because leaving it out could turn the meaning of other rules around."""


class Takes(Enum):
    """What stands behind a word: for variables, whether there is a selector; for the others, whether there is an argument."""

    NOTHING = "no"
    MAYBE = "may have one"
    SOMETHING = "yes"


class Word(msgspec.Struct, frozen=True):
    """One word. name: in the manual's spelling. why: for people, what is done in its place."""

    name: str
    takes: Takes = Takes.SOMETHING
    fate: Fate = Fate.HONOURED
    why: str = ""


Words = Mapping[str, Word]

_RECORDS = "Yett writes its own records"
_TEMPORARY = "nothing is written to temporary files"
_STORED = "nothing is kept from one request to the next; use Yett's rate limits and quotas"
_OLD = "ModSecurity 3 does not support it either"


def _words(takes: Takes, names: str, fate: Fate = Fate.HONOURED, why: str = "") -> list[Word]:
    return [Word(name, takes, fate, why) for name in names.split()]


def _table(*groups: list[Word]) -> dict[str, Word]:
    return {word.name.lower(): word for group in groups for word in group}


DIRECTIVES: Words = _table(
    _words(Takes.SOMETHING, "SecRule SecAction SecMarker SecDefaultAction SecComponentSignature"),
    _words(
        Takes.SOMETHING, "SecRuleUpdateTargetById SecRuleUpdateTargetByTag SecRuleUpdateTargetByMsg SecRuleUpdateActionById"
    ),
    _words(Takes.SOMETHING, "SecRuleRemoveById SecRuleRemoveByTag SecRuleRemoveByMsg"),
    _words(
        Takes.SOMETHING,
        "SecRuleEngine SecRequestBodyAccess SecResponseBodyAccess",
        Fate.SETTING,
        "the policy says what is inspected, and whether it denies",
    ),
    _words(
        Takes.SOMETHING,
        "SecRequestBodyLimit SecRequestBodyNoFilesLimit SecRequestBodyLimitAction SecRequestBodyJsonDepthLimit "
        "SecResponseBodyLimit SecResponseBodyLimitAction SecResponseBodyMimeType SecArgumentsLimit",
        Fate.SETTING,
        "the policy says how much is inspected",
    ),
    _words(Takes.NOTHING, "SecResponseBodyMimeTypesClear", Fate.SETTING, "empties SecResponseBodyMimeType"),
    _words(
        Takes.SOMETHING,
        "SecArgumentSeparator SecCookieFormat SecParseXmlIntoArgs SecWebAppId",
        Fate.SETTING,
        "bodies, queries and cookies have one reading for all of Yett",
    ),
    _words(Takes.SOMETHING, "SecCollectionTimeout", Fate.OWN, _STORED),
    _words(
        Takes.SOMETHING,
        "SecAuditEngine SecAuditLog SecAuditLog2 SecAuditLogDirMode SecAuditLogFileMode SecAuditLogFormat SecAuditLogPrefix "
        "SecAuditLogParts SecAuditLogRelevantStatus SecAuditLogStorageDir SecAuditLogType SecDebugLog SecDebugLogLevel "
        "SecGuardianLog SecSensorId",
        Fate.OWN,
        _RECORDS,
    ),
    _words(
        Takes.SOMETHING,
        "SecDataDir SecTmpDir SecTmpSaveUploadedFiles SecUploadDir SecUploadFileLimit SecUploadFileMode SecUploadKeepFiles "
        "SecRequestBodyInMemoryLimit",
        Fate.OWN,
        _TEMPORARY,
    ),
    _words(Takes.SOMETHING, "SecPcreMatchLimit SecPcreMatchLimitRecursion", Fate.OWN, "all matching takes linear time"),
    _words(Takes.SOMETHING, "SecXmlExternalEntity", Fate.OWN, "external entities are never fetched"),
    _words(
        Takes.SOMETHING,
        "SecServerSignature SecChrootDir SecConnEngine SecConnReadStateLimit SecConnWriteStateLimit SecReadStateLimit "
        "SecWriteStateLimit SecStatusEngine SecInterceptOnError SecRulePerfTime SecCacheTransformations "
        "SecDisableBackendCompression SecStreamInBodyInspection SecStreamOutBodyInspection",
        Fate.OWN,
        "how the gateway runs is said in the policy",
    ),
    _words(Takes.SOMETHING, "SecUnicodeMapFile SecUnicodeCodePage", Fate.OWN, "best-fit mapping is built in (code page 20127)"),
    _words(Takes.SOMETHING, "SecContentInjection", Fate.OWN, "responses are never added to"),
    _words(Takes.SOMETHING, "SecGeoLookupDb SecGsbLookupDb SecHttpBlKey", Fate.UNENFORCED, "there are no such look-ups"),
    _words(
        Takes.SOMETHING,
        "SecHashEngine SecHashKey SecHashParam SecHashMethodRx SecHashMethodPm",
        Fate.UNENFORCED,
        "responses are never rewritten",
    ),
    _words(Takes.SOMETHING, "SecRuleScript", Fate.UNENFORCED, "no scripts are run"),
    _words(Takes.SOMETHING, "SecRemoteRules SecRemoteRulesFailAction", Fate.UNENFORCED, "nothing is fetched"),
    _words(Takes.SOMETHING, "SecCookieV0Separator", Fate.UNENFORCED, "cookies are separated by semicolons (RFC 6265, 4.2.1)"),
    _words(Takes.SOMETHING, "SecRuleInheritance", Fate.REFUSED, "there is one set of rules"),
    _words(
        Takes.SOMETHING,
        "Include IncludeOptional",
        Fate.REFUSED,
        "all files of the directory are read in the order of their names",
    ),
)
"""By lower-case name."""

VARIABLES: Words = _table(
    _words(
        Takes.MAYBE,
        "ARGS ARGS_GET ARGS_GET_NAMES ARGS_NAMES ARGS_POST ARGS_POST_NAMES FILES FILES_NAMES FILES_SIZES FILES_TMP_CONTENT "
        "MATCHED_VARS MATCHED_VARS_NAMES MULTIPART_PART_HEADERS REQUEST_COOKIES REQUEST_COOKIES_NAMES REQUEST_HEADERS "
        "REQUEST_HEADERS_NAMES RESPONSE_HEADERS RESPONSE_HEADERS_NAMES TX",
    ),
    _words(Takes.MAYBE, "XML", why="with the selectors `/*` (all text) and `//@*` (all attributes)"),
    _words(
        Takes.NOTHING,
        "ARGS_COMBINED_SIZE FILES_COMBINED_SIZE HIGHEST_SEVERITY MATCHED_VAR MATCHED_VAR_NAME MULTIPART_STRICT_ERROR PATH_INFO "
        "QUERY_STRING REMOTE_ADDR REQBODY_ERROR REQBODY_ERROR_MSG REQBODY_PROCESSOR REQBODY_PROCESSOR_ERROR REQUEST_BASENAME "
        "REQUEST_BODY REQUEST_BODY_LENGTH REQUEST_FILENAME REQUEST_LINE REQUEST_METHOD REQUEST_PROTOCOL REQUEST_URI "
        "REQUEST_URI_RAW RESPONSE_BODY RESPONSE_CONTENT_LENGTH RESPONSE_CONTENT_TYPE RESPONSE_PROTOCOL RESPONSE_STATUS "
        "SERVER_NAME STATUS_LINE",
    ),
    _words(
        Takes.NOTHING,
        "UNIQUE_ID",
        Fate.OWN,
        "always empty, so that a decision can be repeated; sampling by it (`sampling_percentage`) takes all requests or none",
    ),
    _words(Takes.NOTHING, "REMOTE_HOST", why="the address; names are not looked up"),
    _words(Takes.NOTHING, "DURATION", Fate.OWN, "always 0: a decision does not depend on how long something took"),
    _words(
        Takes.NOTHING,
        "INBOUND_DATA_ERROR OUTBOUND_DATA_ERROR",
        Fate.OWN,
        "always 0: the policy says what becomes of bodies longer than what is inspected",
    ),
    _words(Takes.NOTHING, "MULTIPART_UNMATCHED_BOUNDARY", Fate.OWN, "always 0: MULTIPART_STRICT_ERROR stands for it"),
    _words(
        Takes.MAYBE,
        "RULE",
        Fate.UNENFORCED,
        "rules do not look at themselves; %{RULE.id}, %{RULE.msg} and %{RULE.severity} are known",
    ),
    _words(Takes.MAYBE, "MULTIPART_FILENAME MULTIPART_NAME", Fate.UNENFORCED, "FILES and FILES_NAMES have them"),
    _words(
        Takes.NOTHING,
        "MULTIPART_BOUNDARY_QUOTED MULTIPART_BOUNDARY_WHITESPACE MULTIPART_CRLF_LF_LINES MULTIPART_DATA_AFTER "
        "MULTIPART_DATA_BEFORE MULTIPART_FILE_LIMIT_EXCEEDED MULTIPART_HEADER_FOLDING MULTIPART_INVALID_HEADER_FOLDING "
        "MULTIPART_INVALID_PART MULTIPART_INVALID_QUOTING MULTIPART_LF_LINE MULTIPART_MISSING_SEMICOLON "
        "MULTIPART_SEMICOLON_MISSING",
        Fate.UNENFORCED,
        "MULTIPART_STRICT_ERROR stands for all of them",
    ),
    _words(Takes.NOTHING, "URLENCODED_ERROR REQBODY_PROCESSOR_ERROR_MSG", Fate.UNENFORCED, "REQBODY_ERROR_MSG has the reason"),
    _words(Takes.NOTHING, "FULL_REQUEST FULL_REQUEST_LENGTH", Fate.UNENFORCED, "a request is inspected in its parts"),
    _words(
        Takes.NOTHING,
        "AUTH_TYPE REMOTE_USER REMOTE_PORT SERVER_ADDR SERVER_PORT WEBAPPID MODSEC_BUILD",
        Fate.UNENFORCED,
        "rules see the exchange, not the connection or the caller",
    ),
    _words(
        Takes.NOTHING,
        "TIME TIME_DAY TIME_EPOCH TIME_HOUR TIME_MIN TIME_MON TIME_SEC TIME_WDAY TIME_YEAR",
        Fate.UNENFORCED,
        "a decision does not depend on the time of day, so that it can be repeated",
    ),
    _words(Takes.MAYBE, "FILES_TMPNAMES", Fate.UNENFORCED, _TEMPORARY),
    _words(Takes.MAYBE, "GLOBAL IP RESOURCE SESSION USER", Fate.OWN, "always empty: " + _STORED),
    _words(Takes.NOTHING, "RESOURCEID SESSIONID USERID", Fate.UNENFORCED, _STORED),
    _words(Takes.MAYBE, "GEO", Fate.UNENFORCED, "there is no database of places"),
    _words(Takes.MAYBE, "ENV", Fate.UNENFORCED, "rules do not see the environment of the process"),
    _words(Takes.NOTHING, "MSC_PCRE_ERROR MSC_PCRE_LIMITS_EXCEEDED", Fate.UNENFORCED, "matching has no such limits"),
    _words(
        Takes.NOTHING,
        "PERF_ALL PERF_COMBINED PERF_GC PERF_LOGGING PERF_PHASE1 PERF_PHASE2 PERF_PHASE3 PERF_PHASE4 PERF_PHASE5 PERF_SREAD "
        "PERF_SWRITE SCRIPT_BASENAME SCRIPT_FILENAME SCRIPT_GID SCRIPT_GROUPNAME SCRIPT_MODE SCRIPT_UID SCRIPT_USERNAME "
        "SDBM_DELETE_ERROR STREAM_INPUT_BODY STREAM_OUTPUT_BODY USERAGENT_IP WEBSERVER_ERROR_LOG",
        Fate.UNENFORCED,
        _OLD,
    ),
    _words(Takes.MAYBE, "PERF_RULES", Fate.UNENFORCED, _OLD),
)
"""By lower-case name. `takes`: the selector."""

OPERATORS: Words = _table(
    _words(
        Takes.SOMETHING,
        "rx rxGlobal pm pmFromFile pmf contains containsWord beginsWith endsWith within streq strmatch eq ge gt le lt ipMatch "
        "ipMatchFromFile ipMatchF validateByteRange",
    ),
    _words(Takes.SOMETHING, "verifyCC verifyCPF verifySSN verifySVNR", Fate.UNENFORCED, "there are no checksums of numbers"),
    _words(Takes.NOTHING, "detectSQLi detectXSS noMatch unconditionalMatch validateUrlEncoding validateUtf8Encoding"),
    _words(Takes.SOMETHING, "rbl gsbLookup", Fate.UNENFORCED, "nothing is asked of others while a request waits"),
    _words(Takes.NOTHING, "geoLookup", Fate.UNENFORCED, "there is no database of places"),
    _words(Takes.SOMETHING, "inspectFile fuzzyHash", Fate.UNENFORCED, "no programs are run and no files are written"),
    _words(Takes.SOMETHING, "validateDTD validateSchema", Fate.UNENFORCED, "bodies are held against contracts instead"),
    _words(Takes.SOMETHING, "validateHash rsub", Fate.UNENFORCED, "bodies are never rewritten"),
)
"""By lower-case name, without "@"."""

XPATHS = ("/*", "//@*")
"""Selectors of XML that have values."""

ALIASES: Mapping[str, str] = {"pmf": "pmfromfile", "ipmatchf": "ipmatchfromfile"}
"""Names of operators that mean another one."""

ACTIONS: Words = _table(
    _words(Takes.NOTHING, "block deny pass chain capture multiMatch log nolog"),
    _words(Takes.NOTHING, "auditlog noauditlog", why="there is one record for each exchange"),
    _words(Takes.NOTHING, "drop", why="as deny"),
    _words(Takes.SOMETHING, "redirect", why="as deny"),
    _words(Takes.MAYBE, "allow"),
    _words(
        Takes.SOMETHING,
        "id phase t status skip skipAfter setvar ctl msg logdata tag severity ver rev maturity accuracy",
    ),
    _words(Takes.SOMETHING, "initcol setuid setsid setrsc expirevar deprecatevar", Fate.OWN, _STORED),
    _words(Takes.SOMETHING, "setenv", Fate.OWN, "there is no environment to hand to the server behind"),
    _words(
        Takes.SOMETHING,
        "sanitiseArg sanitiseMatchedBytes sanitiseRequestHeader sanitiseResponseHeader sanitizeArg sanitizeMatchedBytes "
        "sanitizeRequestHeader sanitizeResponseHeader",
        Fate.OWN,
        "records mask by themselves what is secret",
    ),
    _words(Takes.NOTHING, "sanitiseMatched sanitizeMatched", Fate.OWN, "records mask by themselves what is secret"),
    _words(Takes.SOMETHING, "xmlns", Fate.OWN, "names in XML are not told apart"),
    _words(Takes.SOMETHING, "exec", Fate.UNENFORCED, "no programs are run"),
    _words(Takes.SOMETHING, "append prepend", Fate.UNENFORCED, "responses are never added to"),
    _words(Takes.SOMETHING, "proxy pause", Fate.UNENFORCED, _OLD + "; the rule denies nothing by it"),
)
"""By lower-case name. `takes`: the argument."""

CONTROLS: Words = _table(
    _words(Takes.SOMETHING, "ruleEngine ruleRemoveById ruleRemoveByTag ruleRemoveByMsg"),
    _words(Takes.SOMETHING, "ruleRemoveTargetById ruleRemoveTargetByTag ruleRemoveTargetByMsg"),
    _words(Takes.SOMETHING, "requestBodyProcessor forceRequestBodyVariable"),
    _words(Takes.SOMETHING, "requestBodyAccess responseBodyAccess", Fate.OWN, "the policy says what is inspected"),
    _words(Takes.SOMETHING, "parseXmlIntoArgs", Fate.OWN, "bodies have one reading for all of Yett"),
    _words(Takes.SOMETHING, "auditEngine auditLogParts debugLogLevel", Fate.OWN, _RECORDS),
    _words(Takes.SOMETHING, "requestBodyLimit responseBodyLimit", Fate.UNENFORCED, "the policy's limits are never loosened"),
    _words(Takes.SOMETHING, "forceResponseBodyVariable", Fate.UNENFORCED, _OLD),
    _words(Takes.SOMETHING, "hashEngine hashEnforcement", Fate.UNENFORCED, "responses are never rewritten"),
)
"""What `ctl` changes, by lower-case name."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "ruleengine": ("On", "Off", "DetectionOnly"),
    "requestbodyprocessor": ("URLENCODED", "MULTIPART", "XML", "JSON"),
    "requestbodyaccess": ("On", "Off"),
    "forcerequestbodyvariable": ("On", "Off"),
    "responsebodyaccess": ("On", "Off"),
    "parsexmlintoargs": ("On", "Off", "OnlyArgs"),
    "allow": ("phase", "request"),
}
"""What may follow a control, or the action `allow`."""

LONGEST_WORD = 64
"""Characters of a word that is still compared with the known ones: comparing takes time in its square."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """A hint for a word that is not known: "did you mean 'x'?", or ""."""
    if len(word) > LONGEST_WORD:
        return ""
    spelled = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), spelled, 1, 0.6)
    return f"did you mean {spelled[close[0]]!r}?" if close else ""
