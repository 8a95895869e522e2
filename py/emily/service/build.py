"""Makes each tier of the settings."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from emily.contracts.messages import Tier as TierName
from emily.service.settings import Settings
from emily.service.tiers.tier import Tier

if TYPE_CHECKING:
    from emily.cognition.gflownet import GFlowNet

CANARY = "enable_gflownet_v2"


def build_tier(name: TierName, settings: Settings) -> Tier:
    """Return a tier. What a process does not run it does not import."""
    match name:
        case "instinct":
            return _instinct(settings)
        case "nervous":
            return _nervous(settings)
        case "metabolism":
            return _metabolism(settings)
        case "cognition":
            return _cognition(settings)


def _instinct(settings: Settings) -> Tier:
    from emily.instinct.reflex import ReflexRegistry, built_in
    from emily.service.tiers.instinct import InstinctTier

    reflex = settings.reflex
    registry = ReflexRegistry.load(reflex.file) if reflex.file else built_in()
    registry.set_times(refractory_ms=reflex.refractory_ms, deadline_ms=reflex.deadline_ms)
    return InstinctTier(registry, microphone=reflex.microphone)


def _nervous(settings: Settings) -> Tier:
    from emily.nervous_system.workspace import Rules
    from emily.service.tiers.nervous import NervousTier

    workspace = settings.workspace
    return NervousTier(
        Rules(
            capacity=workspace.capacity,
            threshold=workspace.threshold,
            hysteresis=workspace.hysteresis,
            half_life_s=workspace.half_life_s,
        )
    )


def _metabolism(settings: Settings) -> Tier:
    from emily.metabolism.daylight import LightDark
    from emily.service.tiers.metabolism import MetabolismTier

    circadian = settings.circadian
    return MetabolismTier(
        LightDark(circadian.lights_on_hour, circadian.lights_off_hour),
        ZoneInfo(circadian.timezone),
        speed=circadian.speed,
        hypotheses=settings.gflownet.samples,
        threshold=settings.workspace.threshold,
        saved=settings.state.folder / "body.json",
    )


def _cognition(settings: Settings) -> Tier:
    from emily.cognition.memory import (
        DurableMemory,
        EpisodicStore,
        NgramEmbedder,
        Outbox,
        SqliteStore,
    )
    from emily.service.tiers.cognition import CognitionTier
    from emily.service.tiers.memory import MemoryService

    memory = settings.memory

    def store() -> EpisodicStore:
        if memory.backend == "sqlite":
            return SqliteStore(memory.path)
        from emily.service.postgres import connect

        return connect(memory)

    def open_memory() -> DurableMemory:
        for path in (memory.path, memory.outbox):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        return DurableMemory(store(), Outbox(memory.outbox))

    settings.state.folder.mkdir(parents=True, exist_ok=True)
    service = MemoryService(open_memory, NgramEmbedder(), settings.state.folder)
    return CognitionTier(_gflownet(settings), service, samples=settings.gflownet.samples)


def _gflownet(settings: Settings) -> "Callable[[str], GFlowNet]":
    """Return what gives the model for a query: the shipped one, or the one that the settings name.

    With a file of flags, `enable_gflownet_v2` decides by query which of the two it is: a canary.
    """
    from emily.cognition.gflownet import GFlowNet
    from emily.service.flags import Flags

    shipped = GFlowNet.load()
    if settings.gflownet.weights is None:
        return lambda _: shipped
    named = GFlowNet.load(settings.gflownet.weights)
    if settings.flags.file is None:
        return lambda _: named
    flags = Flags(settings.flags.file)
    return lambda query: named if flags.enabled(CANARY, query) else shipped
