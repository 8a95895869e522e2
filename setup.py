from setuptools import setup

setup(cffi_modules=["py/emily/instinct/hdc/build_kernel.py:ffibuilder"])
