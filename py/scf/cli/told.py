"""A snapshot as lines for a person."""

from scf.page.board import Snapshot

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def told(now: Snapshot) -> str:
    """How everything is, in about twenty lines."""
    lock = " · EMERGENCY_LOCK exists: nothing is done" if now.locked else ""
    lines = [
        f"daemon    {now.phase}, gear {now.gear} ({now.period_s:g} s){lock}",
        f"vault     {now.fossils} fossils in {now.shards} shards; the next generation is due at {now.due}",
    ]
    if now.refused:
        refused = ", ".join(f"{count} {reason}" for reason, count in now.refused.items())
        lines.append(f"refused   {refused}")
    if now.work is not None:
        work = now.work
        share = f", {100 * work.step // work.of} %" if work.of else ""
        runner = f" on {work.runner}" if work.runner else ""
        lines.append(f"training  generation {work.generation} is {work.stage}{runner}{share}")
    for one in now.generations[:5]:
        value = one.metrics.get(now.metric)
        figure = f"{now.metric} {value:.4g}" if value is not None else one.reason
        star = " (in use)" if one.champion else ""
        lines.append(f"version   {one.version or '-'}: generation {one.generation}, {figure}{star}")
    for release in now.releases[:3]:
        star = " (in use)" if release.current else ""
        lines.append(f"release   {release.week}: version {release.version}{star}")
    lines.append(f"log       {now.log_size} attestations, root {now.log_root[:16]}…")
    held = sum(value for name, value in now.balances.items() if name.startswith("model:"))
    lines.append(f"ledger    {now.ledger_entries} entries, {held / 1000:g} J in credit")
    lines += [f"{room.name:<16}{size(room.used)} of {size(room.quota)}" for room in now.rooms]
    return "\n".join(lines)


def size(count: float) -> str:
    """A number of bytes for a person."""
    for unit in _UNITS[:-1]:
        if count < 1024:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:.4g} {_UNITS[-1]}"
