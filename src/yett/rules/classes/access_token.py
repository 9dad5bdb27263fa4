"""Tokens of sessions and access: session ids, bearer and refresh tokens, CSRF tokens left out.

Whoever holds one acts as its user. Only the name tells, and the value must be long and without blanks.
"""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_random(text: str) -> bool:
    return len(set(text)) >= 8 and any(one.isdigit() for one in text)


CLASS = DataClass(
    id="access-token",
    title="Access or session token",
    category=Category.CREDENTIAL,
    severity=Severity.HIGH,
    hints=phrases(
        "access token, refresh token, auth token, authentication token, session token, session id, session key, "
        "session, sid, bearer, bearer token, token, oauth token, user token, api token, authorization, id token, "
        "jsessionid, phpsessid, x auth token, login token, remember token, sessionid, personal access token, device "
        "token, reset token, password reset token, magic link token, authorization code, auth code, set cookie, "
        "invite token, private token, client assertion, access jwt, refresh jwt, oauth access token, oauth refresh "
        "token, service token, push token, registration token, verification token, sso token, samlresponse, ticket, "
        "user session, auth"
    ),
    forms=(Form(pattern=r"(?i:bearer |basic |token )?[A-Za-z0-9+/=_.~:!|%-]{16}[A-Za-z0-9+/=_.~:!|%-]*", check=_is_random),),
    references=("https://www.rfc-editor.org/rfc/rfc6750",),
    matches=(
        Specimen("access_token", "2YotnFZFEjr1zCsicMWpAA"),
        Specimen("sessionId", "a3f9c1d07be24f5c9a8e"),
        Specimen("Authorization", "Bearer mF_9.B5f-4.1JqM7x"),
    ),
    passes=(
        Specimen("token_type", "Bearer"),
        Specimen("csrf", "a3f9c1d07be24f5c9a8e"),
        Specimen("token", "next"),
        Specimen("page_token", "CAUQAA"),
    ),
)
