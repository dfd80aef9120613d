"""Which destinations the vendor delivers to: https at public addresses, and in a sandbox also loopback."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore

from .problems import Problem

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
_HTTP_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)


class Destinations:
    def __init__(self, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback

    def check_url(self, url: str) -> None:
        """Judges a URL by its scheme and by an address in it; a name is judged at each connection. Raises Problem."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise _refused("The URL is not valid.") from None
        if not _HTTP_URL.fullmatch(url) or not host:
            raise _refused("Send an https URL.")
        if parts.username is not None or parts.password is not None:
            raise _refused("A URL contains no user name or password.")
        address = _address_in(host)
        loopback = (address.is_loopback if address else host == "localhost") and self._allow_loopback
        if parts.scheme != "https" and not loopback:
            raise _refused("Send an https URL.")
        if not loopback and (host == "localhost" or (address and not self.allows(str(address)))):
            raise _refused("The address is not public.")

    def allows(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        return _is_public(ip) or (self._allow_loopback and ip.is_loopback)


class GuardedNetwork(httpcore.AnyIOBackend):
    """Resolves a name itself and connects only to addresses that were checked."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"cannot resolve {host}") from error
        addresses = [entry[4][0] for entry in found]
        if not all(map(self._destinations.allows, addresses)):
            raise httpcore.ConnectError(f"{host} resolves to an address that is not public")
        return await super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def _address_in(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, also in the forms that the system accepts, such as 0x7f.1 and 2130706433."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return ipaddress.ip_address(found[0][4][0].partition("%")[0])


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if ip.version == 6:
        # An IPv6 address that contains an IPv4 address reaches that address.
        if ip.ipv4_mapped:
            return _is_public(ip.ipv4_mapped)
        if ip in _NAT64:
            return _is_public(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if ip in _SIX_TO_FOUR:
            return _is_public(ip.sixtofour)
        if ip.is_site_local or ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _refused(detail: str) -> Problem:
    return Problem(400, "invalid_destination", "Invalid destination", detail)
