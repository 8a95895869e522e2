from pathlib import Path

class VLan:
    nr: int
    socket_dir: Path
    pid: int
    def stop(self) -> None: ...
