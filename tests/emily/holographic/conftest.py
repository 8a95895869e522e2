"""Every test of holographic vectors runs with each FFT library."""

import os
from collections.abc import Iterator

import pytest

from emily.instinct import holographic
from emily.instinct.holographic import (
    Holo,
)
from plain_holographic import DIMS, TOLERANCE


@pytest.fixture(scope="module", params=["fftw", "numpy"], autouse=True)
def library(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param not in holographic.backends():
        assert not os.environ.get("SOVEREIGN_REQUIRE_EXTENSION"), "no FFTW, or no C kernel"
        pytest.skip("FFTW needs pyfftw and the C kernel")
    before = holographic.backend()
    holographic.use(request.param)
    for dim in DIMS:  # planned here, where no deadline runs
        for dtype in TOLERANCE:
            Holo.zeros(dim, dtype=dtype)
    yield request.param
    holographic.use(before)
