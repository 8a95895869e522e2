"""What the kernel was told: settings, words of its command line, modules."""

from sovereign.expectations.sysctl import KernelModule, KernelParameter, Sysctl
from sovereign.suite.vantage import Vantage, quoted, require

_SWAPPED = str.maketrans("./", "/.")

_MODULE = """
name=$1
[ -e "/sys/module/$(echo "$name" | tr - _)" ] && exit
pattern="/$(echo "$name" | sed 's/[-_]/[-_]/g')[.]ko"
release=$(uname -r)
for folder in /run/booted-system/kernel-modules/lib/modules /lib/modules; do
  grep -qs "$pattern" "$folder/$release/modules.builtin" && exit
done
exit 1
"""


def test_sysctl(expectation: Sysctl, inside: Vantage) -> None:
    """The setting has its value."""
    name = expectation.name
    done = inside.run("cat", f"/proc/sys/{name.translate(_SWAPPED)}")
    require(done.code == 0, f"this kernel has no setting {name}")
    found = " ".join(done.out.split())
    require(
        found == expectation.value,
        f"{name} must be {quoted(expectation.value)}, and is {quoted(found)}",
    )


def test_kernel_parameter(expectation: KernelParameter, inside: Vantage) -> None:
    """The word is on the command line of the kernel that runs."""
    words = inside.output("cat", "/proc/cmdline").split()
    require(
        expectation.parameter in words,
        f"the kernel's command line must hold {expectation.parameter}, and is {' '.join(words)}",
    )


def test_kernel_module(expectation: KernelModule, inside: Vantage) -> None:
    """The module is loaded or built in."""
    done = inside.run("sh", "-s", expectation.name, stdin=_MODULE)
    require(done.code == 0, f"the module {expectation.name} is neither loaded nor built in")
