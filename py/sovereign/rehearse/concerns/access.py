"""sshd, the host's keys, and the accounts that may come in."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import sshd_config, users
from sovereign.rehearse.render.sshd_config import HostKey, ListenAddress, Value
from sovereign.rehearse.render.systemd_unit import nixos_service
from sovereign.rehearse.values import Given, parse

AFTER = ("system",)

_ACCOUNTS = "/etc/sovereign/scripts/accounts"
_CONFIGURATION = "/etc/ssh/sshd_config"
_SFTP = "/usr/lib/openssh/sftp-server"
_SERVER = {
    "after": ["network.target", "sshd-keygen.service"],
    "description": "SSH Daemon",
    "wants": ["sshd-keygen.service"],
    "wantedBy": ["multi-user.target"],
    "serviceConfig": {
        "ExecStart": f"/usr/sbin/sshd -D -f {_CONFIGURATION}",
        "KillMode": "process",
        "Restart": "always",
        # The folder that Debian's sshd was built to ask for.
        "RuntimeDirectory": "sshd",
        "Type": "notify-reload",
    },
}


class _Person(Given):
    description: str
    extra_groups: tuple[str, ...]


class _Keys(BaseModel):
    model_config = ConfigDict(frozen=True)

    keys: tuple[str, ...]
    files: tuple[str, ...]


class _Access(Given):
    enable: bool
    allow_sftp: bool = Field(alias="allowSFTP")
    authorized_keys_in_homedir: bool
    enable_ipv6: bool = Field(alias="enableIPv6")
    extra_config: str
    host_keys: tuple[HostKey, ...]
    listen_addresses: tuple[ListenAddress, ...]
    ports: tuple[int, ...]
    settings: Mapping[str, Value]
    sftp_flags: tuple[str, ...]
    people: Mapping[str, _Person]
    keys: Mapping[str, _Keys]


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Return the accounts with their groups and keys and, where it is enabled, sshd."""
    del world
    access = parse(_Access, given)
    groups = sorted({group for person in access.people.values() for group in person.extra_groups})
    members = {
        group: [name for name, person in access.people.items() if group in person.extra_groups]
        for group in groups
    }
    people = {name: person.description for name, person in access.people.items()}
    script = users.accounts_script(people, members)
    accounts = Placed(_ACCOUNTS, script, 0o755, stand_in=users.STAND_IN)
    if not access.enable:
        return Furnishing((accounts,), ((_ACCOUNTS,),))
    return Furnishing(
        files=(accounts, *_keys(access), *_server(access)),
        commands=((_ACCOUNTS,), ("systemctl", "enable", "sshd-keygen.service", "sshd.service")),
        units=("sshd-keygen.service", "sshd.service"),
    )


def _keys(access: _Access) -> tuple[Placed, ...]:
    return tuple(
        Placed(
            f"{sshd_config.KEYS}/{name}",
            sshd_config.authorized_keys(keys.keys, keys.files),
            0o444,
            stand_in="authorized keys rendered from options",
        )
        for name, keys in access.keys.items()
        if keys.keys or keys.files
    )


def _server(access: _Access) -> tuple[Placed, ...]:
    homes = ("%h/.ssh/authorized_keys",) if access.authorized_keys_in_homedir else ()
    own = sshd_config.own_lines(
        ipv6=access.enable_ipv6,
        ports=access.ports,
        addresses=access.listen_addresses,
        sftp=(_SFTP, *access.sftp_flags) if access.allow_sftp else None,
        key_files=(*homes, f"{sshd_config.KEYS}/%u"),
        host_keys=access.host_keys,
    )
    text = sshd_config.sshd_config(access.settings, _joined(own, access.extra_config))
    missing = [f"|!{key.path}" for key in access.host_keys]
    keygen = {
        "description": "SSH Host Keys Generation",
        "script": sshd_config.keygen_script(access.host_keys),
        "serviceConfig": {"Type": "oneshot"},
        "unitConfig": {"ConditionFileNotEmpty": missing},
        "wantedBy": ["multi-user.target"],
    }
    return (
        Placed(_CONFIGURATION, text, stand_in=sshd_config.STAND_IN),
        *nixos_service("sshd-keygen", keygen, {}),
        *nixos_service("sshd", _SERVER, {}),
    )


def _joined(own: str, more: str) -> str:
    """Put NixOS's own lines first; its module may have done so, with its own sftp server."""
    first, _, rest = more.partition("AuthorizedKeysFile ")
    if first.startswith("AddressFamily "):
        host_lines = [line for line in rest.splitlines()[1:] if not line.startswith("HostKey ")]
        return "\n".join([own, *host_lines])
    return f"{own}\n{more}" if more else own
