"""Who may connect, how fast each may send, and who sends without frames.

The table is made from the devices' own rows and replaced as a whole when they change; nothing here
asks a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.device_profile import Framing, eui64

Network = IPv4Network | IPv6Network
MESSAGES_PER_S = 200
"""What a connection may send when nothing else is said: far above any bedside device."""


@dataclass(frozen=True, slots=True)
class PeerRules:
    """How one sender is treated. ``messages_per_s`` 0: as fast as it likes."""

    messages_per_s: int = MESSAGES_PER_S
    framing: Framing = Framing.MLLP


@dataclass(frozen=True, slots=True)
class Peers:
    """The rules of every sender. ``allowed`` empty: whoever reaches the port may connect."""

    allowed: tuple[Network, ...] = ()
    usual: PeerRules = PeerRules()
    by_network: tuple[tuple[Network, PeerRules], ...] = ()
    by_equipment: Mapping[str, PeerRules] = field(default_factory=dict)

    def may_connect(self, peer: str) -> bool:
        """Whether an address may connect at all."""
        return not self.allowed or any(_holds(network, peer) for network in self.allowed)

    def rules_of(self, peer: str) -> PeerRules:
        """Return the rules of an address: the narrowest network of a device that holds it."""
        found = [(n.prefixlen, rules) for n, rules in self.by_network if _holds(n, peer)]
        return max(found, key=lambda pair: pair[0])[1] if found else self.usual

    def rules_of_equipment(self, identifiers: Iterable[str]) -> PeerRules | None:
        """Return the rules of a device named in a message, if it has some of its own."""
        known = map(eui64, identifiers)
        return next((self.by_equipment[i] for i in known if i in self.by_equipment), None)


def networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks, by commas. Raises InvalidValue that names the wrong one."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            found.append(ip_network(part, strict=False))
        except ValueError:
            raise InvalidValue(
                f"{part!r} is not an address or a network, such as 10.1.0.7 or 10.1.0.0/24."
            ) from None
    return tuple(found)


def _holds(network: Network, peer: str) -> bool:
    try:
        return ip_address(peer) in network
    except ValueError:
        return False
