"""Names the C extension; everything else stands in pyproject.toml."""

from setuptools import setup

setup(cffi_modules=["py/emily/instinct/hdc/build_kernel.py:ffibuilder"])
