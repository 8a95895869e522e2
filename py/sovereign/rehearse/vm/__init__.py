"""The vm tier: whole machines under QEMU's software emulation, for what needs a kernel of its own."""
