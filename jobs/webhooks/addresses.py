"""Which addresses may be sent to: none that lead into a private network, unless a setting allows it."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from uuid import UUID

import httpx
from django.conf import settings

from documents.errors import InvalidInput

Address = IPv4Address | IPv6Address

_LONGEST_URL = 500
_LONGEST_HOST = 200
_PORTS = (80, 443)  # below 1024; the others there are mail servers and the like
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def check_url(url: str) -> str:
    """The address, if it is one to send to; InvalidInput `webhook_url_refused` says what is wrong with it.

    Of a host name only the form is checked: where it leads is looked at each time something is sent.
    """
    parsed = _parsed(url)
    if wrong := _fault(parsed) or (len(url) > _LONGEST_URL and f"it is longer than {_LONGEST_URL} characters"):
        raise _refusal(wrong)
    if not all(is_allowed(address) for address in _spelled_out(parsed.host)):
        raise refusal(parsed.host)
    return url


def is_allowed(address: Address) -> bool:
    """Whether the address is a public one, or in a network of WEBHOOKS_ALLOW_PRIVATE.

    An IPv4 address inside of an IPv6 one (mapped, 6to4, NAT64) counts as itself.
    """
    inner = _inner(address)
    if any(one in network for network in settings.WEBHOOKS_ALLOW_PRIVATE for one in (address, inner)):
        return True
    public = inner.is_global and not (inner.is_multicast or inner.is_reserved)
    return public and (inner.version == 4 or inner in _UNICAST)


def refusal(host: str) -> InvalidInput:
    """The error for a host that leads into a private network."""
    return _refusal(f"{host} is in a private or reserved network; an operator can allow it by WEBHOOKS_ALLOW_PRIVATE")


def callback_target(workspace_id: UUID, url: str) -> str:
    """The target that a callback belongs to: others at the same host fail together, those of other workspaces not."""
    return f"{workspace_id}/{httpx.URL(url).netloc.decode()}"


def _refusal(wrong: str) -> InvalidInput:
    return InvalidInput("webhook_url_refused", f"Nothing can be sent to this address: {wrong}.")


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        parsed.host  # noqa: B018 - the name is decoded here
    except (httpx.InvalidURL, ValueError) as error:  # ValueError: a host name that IDNA doesn't know
        raise _refusal("it is not a URL") from error
    return parsed


def _fault(url: httpx.URL) -> str:
    """What is wrong with the form of an address; nothing, mostly."""
    if url.scheme not in ("http", "https") or not url.host:
        return "it must begin with https:// or http://, and name a host"
    if url.userinfo:
        return "a name or password in it would be shown to others; the signature says who is calling"
    if url.port is not None and url.port not in _PORTS and not 1024 <= url.port <= 65535:
        return f"its port must be {' or '.join(map(str, _PORTS))}, or 1024 and above"
    if len(url.host) > _LONGEST_HOST:
        return f"its host name is longer than {_LONGEST_HOST} characters"
    return ""


def _spelled_out(host: str) -> list[Address]:
    """The addresses that a host says of itself, in any spelling (127.1, 0x7f000001); none if it is a name."""
    if host == "localhost" or host.endswith(".localhost"):
        return [IPv4Address("127.0.0.1")]
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address
