"""What the names in logs mean: variables of nginx, keys of JSON, columns; one table, because people name keys after variables.

A name is compared without case and without anything but letters and digits. It must not know where a name was found.

Sources: the documentation of nginx (variables of ngx_http_core_module and ngx_http_upstream_module), Envoy (access logging), Kong
(http-log), Cloudflare (Logpush, HTTP requests), AWS API Gateway ($context), Traefik, Caddy, Google Cloud (HttpRequest), Azure
Application Gateway, and the Elastic Common Schema.
"""

import re

_NOT_PLAIN = re.compile("[^0-9a-z]+")
_FIELD = re.compile("[A-Za-z0-9-]{1,100}")
_HEADERS = re.compile(r"(?:http_|req_header_|request_header_|request_(?=[A-Z]))(.+)")
_ANSWERS = re.compile(r"(?:sent_http_|upstream_http_|resp_header_|response_header_|downstream_(?=[A-Z]))(.+)")

_OF = {
    "method": "method requestmethod httpmethod httprequestmethod clientrequestmethod reqmethod verb httpverb csmethod",
    "request": "request requestline reqline",
    "target": "requesturi rawuri originaluri clientrequesturi rawpath urloriginal envoyoriginalpath originalpath uriquery",
    "url": "url requesturl fullurl urlfull httpurl clientrequesturl",
    "path": "uri path documenturi requestpath urlpath clientrequestpath pathname httppath csuristem upath",
    "query": "args query querystring urlquery requestquery csuriquery clientrequestquery httpquery",
    "version": "serverprotocol protocol httpversion requestprotocol clientrequestprotocol proto httpprotocol csprotocolversion",
    "status": "status statuscode responsecode httpstatus httpstatuscode responsestatus responsestatuscode edgeresponsestatus"
    " downstreamstatus httpresponsestatuscode code scstatus elbstatuscode respstatus",
    "size": "bodybytessent responsesize responselength bodybytes edgeresponsebodybytes downstreamcontentsize httpresponsebodybytes",
    "size?": "bytessent bytes edgeresponsebytes sentbytes scbytes bytesout",
    "address": "remoteaddr clientip remoteip sourceip identitysourceip clientaddress cip clienthost requestremoteip"
    " requestclientip sourceaddress downstreamremoteaddresswithoutport",
    "address?": "ip ipaddress remotehost client",
    "peer": "clientaddr downstreamremoteaddress remoteaddress requestremoteaddr",
    "user": "remoteuser user username userid principal principalid authorizerprincipalid csusername clientusername enduser"
    " authorizerclaimssub authorizerjwtclaimssub consumerusername authenticateduser",
    "user?": "consumer identityuser consumerid authenticatedentityid authenticatedentityconsumerid",
    "host": "httphost requesthost authority clientrequesthost xhostheader urldomain domainname vhost virtualhost hostheader",
    "host?": "host serverhost cshost",
    "name": "servername requestedservername",
    "scheme": "scheme requestscheme clientrequestscheme urlscheme csprotocol https",
    "id": "requestid reqid rayid xrequestid xamznrequestid xedgerequestid tracerequestid",
    "route": "resourcepath route httproute routetemplate routepattern matchedroute pathtemplate urltemplate",
    "route_key": "routekey",
    "stage": "stage",
    "service": "service servicename apiname",
    "weight": "sampleinterval samplerate",
    "body": "requestbody reqbody",
    "answer_body": "responsebody respbody",
    "time:common": "timelocal requesttimelocal",
    "time:any": "timeiso8601 msec timestamp time ts datetime date starttime startutc startedat edgestarttimestamp requesttimeepoch"
    " startlocal starttimestamp eventtime timemsec",
    "took:s": "requesttime requestduration requesttimeseconds durationseconds durations latencys",
    "took:ms": "durationms responsetimems latencyms tookms elapsedms responselatency latenciesrequest originresponsedurationms"
    " requesttimems edgetimetofirstbytems timetakenms",
    "took:us": "durationus latencyus elapsedus requesttimeus",
    "took:ns": "eventduration durationns latencyns",
    "field:User-Agent": "httpuseragent useragent agent clientrequestuseragent useragentoriginal csuseragent identityuseragent ua",
    "field:Referer": "httpreferer referer referrer clientrequestreferer httprequestreferrer csreferer",
    "field:Content-Type": "contenttype requestcontenttype",
    "field:Content-Length": "contentlength requestcontentlength",
    "field:X-Forwarded-For": "httpxforwardedfor xforwardedfor forwardedfor",
    "answer:Content-Type": "senthttpcontenttype edgeresponsecontenttype responsecontenttype sccontenttype",
}
ROLES = {name: role for role, names in _OF.items() for name in names.split()}
"""Normalised name to role."""

_LONGEST = 200


def normal(name: str) -> str:
    return _NOT_PLAIN.sub("", name.lower())


def role_of(name: str) -> str:
    """The role of a name as it stands in a format; empty if it has none. See `yett.formats.recordings.logs.making`."""
    if len(name) > _LONGEST:
        return ""
    found = ROLES.get(normal(name))
    if found is not None:
        return found
    for pattern, kind in ((_ANSWERS, "answer"), (_HEADERS, "field")):
        match = pattern.fullmatch(name)
        field = titled(match[1]) if match is not None else ""
        if field:
            return "host" if field == "Host" else f"{kind}:{field}"
    return ""


def titled(name: str) -> str:
    """The usual spelling of a field's name: `x_api_key` is X-Api-Key; empty for what is none."""
    text = name.replace("_", "-").strip("-")
    return "-".join(part[:1].upper() + part[1:].lower() for part in text.split("-")) if _FIELD.fullmatch(text) else ""
