"""Which version a week's release is: by a declared metric, ties by declared rules, never by NaN."""

from math import isfinite
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from scf.contracts.base import Document
from scf.registry.registry import Version
from scf.release.errors import ReleaseError

Direction = Literal["lower", "higher"]
Tie = Annotated[str, StringConstraints(pattern=r"^(older|newer|[^:\s|]{1,64}:(lower|higher))$")]
"""`older`, `newer`, or a metric and which way it is better: `steps:lower`."""
Number = Annotated[int, Field(ge=0, lt=1 << 53)]


class MetricRule(Document):
    """By what versions are compared. Ties that the rules leave go to the older version."""

    metric: Annotated[str, StringConstraints(pattern=r"^[^:\s|]{1,64}$")]
    direction: Direction = "lower"
    ties: tuple[Tie, ...] = ()
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    """By how much the week's best may be worse than the version in use and yet follow it."""
    candidates: Literal["new", "all"] = "new"
    """The versions since the last release, or all there are."""


class Row(Document):
    """A version that was compared, with those of its metrics that the rule asks for."""

    version: Number
    generation: Number
    metrics: dict[str, float]
    standing: Literal["released", "behind", "in use", "without the metric"]


class Choice(Document):
    """What was chosen, and all that it depended on."""

    rule: MetricRule
    champion: Number
    """The version that was in use, 0 for none."""
    after: Number
    """The last version that the previous release knew, 0 for none."""
    through: Number
    """The last version that this release knows."""
    rows: tuple[Row, ...]
    version: Number
    promoted: bool
    """Whether another version than the one in use was chosen."""
    reason: str


def choose(
    versions: tuple[Version, ...], rule: MetricRule, *, champion: int, after: int, through: int
) -> Choice:
    """Choose among the versions of a model, oldest first.

    Without a candidate that has the metric, or with one that is too much worse, the version in use is
    chosen again. Raises ReleaseError when there is none of either.
    """
    known = {version.version: version for version in versions if version.version <= through}
    if champion and champion not in known:
        raise ReleaseError(f"version {champion} is in use, but is not among the first {through}")
    field = [v for v in known.values() if v.version > after or rule.candidates == "all"]
    able = [version for version in field if _value(version, rule.metric) is not None]
    best = min(able, key=lambda version: _rank(version, rule), default=None)
    version, reason = _decide(best, known.get(champion), rule)
    compared = {v.version: v for v in field} | {n: known[n] for n in (champion,) if n}
    return Choice(
        rule=rule,
        champion=champion,
        after=after,
        through=through,
        rows=tuple(
            _row(compared[n], rule, released=version.version, champion=champion)
            for n in sorted(compared)
        ),
        version=version.version,
        promoted=version.version != champion,
        reason=reason,
    )


def _decide(
    best: Version | None, champion: Version | None, rule: MetricRule
) -> tuple[Version, str]:
    if best is None:
        if champion is None:
            raise ReleaseError(f"there is no version with the metric {rule.metric} to release")
        return (
            champion,
            f"no new version has the metric {rule.metric}: version {champion.version} stays in use",
        )
    if champion is None:
        return best, f"version {best.version} is the best by {rule.metric}; none was in use"
    if best.version == champion.version:
        return best, f"version {best.version} is in use and is the best by {rule.metric}"
    now, before = _value(best, rule.metric), _value(champion, rule.metric)
    if now is None or before is None:
        return (
            best,
            f"version {best.version} has the metric {rule.metric}, version {champion.version} in use has not",
        )
    worse = now - before if rule.direction == "lower" else before - now
    if worse > rule.tolerance:
        return champion, (
            f"version {best.version} is the best of the new ones, but its {rule.metric} is worse by "
            f"{worse!r} than that of version {champion.version}, more than the tolerance of "
            f"{rule.tolerance!r}: not promoted, version {champion.version} stays in use"
        )
    return (
        best,
        f"version {best.version} follows version {champion.version}: {rule.metric} {now!r} after {before!r}",
    )


def _value(version: Version, metric: str) -> float | None:
    value = version.metrics.get(metric)
    return value if value is not None and isfinite(value) else None


def _rank(version: Version, rule: MetricRule) -> tuple[float, ...]:
    """What sorts the better version first; a version without a tie's metric comes behind those with it."""
    keys = [_key(version, rule.metric, rule.direction)]
    for tie in rule.ties:
        if tie in {"older", "newer"}:
            keys.append(float(version.version if tie == "older" else -version.version))
        else:
            metric, _, direction = tie.rpartition(":")
            keys.append(_key(version, metric, direction))
    return (*keys, float(version.version))


def _key(version: Version, metric: str, direction: str) -> float:
    value = _value(version, metric)
    if value is None:
        return float("inf")
    return value if direction == "lower" else -value


def _row(version: Version, rule: MetricRule, *, released: int, champion: int) -> Row:
    asked = [rule.metric, *(t.rpartition(":")[0] for t in rule.ties if ":" in t)]
    metrics = {name: value for name in asked if (value := _value(version, name)) is not None}
    return Row(
        version=version.version,
        generation=version.generation,
        metrics=metrics,
        standing="released"
        if version.version == released
        else "in use"
        if version.version == champion
        else "behind"
        if rule.metric in metrics
        else "without the metric",
    )
