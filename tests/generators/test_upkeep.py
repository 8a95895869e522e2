"""upkeep: scrub and trim, who is told of failures and how, the ARC's limit."""

import json

import pytest

from fleets import HOST, copy_with
from sovereign.generators import upkeep
from sovereign.inventory.load import load
from sovereign.nix.syntax import syntax_errors
from sovereign.run import run

PACKAGES = """{
  lib.getExe' = p: n: "${p}/bin/${n}";
  pkgs = { coreutils = "/coreutils"; util-linux = "/util-linux"; };
}"""

ALERTS = """[upkeep.alerts]
to = "colter@cloudlab.internal"
sender = "cloudlab@cloudlab.internal"
relay = "mail.cloudlab.internal:465"
user = "cloudlab"
password = { path = "/persist/secrets/mail/password" }
"""


def text(inventory, host):
    (output,) = upkeep.generate(inventory, host)
    assert output.name == "upkeep.nix"
    assert syntax_errors(output.text) == ()
    return output.text


@pytest.fixture
def module(nix, tmp_path):
    """Evaluate cloudlab's upkeep.nix, made after replacing text of its inventory."""

    def evaluate(edits=None):
        root = copy_with(tmp_path / "root", {HOST: edits or {}})
        file = tmp_path / "upkeep.nix"
        file.write_text(text(load(root), "cloudlab"))
        call = f"let m = import {file}; in if builtins.isFunction m then m {PACKAGES} else m"
        return json.loads(nix.eval_json(call))

    return evaluate


def test_golden(example, golden):
    golden("upkeep/upkeep.nix", text(example, "small"))


def test_scrub_and_trim(module):
    zfs = module()["services"]["zfs"]
    assert zfs["autoScrub"] == {"enable": True, "interval": "monthly"}
    assert zfs["trim"] == {"enable": True, "interval": "weekly"}
    assert module()["services"]["fstrim"] == {"enable": True, "interval": "weekly"}


def test_the_arc_leaves_memory_to_others(module):
    assert module()["boot"]["kernelParams"] == [f"zfs.zfs_arc_max={48 * 1024**3}"]
    assert "kernelParams" not in module({'arc_max = "48GiB"\n': ""})["boot"]


class TestAlerts:
    def test_all_watchers_write_to_the_same_person(self, module):
        made = module()
        to = "colter@cloudlab.internal"
        services = made["services"]
        assert services["zfs"]["zed"] == {"enableMail": True, "settings": {"ZED_EMAIL_ADDR": [to]}}
        assert services["smartd"]["notifications"]["mail"]["recipient"] == to
        assert made["boot"]["swraid"]["mdadmConf"].splitlines() == [
            f"MAILADDR {to}",
            "MAILFROM cloudlab@cloudlab.internal",
        ]

    def test_the_password_is_read_from_its_file_when_mail_is_sent(self, module):
        account = module()["programs"]["msmtp"]["accounts"]["default"]
        assert account["passwordeval"] == "/coreutils/bin/paste /persist/secrets/mail/password"
        assert "password" not in account

    @pytest.mark.parametrize("kept", ["geheim", "geheim\n"])
    def test_the_password_ends_its_line_as_msmtp_demands(self, module, tmp_path, kept):
        secret = tmp_path / "password"
        secret.write_text(kept)
        account = module()["programs"]["msmtp"]["accounts"]["default"]
        command = account["passwordeval"].replace("/persist/secrets/mail/password", str(secret))
        program = command.replace("/coreutils/bin/", "", 1)
        assert run(["sh", "-c", program]).out == "geheim\n"

    @pytest.mark.parametrize(
        ("relay", "starttls"),
        [("mail.cloudlab.internal:465", False), ("mail.cloudlab.internal:587", True)],
    )
    def test_tls_is_never_left_out(self, module, relay, starttls):
        edits = {"mail.cloudlab.internal:465": relay}
        account = module(edits)["programs"]["msmtp"]["accounts"]["default"]
        assert (account["tls"], account["tls_starttls"]) == (True, starttls)
        assert f"{account['host']}:{account['port']}" == relay

    def test_a_relay_without_accounts(self, module):
        edits = {'user = "cloudlab"\npassword = { path = "/persist/secrets/mail/password" }\n': ""}
        account = module(edits)["programs"]["msmtp"]["accounts"]["default"]
        assert not {"auth", "user", "passwordeval"} & set(account)

    def test_without_alerts_mdadm_writes_to_the_journal(self, module):
        made = module({ALERTS: ""})
        assert made["boot"]["swraid"]["mdadmConf"] == "PROGRAM /util-linux/bin/logger"
        assert "programs" not in made
        assert made["services"]["smartd"] == {"enable": True}
        assert "zed" not in made["services"]["zfs"]

    def test_smartd_is_left_out_where_it_is_not_wanted(self, module):
        assert "smartd" not in module({"smart = true": "smart = false"})["services"]
