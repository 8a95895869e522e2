"""The metrics, read by Prometheus' own parser."""

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.scf.page_boards import NOTHING, lively, unwell
from tests.scf.page_clients import ask

from scf.page import Board, PageServer

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _scraped(server: PageServer) -> Samples:
    got = ask(server, "/metrics")
    assert got.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples: Samples = {}
    for family in text_string_to_metric_families(got.text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples
            samples[key] = sample.value
    return samples


def test_before_the_daemon_speaks_it_is_not_well(server: PageServer) -> None:
    assert _scraped(server) == {("scf_healthy", ()): 0.0}


def test_all_that_the_board_tells_is_counted(
    board: Board, server: PageServer, tmp_path: Path
) -> None:
    board.publish(lively(tmp_path, 1_900_000_000.0))
    found = _scraped(server)
    assert found.pop(("scf_silent_seconds", ())) < 5
    expected = {
        "scf_healthy": 1,
        "scf_gear{gear=STANDARD}": 0,
        "scf_gear{gear=ACCELERATED}": 1,
        "scf_gear{gear=HYPER}": 0,
        "scf_gear{gear=SINGULARITY}": 0,
        "scf_period_seconds": 1,
        "scf_phase{phase=waiting}": 1,
        "scf_locked": 0,
        "scf_control_sequence": 7,
        "scf_control_ignored_total": 1,
        "scf_cycles_total": 93_001,
        "scf_errors_total": 0,
        "scf_start_time_seconds": 1_900_000_000 - 93_784,
        "scf_fossils": 1_204_331,
        "scf_shards": 913,
        "scf_fossils_due": 1_205_000,
        "scf_refused_total{reason=no provenance}": 41,
        "scf_refused_total{reason=wrong CID}": 3,
        "scf_job_in_hand": 1,
        "scf_job_steps": 3_000,
        "scf_job_steps_done": 1_240,
        "scf_job_attempt": 1,
        "scf_job_heartbeat_timestamp_seconds": 1_900_000_000 - 2,
        "scf_generation{model=ebdm}": 3,
        "scf_champion_generation{model=ebdm}": 3,
        "scf_champion_metric{metric=dsm,model=ebdm}": 0.01261,
        "scf_champion_metric{metric=kl,model=ebdm}": 0.0049,
        "scf_champion_metric{metric=modes,model=ebdm}": 25,
        "scf_log_entries": 19,
        "scf_ledger_entries": 8,
        "scf_ledger_balance_joules{account=mint}": -4_180.25,
        "scf_ledger_balance_joules{account=model:ebdm}": 4_180.25,
        "scf_partition_used_bytes{partition=fossil_vault}": 1_310e9,
        "scf_partition_quota_bytes{partition=fossil_vault}": 1_425e9,
    }
    named = {_written(*key): value for key, value in found.items()}
    assert {name: named[name] for name in expected} == expected
    others = {name for name in named if "partition=" not in name}
    assert others == {name for name in expected if "partition=" not in name}
    assert sum("partition=" in name for name in named) == 12


def _written(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    inner = ",".join(f"{key}={value}" for key, value in labels)
    return f"{name}{{{inner}}}" if inner else name


def test_an_empty_drive_has_metrics_too(board: Board, server: PageServer) -> None:
    board.publish(NOTHING)
    found = _scraped(server)
    assert found["scf_fossils", ()] == 0
    assert found["scf_job_in_hand", ()] == 0
    assert ("scf_job_steps", ()) not in found


def test_a_daemon_that_is_not_well_tells(board: Board, server: PageServer, tmp_path: Path) -> None:
    board.publish(replace(unwell(tmp_path, 0.0), locked=True))
    found = _scraped(server)
    assert (found["scf_healthy", ()], found["scf_locked", ()]) == (0, 1)
    assert found["scf_errors_total", ()] == 2


@pytest.mark.parametrize("reason", ['a "quoted" \\ reason', "two\nlines", "<b>bold</b>", "ümlaut"])
def test_a_label_may_hold_anything(board: Board, server: PageServer, reason: str) -> None:
    board.publish(replace(NOTHING, refused={reason: 2}))
    assert _scraped(server)["scf_refused_total", (("reason", reason),)] == 2
