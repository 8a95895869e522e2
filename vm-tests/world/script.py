# ruff: noqa: D100, F821, PT009 - the beginning of a script: its names are the driver's
def introduce(host: BaseMachine, others: list[BaseMachine]) -> None:
    """Give the host a key with which it looks from the other machines."""
    host.succeed(
        "install -d -m 0700 /root/.ssh",
        "[ -e /root/.ssh/vantage ] || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/vantage",
    )
    key = host.succeed("cat /root/.ssh/vantage.pub").strip()
    for other in others:
        other.wait_for_unit("sshd.service")
        other.succeed("install -d -m 0700 /root/.ssh", f"echo '{key}' >/root/.ssh/authorized_keys")


def give(host: BaseMachine, address: str, secret: str, file: str, label: str) -> None:
    """Write a secret of the host, after a label, into a file of another machine; it is never printed."""
    login = f"ssh -F /etc/sovereign/ssh_config root@{address}"
    host.wait_until_succeeds(f"{login} true </dev/null", timeout=120)
    host.succeed(f"{{ printf '{label}'; cat {secret}; }} | {login} 'umask 077; cat >{file}'")


def verify(host: BaseMachine, concerns: str, proven: set[str]) -> None:
    """Run the suite, for some concerns or for all: nothing fails, and of each type in `proven` a check passes."""
    status, said = host.execute(f"verify {concerns and f'--only {concerns}'} 2>&1")
    log.info(said)
    found = {
        outcome: host.succeed(
            f"jq -r '.results[] | select(.outcome == \"{outcome}\") | .{key}' /tmp/results.json"
        ).splitlines()
        for outcome, key in {"failed": "id", "passed": "type"}.items()
    }
    t.assertEqual((status, found["failed"]), (0, []))
    t.assertEqual(proven - set(found["passed"]), set())
