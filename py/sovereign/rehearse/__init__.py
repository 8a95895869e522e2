"""The rehearsal: a host's configuration on real daemons and kernels, before a host is touched."""
