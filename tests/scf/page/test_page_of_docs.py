"""Every metric is in the documentation, and none besides."""

import re
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from tests.scf.page_boards import lively

from scf.page import Board
from scf.page.metrics import render

PAGE = (Path(__file__).parents[3] / "docs" / "scf" / "daemon-page.md").read_text()


def test_every_metric_is_told(tmp_path: Path) -> None:
    board = Board()
    board.publish(lively(tmp_path, time.time()))
    families = text_string_to_metric_families(render(board).decode())
    sent = {sample.name for family in families for sample in family.samples}
    assert set(re.findall(r"`(scf_[a-z_]+)`", PAGE)) == sent
