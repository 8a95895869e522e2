"""smbd with the shares, and the passwords of their users."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from shlex import quote

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import smb_conf, tmpfiles, users
from sovereign.rehearse.render.smb_conf import Section
from sovereign.rehearse.render.systemd_unit import nixos_service, service, target
from sovereign.rehearse.values import Given, parse

AFTER = ("access", "network", "secrets", "system", "wireguard")

_CONFIGURATION = "/etc/samba/smb.conf"
_FOLDERS = "/etc/tmpfiles.d/00-samba.conf"
_ACCOUNTS = "/etc/sovereign/scripts/accounts-samba"
_OWN_FOLDERS = ("/var/lock/samba", "/var/log/samba", "/var/cache/samba", "/var/lib/samba/private")
_TARGET = {
    "description": "Samba Server",
    "after": ["network.target"],
    "wants": ["network-online.target"],
    "wantedBy": ["multi-user.target"],
}
_DAEMONS = {
    "nmbd": ("Samba NMB Daemon", {}),
    "winbindd": ("Samba Winbind Daemon", {}),
    "smbd": ("Samba SMB Daemon", {"LimitNOFILE": 16384}),
}


class _Daemon(Given):
    enable: bool
    extra_args: tuple[str, ...]
    unit: Mapping[str, object]


class _Samba(Given):
    enable: bool
    settings: Mapping[str, Section]
    daemons: Mapping[str, _Daemon]
    groups: Mapping[str, tuple[str, ...]]
    rules: tuple[str, ...]
    users: Mapping[str, object]

    @property
    def folders(self) -> tuple[str, ...]:
        """The rules for what lies in a share."""
        shares = [
            PurePosixPath(str(one["path"])) for one in self.settings.values() if "path" in one
        ]
        return tuple(
            rule
            for rule in self.rules
            if any(_path(rule).is_relative_to(share) for share in shares)
        )

    @property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        """The groups that own what lies in a share, or that have members."""
        owners = {words[4] for rule in self.folders if len(words := rule.split()) > 4}
        return {name: who for name, who in self.groups.items() if who or name in owners}


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Return the server with its users, where it is enabled."""
    del world
    samba = parse(_Samba, given)
    if not samba.enable:
        return Furnishing()
    own = tuple(f"d {folder} - - - - -" for folder in _OWN_FOLDERS)
    folders = tmpfiles.rules_file((*own, *samba.folders))
    script = users.accounts_script({}, samba.members)
    daemons = [name for name in _DAEMONS if samba.daemons[name].enable]
    wanted = ("samba-users.service", *(f"samba-{name}.service" for name in daemons), "samba.target")
    return Furnishing(
        files=(
            Placed(_CONFIGURATION, smb_conf.smb_conf(samba.settings), stand_in=smb_conf.STAND_IN),
            Placed(_FOLDERS, folders, stand_in=tmpfiles.STAND_IN),
            Placed(_ACCOUNTS, script, 0o755, stand_in=users.STAND_IN),
            target("samba", _TARGET),
            *(file for name in daemons for file in _daemon(name, samba.daemons[name])),
            *service("samba-users", samba.users),
        ),
        commands=(
            (_ACCOUNTS,),
            ("systemd-tmpfiles", "--create", _FOLDERS),
            ("systemctl", "enable", *wanted),
        ),
        units=wanted,
    )


def _path(rule: str) -> PurePosixPath:
    """Return the path of a rule of tmpfiles.d."""
    words = rule.split()
    return PurePosixPath(words[1] if len(words) > 1 else "")


def _daemon(name: str, daemon: _Daemon) -> tuple[Placed, ...]:
    description, settings = _DAEMONS[name]
    command = " ".join(
        (f"/usr/sbin/{name} --foreground --no-process-group", *map(quote, daemon.extra_args))
    )
    unit = {
        "description": description,
        "documentation": [f"man:{name}(8)", "man:samba(7)", "man:smb.conf(5)"],
        "after": ["network.target", "network-online.target"],
        "partOf": ["samba.target"],
        "wantedBy": ["samba.target"],
        "wants": ["network-online.target"],
        "serviceConfig": {
            "ExecReload": "kill -HUP $MAINPID",
            "ExecStart": command,
            "LimitCORE": "infinity",
            "PIDFile": f"/run/samba/{name}.pid",
            "Slice": "system-samba.slice",
            "Type": "notify",
            **settings,
        },
        "unitConfig": {"RequiresMountsFor": "/var/lib/samba"},
    }
    return nixos_service(f"samba-{name}", unit, daemon.unit)
