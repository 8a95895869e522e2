"""Every key of the system, in one place; `n` is the node.

| key below emily/v4/n/        | kind      | body                       |
|------------------------------|-----------|----------------------------|
| sense/{modality}/{source}    | published | Stimulus                   |
| reflex/{name}                | published | ReflexEvent                |
| gate/alpha                   | published | AlphaFrame                 |
| body/neuro, body/circadian   | published | NeuroState, CircadianState |
| workspace/candidate/{source} | published | Candidate                  |
| workspace/broadcast          | published | Broadcast                  |
| will/policy                  | published | Will                       |
| hypo/sampled                 | published | Hypotheses                 |
| status/{tier}                | published | TierStatus                 |
| memory/store, memory/recall  | asked     | Remember, RecallQuery      |
| hypo/generate                | asked     | Generate                   |
| emily/v4/@live/n/{service}   | liveliness|                            |

Keys that later services use have their place beside these: flow/turn, flow/duck, and above the nodes
swarm/pheromone and fleet/.
"""

from emily.contracts import messages as m
from emily.contracts.topic import ROOT, Delivery, Exchange, Topic

_DROP = Delivery(when_full="drop")
_BLOCK = Delivery(when_full="block")

SENSE = Topic(
    "sense/{modality}/{source}", m.Stimulus, Delivery(real_time=True, when_full="drop"), 500
)
REFLEX = Topic("reflex/{name}", m.ReflexEvent, Delivery(real_time=True, when_full="block"))
ALPHA = Topic("gate/alpha", m.AlphaFrame, _DROP)
NEURO = Topic("body/neuro", m.NeuroState, _DROP)
CIRCADIAN = Topic("body/circadian", m.CircadianState, _DROP)
CANDIDATE = Topic("workspace/candidate/{source}", m.Candidate, _BLOCK, 5_000)
BROADCAST = Topic("workspace/broadcast", m.Broadcast, _BLOCK)
WILL = Topic("will/policy", m.Will, _BLOCK)
SAMPLED = Topic("hypo/sampled", m.Hypotheses, _DROP)
STATUS = Topic("status/{tier}", m.TierStatus, _DROP)

STORE = Exchange("memory/store", m.Remember, m.Remembered)
RECALL = Exchange("memory/recall", m.RecallQuery, m.Hits)
GENERATE = Exchange("hypo/generate", m.Generate, m.Hypotheses)


def live(node: str, service: str) -> str:
    """Return the key of a service's liveliness token; `*` stands for every service."""
    return f"{ROOT}/@live/{node}/{service}"
