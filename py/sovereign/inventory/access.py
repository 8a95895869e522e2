"""Who administers a host, and how they get in."""

from sovereign.inventory.base import AbsolutePath, Account, Address, Many, Model, Name


class Ssh(Model):
    """OpenSSH: keys only."""

    port: Name = "ssh"
    """The ledger's name of the port."""

    zones: Many[Name]
    """The zones that may connect."""

    listen: Many[Address] = ()
    """Addresses to listen on; none: all, and the firewall decides."""

    host_keys: AbsolutePath = "/persist/etc/ssh"
    """The folder of the host's keys, which outlives a boot."""


class Access(Model):
    """The fleet's operators that may log in here, and the SSH server."""

    operators: Many[Account]
    ssh: Ssh
