"""What is published about GPUs and CPUs, as tables with their sources."""
