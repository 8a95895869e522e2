# What the driver puts into a script, besides the machines of the test.
import os as os

from test_driver.debug import DebugAbstract
from test_driver.driver import AssertionTester, Driver
from test_driver.logger import AbstractLogger
from test_driver.machine import BaseMachine as BaseMachine
from test_driver.machine import NspawnMachine as NspawnMachine
from test_driver.machine import QemuMachine as QemuMachine
from test_driver.machine import retry as retry
from test_driver.vlan import VLan

driver: Driver
t: AssertionTester
log: AbstractLogger
debug: DebugAbstract
machines: list[QemuMachine | NspawnMachine]
machines_qemu: list[QemuMachine]
machines_nspawn: list[NspawnMachine]
vlans: list[VLan]
start_all = driver.start_all
join_all = driver.join_all
run_tests = driver.run_tests
test_script = driver.test_script
subtest = driver.subtest
create_machine = driver.create_machine
polling_condition = driver.polling_condition
serial_stdout_on = driver.serial_stdout_on
serial_stdout_off = driver.serial_stdout_off
