"""The checks that every host is put to: VM test, rehearsal and live host run these same ones."""
