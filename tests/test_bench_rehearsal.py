"""The figures of the rehearsal: what is computed, what is refused, and how it is written down."""

import hashlib
import json
from pathlib import Path

import pytest
from bench.rehearsal import cli, faults, iperf, stages, throughput, vm
from bench.rehearsal.figures import Round, Spread, Throughput, Tried, WrongError, ratios
from bench.rehearsal.paths import require_same
from bench.rehearsal.table import Table, replaced
from bench.rehearsal.writers import bytes_lost

from sovereign.rehearse.job import Event
from sovereign.rehearse.virtual import VmRun
from sovereign.rehearse.vm.faults import Fault
from sovereign.rehearse.vm.proof import Proof, StageResult

MOVED = {"end": {"sum_received": {"bytes": 250_000_000, "bits_per_second": 1e9}}}


def test_the_readme_has_marks_for_every_topic_and_nothing_else_is_touched():
    text = cli.README.read_text("utf-8")
    for topic in cli.TOPICS:
        written = replaced(text, topic, "| a |")
        begin, end = f"<!-- {topic} -->", f"<!-- /{topic} -->"
        assert f"{begin}\n| a |\n{end}" in written
        assert written.partition(begin)[0] == text.partition(begin)[0]
        assert written.partition(end)[2] == text.partition(end)[2]


def test_a_topic_without_marks_is_not_written_anywhere():
    with pytest.raises(ValueError, match="no marks for faults"):
        replaced("<!-- throughput -->\n<!-- /throughput -->", "faults", "| a |")


def test_a_table_is_markdown_with_its_note_below():
    table = Table(("What", "MB/s"), [("SMB", "1")], note="A note.")
    assert table.text() == "| What | MB/s |\n|---|---|\n| SMB | 1 |\n\nA note."


def test_ratios_are_of_each_pair_and_not_of_the_medians():
    found = ratios([1, 9, 2], [2, 10, 8])
    assert (found.low, found.middle, found.high) == (0.25, 0.5, 0.9)
    assert found.text(1, "", 2) == "0.50 (0.25 to 0.90)"
    assert Spread([3e6, 1e6, 2e6]).text(1e6, " MB/s") == "2 (1 to 3) MB/s"


@pytest.mark.parametrize(("ours", "bare"), [([1.0], []), ([1.0], [0.0]), ([0.0], [1.0]), ([], [])])
def test_a_figure_without_its_pair_is_no_figure(ours, bare):
    with pytest.raises(WrongError):
        ratios(ours, bare)


def test_iperf_counts_what_arrived():
    assert iperf.received(json.dumps(MOVED)) == (250_000_000, 125e6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("iperf3: error - unable to connect", "reports nothing"),
        ('{"error": "unable to connect to server"}', "unable to connect to server"),
        ("{}", "moved nothing"),
        ('{"end": {"sum_received": {"bytes": 0, "bits_per_second": 0}}}', "moved nothing"),
    ],
)
def test_a_link_over_which_nothing_went_has_no_speed(text, said):
    with pytest.raises(WrongError, match=said):
        iperf.received(text)


class Host:
    """Says what `ip` and `iperf3` would: so many bytes sent, and so many said to have arrived."""

    def __init__(self, sent):
        self.counters = iter((1000, 1000 + sent))

    def run(self, argv, **_):
        if argv[0] == "iperf3":
            return type("Done", (), {"out": json.dumps(MOVED)})
        stats = {"rx": {"bytes": 0}, "tx": {"bytes": next(self.counters)}}
        return type("Done", (), {"out": json.dumps([{"ifname": "data", "stats64": stats}])})


def test_what_went_over_another_link_is_no_figure_of_this_one():
    assert iperf.speed(Host(sent=250_000_000), "10.20.0.10", "data") == 125e6
    with pytest.raises(WrongError, match=r"says 250000000 bytes, and 5 went over data"):
        iperf.speed(Host(sent=5), "10.20.0.10", "data")


def test_a_copy_with_another_hash_is_refused():
    require_same("a" * 64, "a" * 64, "what was read")
    with pytest.raises(WrongError, match="what was read is not what was sent: bbbb"):
        require_same("b" * 64, "a" * 64, "what was read")


def test_lost_is_what_was_acknowledged_and_is_gone_or_changed():
    kept, changed, gone = "k" * 10, "c" * 20, "g" * 30
    there = {
        "kept": hashlib.sha256(kept.encode()).hexdigest(),
        "changed": hashlib.sha256(b"other").hexdigest(),
        "never acknowledged": hashlib.sha256(b"half").hexdigest(),
    }
    acknowledged = {"kept": kept, "changed": changed, "gone": gone}
    assert bytes_lost(acknowledged, there) == 50
    assert bytes_lost(acknowledged, there) == 0, "what is lost once is not counted again"
    assert acknowledged == {"kept": kept}


def test_throughput_compares_each_path_with_its_own_bare_link():
    fast = Round(to_host=100, from_host=200, written=50, read=50, outside=80, tunnel=8)
    found = Throughput(rounds=(fast, fast), paced=(fast,), wire=125e6, aes=2e9, chacha=1e9)
    rows = {row[0]: row[2] for row in throughput.compared(found).rows}
    assert rows["SMB, 256 MiB written"].startswith("0.500 ")
    assert rows["SMB, 256 MiB read"].startswith("0.250 ")
    assert rows["WireGuard (wireguard-go) over it"].startswith("0.100 ")
    assert rows["SMB, 256 MiB read, cable of 1 Gbit/s"].startswith("0.250 ")


SURVIVED = Tried(name="smbd killed", acknowledged=10**6, lost=0, recovered_s=0.31)


@pytest.mark.parametrize(
    ("changed", "cell", "text"),
    [
        ({"lost": 7}, 2, "7"),
        ({"lost": None}, 2, "unknown"),
        ({"recovered_s": None, "hand": "systemctl restart x"}, 4, "**no**: `systemctl restart x`"),
        ({"still_wrong": ("unit: smbd",)}, 3, "not all: unit: smbd"),
    ],
)
def test_a_fault_that_was_not_survived_is_shown_and_misses_the_goal(changed, cell, text):
    table = faults.tabled((SURVIVED, SURVIVED.model_copy(update=changed)))
    assert table.missed
    assert table.rows[0] == ("smbd killed", "yes", "0", "0.31 s", "yes")
    assert table.rows[1][1] == "**no**"
    assert table.rows[1][cell] == text
    assert table.rows[2][0] == "**1 of 2**"


def test_faults_that_all_were_survived_meet_the_goal_within_its_time_alone():
    assert not faults.tabled((SURVIVED,)).missed
    assert faults.tabled((SURVIVED.model_copy(update={"recovered_s": 901}),)).missed


def test_a_stage_lasts_until_its_end_or_until_the_next_begins():
    events = [
        stages.Stamped(0, Event(stage="fetch")),
        stages.Stamped(40, Event(stage="evaluate")),
        stages.Stamped(43, Event(stage="evaluate", seconds=3)),
        stages.Stamped(44, Event(stage="check")),
        stages.Stamped(60, Event(stage="check", seconds=0)),
    ]
    found = stages.durations(events, end_s=61)
    assert found == {"fetch": 40, "evaluate": 3, "check": 16, "together": 61}
    table = stages.beside(found, {"evaluate": 2.0, "check": 15.0, "together": 18.0})
    assert table.rows[0] == ("fetch", "40.0 s", "", "", "")
    assert table.rows[-1] == ("**together**", "61.0 s", "18.0 s", "< 15 min", "yes")


def _run(tmp_path: Path, *rows: Fault) -> Path:
    storage = StageResult("storage", (Proof("laid out", "passed"),), 100.0, {"GB/s": 1.5})
    run = VmRun(commit="abc123", stages=(storage,))
    (tmp_path / vm.RUN).write_text(run.model_dump_json())
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / vm.FAULTS).write_bytes(vm.TABLE.dump_json(rows))
    return tmp_path


def test_the_vm_tiers_run_is_told_with_its_commit(tmp_path):
    pulled = Fault(name="a disk pulled", survived=True, bytes_lost=0, recover_s=12.5)
    table = vm.tabled(*vm.read(_run(tmp_path, pulled)))
    assert not table.missed
    assert "`abc123`" in table.text()
    assert ("stage storage", "1 of 1 proven, 100 s", "1 of 1", "yes") in table.rows
    assert ("storage: GB/s", "1.5", "", "") in table.rows
    assert table.rows[-1] == ("faults survived, bytes lost", "1 of 1, 0", "1 of 1, 0", "yes")


def test_a_disk_that_never_came_back_misses_the_goal(tmp_path):
    pulled = Fault(name="a disk pulled", survived=False, bytes_lost=None, recover_s=None)
    table = vm.tabled(*vm.read(_run(tmp_path, pulled)))
    assert table.missed
    assert table.rows[-2][1] == "unknown how many bytes lost, never whole again"


def test_where_no_run_is_it_is_said(tmp_path):
    with pytest.raises(vm.NoRunError, match="holds no run"):
        vm.read(tmp_path)
