"""A guest that is the rehearsed host: systemd as its first process, furnished, its world around it."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import join, quote

from sovereign.expectations.document import Document
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import Inventory, load
from sovereign.rehearse.concerns import CONCERNS, network
from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.keys import Keys, make_keys
from sovereign.rehearse.project import copy_project
from sovereign.rehearse.render.wireguard_netdev import tunnels
from sovereign.rehearse.surroundings import Surroundings, surroundings
from sovereign.rehearse.values import evaluate
from sovereign.rehearse.vm.guest import Guest, light_guest
from sovereign.rehearse.vm.proof import Tell
from sovereign.rehearse.vm.qemu import Machine
from sovereign.rehearse.vm.wired import card_files, cards, script
from sovereign.rehearse.wiring import namespace
from sovereign.run import Completed

_SYSTEMD = "/sbin/init"
_MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer"),
    *("e2scrub_reap.service", "fstrim.timer", "mdmonitor.service", "nmbd.service", "smbd.service"),
    *("samba-ad-dc.service", "winbind.service", "ssh.service", "ssh.socket", "sshd-keygen.service"),
    *("getty@tty1.service", "serial-getty@ttyS0.service", "systemd-pstore.service"),
    *("zfs-import-cache.service", "zfs-load-module.service", "zfs-mount.service"),
    *("zfs-share.service", "zfs-volume-wait.service", "zfs-zed.service"),
)
"""The distribution's own services: only what is furnished is to run."""

_SSH = """[Unit]
DefaultDependencies=no
After=systemd-sysusers.service systemd-udev-trigger.service
[Service]
ExecStartPre=/usr/bin/mkdir -p /run/sshd
ExecStart=/usr/sbin/sshd -D -e -f /etc/rehearsal/sshd_config
"""
_MEMORY_MIB = 3072


@dataclass(frozen=True, slots=True)
class RehearsedHost:
    """The host as it runs; `values` are what its options evaluate to, with our keys in them."""

    guest: Guest
    inventory: Inventory
    name: str
    document: Document
    around: Surroundings
    values: Mapping[str, Mapping[str, object]]
    keys: Keys
    folder: Path

    def run(self, commands: str, *, timeout: float = 300, check: bool = True) -> Completed:
        """Run commands of bash on the host as root. Raises GuestError."""
        return self.guest.run(commands, timeout=timeout, check=check)

    def at(self, who: str, commands: str, *, timeout: float = 300, check: bool = True) -> Completed:
        """Run commands in the network of a zone's machine, or of a far end. Raises GuestError."""
        enter = f"nsenter --net=/run/netns/{namespace(who)} bash -euo pipefail -c"
        return self.guest.run(f"{enter} {quote(commands)}", timeout=timeout, check=check)

    def place(self, files: Iterable[Placed]) -> None:
        """Write files. Raises GuestError."""
        self.guest.run("\n".join(written(file) for file in files))

    def furnish(self, furnishing: Furnishing) -> None:
        """Place its files, run its commands and restart its units. Raises GuestError."""
        self.place(furnishing.files)
        units = (("systemctl", "restart", unit) for unit in furnishing.units)
        words = (("systemctl", "daemon-reload"), *furnishing.commands, *units)
        self.guest.run("\n".join(join(each) for each in words))

    def vantages(self) -> Iterator[str]:
        """The words by which the suite gets into the machine of each zone, and its credentials."""
        around = self.around
        zones = {one.zone: one.zone for one in (around.uplink, *around.neighbours)}
        for zone, who in ({end.zone: end.name for end in around.far_ends} | zones).items():
            spec = f"ssh://{namespace(who)}?ssh_config={self.guest.folder / 'ssh_config'}"
            yield from ("--from", f"{zone}={spec}")
        yield from ("--credentials", str(self.folder / "private" / "credentials"))


@contextmanager
def rehearsed_host(
    project: Path, name: str, folder: Path, vm_root: Path, tell: Tell
) -> Iterator[RehearsedHost]:
    """Boot the host with its network, its tunnels and its shares; end it whatever happens.

    `folder` is made. Raises EvaluationError, GuestError, ProgramError.
    """
    private = folder / "private"
    private.mkdir(parents=True, mode=0o700)
    theirs = load(project)
    document = expect_host(theirs, name)
    tell("keys are made and the options evaluated")
    keys = make_keys(theirs, surroundings(theirs, name, document.expectations), vm_root, private)
    keys.leave_credentials(private / "credentials")
    copy = folder / "project"
    copy_project(project, copy, keys)
    (folder / "expectations.json").write_text(keys.substitute(document.text()), "utf-8")
    ours = load(copy)
    around = surroundings(ours, name, document.expectations)
    values = evaluate(copy, name)
    masked = (f"systemd.mask={unit}" for unit in _MASKED)
    wanted = ("systemd.wants=rehearsal-ssh.service", "systemd.wants=systemd-networkd.service")
    machine = Machine(memory=_MEMORY_MIB, append=" ".join((*masked, *wanted)), extra=cards(around))
    put = (
        Placed("/etc/systemd/system/rehearsal-ssh.service", _SSH),
        *card_files(),
        *network.wires(values["network"]),
    )
    with light_guest(vm_root, folder / "guest", machine, put, tell, first=_SYSTEMD) as guest:
        host = RehearsedHost(guest, ours, name, document, around, values, keys, folder)
        tell("the host is furnished")
        _furnish(host)
        _open_vantages(host)
        yield host


def _furnish(host: RehearsedHost) -> None:
    world = World(host.name, host.around.names)
    made = {name: CONCERNS[name].furnish(host.values[name], world) for name in _wanted(host)}
    host.place(Placed(path, text, 0o600) for path, text in host.keys.secrets.items())
    host.furnish(made["system"])
    # The accounts, which come first; the guest's own sshd stays in the place of the host's.
    access = made["access"]
    host.furnish(Furnishing(access.files, access.commands[:1]))
    host.run("modprobe -a tcp_bbr sch_fq")
    host.place(tunnels(host.values["wireguard"]))
    host.furnish(made["network"])
    # Not before the uplink is up, for a wire with an idle end holds up the other.
    far = {end.name: host.keys.private[end.public_key] for end in host.around.far_ends}
    host.run(script(host.around, host.inventory.fleet, far))
    host.run(_WAIT.format(link=host.around.uplink.host_interface))
    if "samba" in made:
        host.furnish(made["samba"])


_WAIT = """for try in $(seq 120); do
  ip -4 -o address show {link} | grep -q . && exit 0
  sleep 0.5
done
echo 'the uplink got no address' >&2
exit 1
"""


def _wanted(host: RehearsedHost) -> tuple[str, ...]:
    shares = ("samba",) if host.inventory.hosts[host.name].samba else ()
    return ("system", "access", "network", *shares)


def written(file: Placed) -> str:
    """A command that writes a file; its text is an argument of no program."""
    text = base64.b64encode(file.text.encode()).decode()
    owner = f"-o {quote(file.owner)} -g {quote(file.group)}"
    return (
        f"base64 -d <<'END' | install -D -m {file.mode:04o} {owner} /dev/stdin {quote(file.path)}\n"
        f"{text}\nEND"
    )


def _open_vantages(host: RehearsedHost) -> None:
    around = host.around
    who = [one.zone for one in (around.uplink, *around.neighbours)]
    who += [end.name for end in around.far_ends]
    folder = host.guest.folder
    with (folder / "ssh_config").open("a", encoding="utf-8") as file:
        file.writelines(vantage_config(folder, one, number) for number, one in enumerate(who))


def vantage_config(folder: Path, who: str, number: int) -> str:
    """Let ssh into one network: to an sshd there that speaks over our connection to the guest."""
    enter = f"nsenter --net=/run/netns/{namespace(who)} /usr/sbin/sshd -i"
    return f"""Host {namespace(who)}
  HostKeyAlias guest
  User root
  IdentityFile "{folder / "client_key"}"
  IdentitiesOnly yes
  UserKnownHostsFile "{folder / "known_hosts"}"
  StrictHostKeyChecking yes
  BatchMode yes
  LogLevel ERROR
  ControlMaster auto
  ControlPath "{folder / f"ssh-{number}"}"
  ControlPersist 300
  ProxyCommand ssh -F "{folder / "ssh_config"}" guest "{enter} -f /etc/rehearsal/sshd_config"
"""
