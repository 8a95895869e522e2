"""Programs that run on a vantage, fed to its python3 on stdin; standard library alone."""
