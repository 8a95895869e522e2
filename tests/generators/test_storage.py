"""storage: the layout for disko, what is there early, the dataset properties."""

import json
import shutil
from pathlib import Path

import pytest

from fleets import HOST, copy_with
from sovereign.generators import storage
from sovereign.inventory.load import load
from sovereign.nix.syntax import syntax_errors
from sovereign.run import run


def files(inventory, host):
    return {output.name: output for output in storage.generate(inventory, host)}


def edited(tmp_path, edits):
    """The files of cloudlab when text of its inventory is replaced."""
    root = copy_with(tmp_path / "root", {HOST: edits})
    return files(load(root), "cloudlab")


@pytest.fixture
def module(nix, tmp_path):
    """Evaluate a generated storage.nix with the real Nix, alone."""

    def evaluate(outputs):
        for output in outputs.values():
            (tmp_path / output.name).write_text(output.text)
        argument = '{ config.boot.zfs.package = "zfs"; }'
        return json.loads(nix.eval_json(f"import {tmp_path}/storage.nix {argument}"))

    return evaluate


@pytest.mark.parametrize("name", ["storage.nix", "format.sh", "zfs-properties.sh"])
def test_golden(example, golden, name):
    golden(f"storage/{name}", files(example, "small")[name].text)


def test_the_module_is_nix(fleet, example):
    for inventory, host in ((fleet, "cloudlab"), (example, "small")):
        assert syntax_errors(files(inventory, host)["storage.nix"].text) == ()


class TestDisko:
    @pytest.fixture
    def devices(self, fleet, module):
        return module(files(fleet, "cloudlab"))["disko"]["devices"]

    def test_partitions_keep_the_order_of_the_inventory(self, devices):
        parts = devices["disk"]["nvme-a"]["content"]["partitions"]
        ordered = sorted(parts, key=lambda name: parts[name]["priority"])
        assert [(name, parts[name]["type"], parts[name]["size"]) for name in ordered] == [
            ("esp", "EF00", "1G"),
            ("swap", "8200", "32G"),
            ("nix", "FD00", "200G"),
            ("special", "BF01", "64G"),
            ("rpool", "BF01", "100%"),
        ]

    def test_a_dead_drive_stops_no_boot(self, devices):
        for disk in ("nvme-a", "nvme-b"):
            parts = devices["disk"][disk]["content"]["partitions"]
            assert "nofail" in parts["esp"]["content"]["mountOptions"]
            assert "nofail" in parts["swap"]["content"]["mountOptions"]

    def test_swap_is_encrypted_and_of_one_priority(self, devices):
        swaps = [
            devices["disk"][disk]["content"]["partitions"]["swap"]["content"]
            for disk in ("nvme-a", "nvme-b")
        ]
        assert {(swap["priority"], swap["randomEncryption"]) for swap in swaps} == {(10, True)}

    def test_a_disk_that_is_used_whole_has_the_partition_that_disko_looks_for(self, devices):
        assert devices["disk"]["hdd-14"]["content"]["partitions"] == {
            "zfs": {
                "priority": 1,
                "type": "BF01",
                "size": "100%",
                "content": {"type": "zfs", "pool": "ember"},
            }
        }

    def test_topology(self, devices):
        topology = devices["zpool"]["ember"]["mode"]["topology"]
        assert [(vdev["mode"], len(vdev["members"])) for vdev in topology["vdev"]] == [
            ("raidz2", 7),
            ("raidz2", 7),
        ]
        assert topology["special"] == [
            {
                "mode": "mirror",
                "members": [
                    "/dev/disk/by-partlabel/disk-nvme-a-special",
                    "/dev/disk/by-partlabel/disk-nvme-b-special",
                ],
            }
        ]

    def test_every_member_of_a_pool_is_accounted_for(self, devices):
        """Disko creates no pool whose members are not exactly the partitions that name it."""
        declared: dict[str, set[str]] = {}
        for disk, described in devices["disk"].items():
            for name, part in described["content"]["partitions"].items():
                if part["content"]["type"] == "zfs":
                    path = f"/dev/disk/by-partlabel/disk-{disk}-{name}"
                    declared.setdefault(part["content"]["pool"], set()).add(path)
        for pool, described in devices["zpool"].items():
            topology = described["mode"]["topology"]
            members = [m for vdev in topology["vdev"] for m in vdev["members"]]
            members += [m for vdev in topology.get("special", []) for m in vdev["members"]]
            paths = {m if m[0] == "/" else f"/dev/disk/by-partlabel/disk-{m}-zfs" for m in members}
            assert paths == declared[pool]

    def test_the_root_is_in_memory(self, devices):
        assert devices["nodev"]["/"] == {
            "fsType": "tmpfs",
            "mountOptions": ["size=2G", "mode=0755"],
        }


def test_all_roles_of_a_topology(module, tmp_path):
    vdev = 'vdevs = [{ kind = "mirror", members = ["nvme-a.rpool", "nvme-b.rpool"] }]'
    roles = (
        'vdevs = [{ kind = "mirror", members = ["hdd-1", "hdd-2"] },'
        ' { kind = "stripe", members = ["nvme-a.rpool"] }]\n'
        'log = { kind = "stripe", members = ["hdd-3"] }\n'
        'cache = ["nvme-b.rpool"]\nspares = ["hdd-4", "hdd-5"]'
    )
    raidz = (
        'members = ["hdd-1", "hdd-2", "hdd-3", "hdd-4", "hdd-5", "hdd-6", "hdd-7"]',
        'members = ["hdd-6", "hdd-7", "hdd-8"]',
    )
    outputs = edited(tmp_path, {vdev: roles, raidz[0]: raidz[1]})
    topology = module(outputs)["disko"]["devices"]["zpool"]["rpool"]["mode"]["topology"]
    assert topology == {
        "type": "topology",
        "vdev": [
            {"mode": "", "members": ["/dev/disk/by-partlabel/disk-nvme-a-rpool"]},
            {"mode": "mirror", "members": ["hdd-1", "hdd-2"]},
        ],
        "spare": ["hdd-4", "hdd-5"],
        "log": [{"mode": "", "members": ["hdd-3"]}],
        "cache": ["/dev/disk/by-partlabel/disk-nvme-b-rpool"],
    }
    script = outputs["format.sh"].text
    label = "/dev/disk/by-partlabel/disk"
    assert (
        f"""  vdevs=(
    {label}-nvme-a-rpool
    mirror {label}-hdd-1-zfs {label}-hdd-2-zfs
    spare {label}-hdd-4-zfs {label}-hdd-5-zfs
    log {label}-hdd-3-zfs
    cache {label}-nvme-b-rpool
  )
"""
        in script
    )


@pytest.mark.parametrize(
    ("at", "early"),
    [("/persist", ["/persist"]), ("/rpool/apps/keep", ["/rpool", "/rpool/apps"])],
)
def test_what_holds_the_persistent_folder_is_mounted_early(module, tmp_path, at, early):
    outputs = edited(tmp_path, {'at = "/persist"': f'at = "{at}"'})
    mounts = module(outputs)["fileSystems"]
    assert mounts == {mount: {"neededForBoot": True} for mount in early}


def test_a_pool_without_mounts_is_imported_all_the_same(module, tmp_path, fleet):
    assert "boot" not in module(files(fleet, "cloudlab"))
    mounts = {f'mount = "/ember/{name}", ': "" for name in ("code", "models", "media", "nix")}
    outputs = edited(tmp_path, {'mount = "/ember"\n': "", **mounts})
    assert module(outputs)["boot"]["zfs"]["extraPools"] == ["ember"]


def test_a_size_is_rounded_up_to_what_partitions_are_aligned_to(tmp_path):
    script = edited(tmp_path, {'size = "32GiB"': 'size = "32.1GB"'})["format.sh"].text
    assert "--new=2:0:+30613M" in script


class TestPreservation:
    @pytest.fixture
    def kept(self, fleet, module):
        return module(files(fleet, "cloudlab"))["preservation"]["preserveAt"]["/persist"]

    def test_what_is_needed_before_stage_2_is_there(self, kept):
        early = [
            each.get("directory", each.get("file"))
            for each in (*kept["directories"], *kept["files"])
            if isinstance(each, dict) and each.get("inInitrd")
        ]
        assert early == ["/var/lib/nixos", "/var/log", "/etc/machine-id"]

    def test_the_keys_of_secure_boot_are_roots_alone(self, kept):
        assert {"directory": "/var/lib/sbctl", "mode": "0700"} in kept["directories"]


ZFS = """#!/bin/sh
echo "$@" >>"$STATE/log"
last= ; for last; do :; done
case $1 in
  get) cat "$STATE/$(echo "$last" | tr / _).$6" ;;
  set) echo "${3#*=}" >"$STATE/$(echo "$last" | tr / _).${3%%=*}" ;;
esac
"""


class TestProperties:
    @pytest.fixture
    def script(self, example, tmp_path) -> Path:
        file = tmp_path / "zfs-properties.sh"
        file.write_text(files(example, "small")[file.name].text)
        return file

    @pytest.fixture
    def state(self, tmp_path) -> Path:
        """What `zfs` answers, as files, and a log of its calls."""
        state = tmp_path / "state"
        state.mkdir()
        program = tmp_path / "bin" / "zfs"
        program.parent.mkdir()
        program.write_text(ZFS)
        program.chmod(0o755)
        return state

    def apply(self, script, state):
        path = f"{script.parent}/bin:/usr/bin:/bin"
        done = run(["sh", script], env={"STATE": str(state), "PATH": path}, check=False)
        calls = (state / "log").read_text().splitlines()
        (state / "log").unlink()
        return done, [call for call in calls if call.startswith("set")]

    def know(self, state, script, **differing: str):
        for line in script.read_text().splitlines():
            if line.startswith("ensure "):
                _, dataset, name, value = line.split()
                key = f"{dataset.replace('/', '_')}.{name}"
                (state / key).write_text(f"{differing.get(name, value)}\n")

    def test_what_is_right_is_left_alone(self, script, state):
        self.know(state, script)
        done, sets = self.apply(script, state)
        assert (done.code, done.out, sets) == (0, "", [])

    def test_what_differs_is_set_once(self, script, state):
        self.know(state, script, recordsize="131072")
        done, sets = self.apply(script, state)
        assert done.code == 0
        assert sets == [
            "set -u recordsize=16384 tank/persist/postgresql",
            "set -u recordsize=1048576 tank/share",
        ]
        assert "tank/share: recordsize=1048576, was 131072" in done.out
        assert self.apply(script, state)[1] == []

    def test_a_missing_dataset_fails_it_but_keeps_nothing_from_the_others(self, script, state):
        self.know(state, script, quota="0")
        (state / "tank_nix.mountpoint").unlink()
        done, sets = self.apply(script, state)
        assert done.code == 1
        assert sets == ["set -u quota=107374182400 tank/share"]

    def test_disko_is_told_the_same(self, fleet, module):
        outputs = files(fleet, "cloudlab")
        told = set()
        for pool, described in module(outputs)["disko"]["devices"]["zpool"].items():
            told |= {(pool, *each) for each in described["rootFsOptions"].items()}
            for name, dataset in described["datasets"].items():
                told |= {(f"{pool}/{name}", *each) for each in dataset["options"].items()}
        lines = outputs["zfs-properties.sh"].text.splitlines()
        ensured = [tuple(line.split()[1:]) for line in lines if line.startswith("ensure ")]
        assert len(ensured) == len(set(ensured))
        assert set(ensured) == told

    @pytest.mark.parametrize(
        ("written", "read"),
        [("gzip-6", "gzip"), ("gzip-9", "gzip-9"), ("zstd-fast-1", "zstd-fast")],
    )
    def test_a_value_is_spelt_as_zfs_reads_it_back(self, tmp_path, written, read):
        text = edited(tmp_path, {'compression = "zstd-3"': f'compression = "{written}"'})
        assert f"ensure rpool compression {read}\n" in text["zfs-properties.sh"].text

    def test_shellcheck_has_nothing_to_say(self, script):
        if shutil.which("shellcheck") is None:
            pytest.skip("shellcheck is not installed")
        run(["shellcheck", script])
