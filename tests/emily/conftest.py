"""What the tests of Emily share: each variant of the kernel, and a short run for the sanitizers."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

try:
    from emily.instinct.hdc import kernel
except ImportError as error:
    if os.environ.get("SOVEREIGN_REQUIRE_EXTENSION"):
        raise
    VARIANTS, MISSING = (), str(error)
else:
    VARIANTS, MISSING = kernel.variants(), ""

settings.register_profile("sanitizers", max_examples=5, deadline=None, database=None)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """A module that needs the extension is skipped where it was not built."""
    report = yield
    if MISSING and report.failed and MISSING in str(report.longrepr):
        report.outcome, report.longrepr = "skipped", (str(collector.path), 0, MISSING)
    return report


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each variant of the kernel that this machine runs, in use."""
    before = kernel.variant()
    kernel.use(request.param)
    yield request.param
    kernel.use(before)
