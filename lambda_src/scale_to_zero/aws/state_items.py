"""How a memory is written in its item of the table.

Instants are ISO 8601 in UTC with microseconds, so that their order as text is their order in time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.model import Memory, Phase, ServiceName, WakeParts
from scale_to_zero.ports import Errand

from .config_items import ItemBroken, fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Attributes = Mapping[str, AttributeValueTypeDef]

STATE_PREFIX: Final = "state#"
SCHEMA: Final = 1


def state_id(name: ServiceName) -> str:
    """The key of a service's memory: its ECS names, so that renaming its entry in the module loses nothing."""
    return f"{STATE_PREFIX}{name}"


def claim_attribute(errand: Errand) -> str:
    """Where the end of a claim stands, beside the memory."""
    return f"claim_{errand.value}"


def instant_text(instant: datetime) -> str:
    """Write an instant; all are equally long, so that DynamoDB can compare them."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def memory_of(item: Attributes) -> Memory | None:
    """Read a state item; ``None`` if no memory was written to it yet. Raises ``ItemBroken``."""
    item_id = item["id"].get("S", "")
    if "version" not in item:
        return None
    try:
        schema = int(item["schema"]["N"])
        if schema <= SCHEMA:
            return _memory(_name(item_id), _Reader(item))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ItemBroken(
            f"the state item {item_id} cannot be read ({fault(error)}); delete it, and its service is looked at afresh"
        ) from error
    raise ItemBroken(
        f"the state item {item_id} has schema {schema}, and {SCHEMA} is the newest known; "
        "apply a version of the module that knows it"
    )


def attributes_of(memory: Memory) -> dict[str, AttributeValueTypeDef | None]:
    """Every attribute that a memory is written to; ``None`` is to be removed.

    Its key, ``version`` and ``last_activity`` have conditions of their own; claims write what is said of escorts.
    """
    return {
        "schema": {"N": str(SCHEMA)},
        "phase": {"S": memory.phase.value},
        "since": {"S": instant_text(memory.since)},
        "asked": _instant(memory.asked),
        "restore": None if memory.restore is None else {"N": str(memory.restore)},
        "stopping_until": _instant(memory.stopping_until),
        "wake_requested": _instant(memory.wake_requested),
        "deadline": _instant(memory.deadline),
        "failed": {"BOOL": memory.failed},
        "stopped": _instant(memory.stopped),
        "usual_wake_seconds": None
        if memory.usual_wake is None
        else {"N": str(memory.usual_wake / timedelta(seconds=1))},
        "would_sleep_since": _instant(memory.would_sleep_since),
        "metrics_late": _instant(memory.metrics_late),
        "targetless_since": _instant(memory.targetless_since),
        "armed": _instant(memory.armed),
        "wake_parts": _instants(memory.wake_parts),
        "failure": {"S": memory.failure} if memory.failure else None,
        "failures": {"N": str(memory.failures)} if memory.failures else None,
        "retry_at": _instant(memory.retry_at),
    }


def _instant(instant: datetime | None) -> AttributeValueTypeDef | None:
    return None if instant is None else {"S": instant_text(instant)}


def _instants(parts: WakeParts) -> AttributeValueTypeDef | None:
    known = {part: {"S": instant_text(instant)} for part, instant in asdict(parts).items() if instant is not None}
    return {"M": known} if known else None


def _name(item_id: str) -> ServiceName:
    cluster_name, slash, service_name = item_id.removeprefix(STATE_PREFIX).partition("/")
    if not (slash and cluster_name and service_name):
        raise ValueError("its id is not state#<cluster>/<service>")
    return ServiceName(cluster_name, service_name)


@dataclass(frozen=True)
class _Reader:
    """Reads one attribute after the other; an absent one is ``None``, one of another type ``KeyError``."""

    item: Attributes

    def instant(self, attribute: str) -> datetime | None:
        if attribute not in self.item:
            return None
        instant = datetime.fromisoformat(self.item[attribute]["S"])
        if instant.tzinfo is None:
            raise ValueError(f"{attribute} names no time zone")
        return instant.astimezone(UTC)

    def number(self, attribute: str) -> float | None:
        return float(self.item[attribute]["N"]) if attribute in self.item else None

    def count(self, attribute: str) -> int | None:
        return int(self.item[attribute]["N"]) if attribute in self.item else None

    def text(self, attribute: str) -> str:
        return self.item[attribute]["S"] if attribute in self.item else ""

    def parts(self, attribute: str) -> WakeParts:
        read = _Reader(self.item[attribute]["M"] if attribute in self.item else {})
        return WakeParts(**{part.name: read.instant(part.name) for part in fields(WakeParts)})

    def flag(self, attribute: str) -> bool:
        return self.item[attribute]["BOOL"] if attribute in self.item else False


def _memory(name: ServiceName, read: _Reader) -> Memory:
    since = read.instant("since")
    if since is None:
        raise KeyError("since")
    usual_wake = read.number("usual_wake_seconds")
    return Memory(
        name=name,
        phase=Phase(read.item["phase"]["S"]),
        since=since,
        version=int(read.item["version"]["N"]),
        last_activity=read.instant("last_activity"),
        asked=read.instant("asked"),
        restore=read.count("restore"),
        stopping_until=read.instant("stopping_until"),
        wake_requested=read.instant("wake_requested"),
        deadline=read.instant("deadline"),
        failed=read.flag("failed"),
        stopped=read.instant("stopped"),
        usual_wake=None if usual_wake is None else timedelta(seconds=usual_wake),
        would_sleep_since=read.instant("would_sleep_since"),
        metrics_late=read.instant("metrics_late"),
        targetless_since=read.instant("targetless_since"),
        armed=read.instant("armed"),
        wake_parts=read.parts("wake_parts"),
        failure=read.text("failure"),
        failures=read.count("failures") or 0,
        retry_at=read.instant("retry_at"),
        escort_sent_until=read.instant(claim_attribute(Errand.SEND_ESCORT)),
        escorted_until=read.instant(claim_attribute(Errand.ESCORT)),
    )
