"""The service state, as it is written to its item of the table."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import Scaling, Suspension
from scale_to_zero.model.service_state import (
    Backoff,
    Explanation,
    Hold,
    Lease,
    Leaving,
    Phase,
    PhaseChange,
    ServiceState,
    Stop,
    TimeAsleep,
    Wake,
)

from .attributes import Reader, instant, number, record, seconds, text
from .config_items import ItemUnreadable, fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .attributes import Value

STATE_PREFIX: Final = "state#"
SCHEMA: Final = 3
"""Schemas 1 and 2 are older than the first release and have other attributes. No version reads them."""
INSTANTS_OF_A_WAKE: Final = (
    "first_requested_at",
    "sent",
    "accepted",
    "created",
    "pulled",
    "started",
    "healthy",
    "retry_at",
)
DELETE_IT: Final = "delete it; the next tick creates a new service state"
MARK_KEPT: Final = timedelta(days=90)
"""After this time DynamoDB deletes the state of a service that left. Runs that read its configuration end sooner."""
EXPLANATION: Final = "explanation"
EXPIRES: Final = "expires"
"""When DynamoDB may delete the item, in seconds since 1970 (DynamoDB guide, time to live); it can take days longer."""


def state_id(name: ServiceName) -> str:
    """Return the key of a service state. It has the ECS names, so that a renamed entry in the module loses nothing."""
    return f"{STATE_PREFIX}{name}"


def lease_attribute(lease: Lease) -> str:
    """Return the attribute that contains the end of a lease."""
    return f"lease_{lease.value}"


def name_of(item_id: str) -> ServiceName:
    """Return the service of an item; of a key that this module did not write, a name that may have empty parts."""
    cluster_name, _, service_name = item_id.removeprefix(STATE_PREFIX).partition("/")
    return ServiceName(cluster_name, service_name)


def state_of(item: Mapping[str, Value]) -> ServiceState | None:
    """Read a state item; ``None`` if it contains no service state yet. Raises ``ItemUnreadable``."""
    item_id = item["id"].get("S", "")
    if "version" not in item:
        return None
    try:
        schema = int(item["schema"]["N"])
        if schema == SCHEMA:
            return _state(_name(item_id), Reader(item))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ItemUnreadable(f"the state item {item_id} cannot be read ({fault(error)}); {DELETE_IT}") from error
    cure = "apply a version of the module that knows it" if schema > SCHEMA else DELETE_IT
    raise ItemUnreadable(
        f"the state item {item_id} has schema {schema}, but this version reads only schema {SCHEMA}; {cure}"
    )


def explanation_of(item: Mapping[str, Value]) -> Explanation | None:
    """Read the explanation of a service; ``None`` if there is none, or it is unreadable."""
    try:
        read = Reader(item).record(EXPLANATION)
        phase = read.text("phase")
        return Explanation(
            reason=read.item["reason"]["S"],
            sentence=read.item["sentence"]["S"],
            needs_attention=read.flag("needs_attention"),
            since=read.known_instant("since"),
            logged=read.known_instant("logged"),
            phase=Phase(phase) if phase else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def explanation_attribute(explanation: Explanation) -> Value:
    """Write the explanation of a service."""
    written = record(
        reason=text(explanation.reason),
        sentence=text(explanation.sentence),
        needs_attention={"BOOL": explanation.needs_attention},
        since=instant(explanation.since),
        logged=instant(explanation.logged),
        phase=text(explanation.phase or ""),
    )
    assert written is not None
    return written


def attributes_of(state: ServiceState) -> dict[str, Value | None]:
    """Return every attribute that a service state is written to; ``None`` removes the attribute.

    The key, ``version`` and ``last_activity`` are missing here: they have their own conditions. Leases write the
    attributes of watchers, notifications write ``notified``, and ticks write the explanation.
    """
    return {
        "schema": number(SCHEMA),
        "phase": text(state.phase),
        "since": instant(state.since),
        "requested_at": instant(state.requested_at),
        "restore": number(state.restore),
        "wake": _wake(state.wake) if state.wake is not None else None,
        "stop": state.stop
        and record(lease_until=instant(state.stop.lease_until), wake_requested=instant(state.stop.wake_requested)),
        "backoff": state.backoff and record(until=instant(state.backoff.until), cause=text(state.backoff.cause)),
        "stopped": instant(state.stopped),
        "usual_wake_seconds": seconds(state.usual_wake),
        "would_sleep_since": instant(state.would_sleep_since),
        "metrics_late": instant(state.metrics_late),
        "targetless_since": instant(state.targetless_since),
        "armed": instant(state.armed),
        "routing_restored_at": instant(state.routing_restored_at),
        "failures": number(state.failures or None),
        "hold": state.hold and record(until=instant(state.hold.until), reason=text(state.hold.reason)),
        "sleep_requested": instant(state.sleep_requested),
        "awake_since": instant(state.awake_since),
        "time_asleep": _time_asleep(state.time_asleep),
        "deployment_since": instant(state.deployment_since),
        "leaving": state.leaving and record(since=instant(state.leaving.since), done={"BOOL": state.leaving.done}),
        "scaling": _scaling(state.scaling) if state.scaling is not None else None,
        EXPIRES: _expires(state.leaving),
        "changes": {"L": [_change(change) for change in state.changes]} if state.changes else None,
    }


def _scaling(scaling: Scaling) -> Value:
    before = _suspension(scaling.before) if scaling.before is not None else None
    return record(before=before, put_back_at=instant(scaling.put_back_at)) or {"M": {}}


def _suspension(one: Suspension) -> Value | None:
    return record(scale_in={"BOOL": one.scale_in}, scale_out={"BOOL": one.scale_out}, scheduled={"BOOL": one.scheduled})


def _wake(wake: Wake) -> Value | None:
    instants = {name: instant(getattr(wake, name)) for name in INSTANTS_OF_A_WAKE}
    return record(deadline=instant(wake.deadline), failed={"BOOL": wake.failed}, cause=text(wake.cause), **instants)


def _expires(leaving: Leaving | None) -> Value | None:
    return number(int((leaving.since + MARK_KEPT).timestamp())) if leaving is not None and leaving.done else None


def _time_asleep(slept: TimeAsleep) -> Value | None:
    if slept.day is None:
        return None
    return record(day=text(slept.day.isoformat()), that_day=seconds(slept.that_day), task_time=seconds(slept.task_time))


def _change(change: PhaseChange) -> Value:
    written = record(
        version=number(change.version),
        at=instant(change.at),
        before=text(change.before),
        after=text(change.after),
        reason=text(change.reason),
        failed={"BOOL": change.failed},
        began=instant(change.began),
        quiet_since=instant(change.quiet_since),
        cause=text(change.cause),
    )
    assert written is not None
    return written


def _name(item_id: str) -> ServiceName:
    name = name_of(item_id)
    if not (name.cluster_name and name.service_name):
        raise ValueError("its id is not state#<cluster>/<service>")
    return name


def _state(name: ServiceName, read: Reader) -> ServiceState:
    state = ServiceState(
        name=name,
        phase=Phase(read.item["phase"]["S"]),
        since=read.known_instant("since"),
        version=int(read.item["version"]["N"]),
        last_activity=read.instant("last_activity"),
        requested_at=read.instant("requested_at"),
        restore=read.count("restore"),
        wake=_read_wake(read.record("wake")) if "wake" in read else None,
        stop=_read_stop(read.record("stop")) if "stop" in read else None,
        backoff=_read_backoff(read.record("backoff")) if "backoff" in read else None,
        stopped=read.instant("stopped"),
        usual_wake=read.seconds("usual_wake_seconds"),
        would_sleep_since=read.instant("would_sleep_since"),
        metrics_late=read.instant("metrics_late"),
        targetless_since=read.instant("targetless_since"),
        armed=read.instant("armed"),
        routing_restored_at=read.instant("routing_restored_at"),
        failures=read.count("failures") or 0,
        watcher_expected_until=read.instant(lease_attribute(Lease.START_WATCHER)),
        watcher_until=read.instant(lease_attribute(Lease.WATCHER)),
        hold=_read_hold(read.record("hold")) if "hold" in read else None,
        sleep_requested=read.instant("sleep_requested"),
        awake_since=read.instant("awake_since"),
        time_asleep=_read_time_asleep(read.record("time_asleep")) if "time_asleep" in read else TimeAsleep(),
        changes=tuple(_read_change(one) for one in read.records("changes")),
        notified=read.count("notified") or 0,
        deployment_since=read.instant("deployment_since"),
        leaving=_read_leaving(read.record("leaving")) if "leaving" in read else None,
        scaling=_read_scaling(read.record("scaling")) if "scaling" in read else None,
    )
    if state.phase is Phase.WAKING and state.wake is None:
        raise ValueError("it is waking, but has no wake")
    return state


def _read_wake(read: Reader) -> Wake:
    return Wake(
        deadline=read.known_instant("deadline"),
        failed=read.flag("failed"),
        cause=read.text("cause"),
        **{name: read.instant(name) for name in INSTANTS_OF_A_WAKE},
    )


def _read_stop(read: Reader) -> Stop:
    return Stop(read.known_instant("lease_until"), read.instant("wake_requested"))


def _read_backoff(read: Reader) -> Backoff:
    return Backoff(read.known_instant("until"), read.text("cause"))


def _read_hold(read: Reader) -> Hold:
    return Hold(read.known_instant("until"), read.text("reason"))


def _read_leaving(read: Reader) -> Leaving:
    return Leaving(read.known_instant("since"), read.flag("done"))


def _read_scaling(read: Reader) -> Scaling:
    before = _read_suspension(read.record("before")) if "before" in read else None
    put_back_at = read.instant("put_back_at")
    if before is None and put_back_at is not None:
        raise ValueError("its scaling was put back, but it is unknown how it was")
    return Scaling(before, put_back_at)


def _read_suspension(read: Reader) -> Suspension:
    return Suspension(read.flag("scale_in"), read.flag("scale_out"), read.flag("scheduled"))


def _read_time_asleep(read: Reader) -> TimeAsleep:
    return TimeAsleep(
        day=date.fromisoformat(read.text("day")),
        that_day=read.seconds("that_day") or timedelta(0),
        task_time=read.seconds("task_time") or timedelta(0),
    )


def _read_change(read: Reader) -> PhaseChange:
    return PhaseChange(
        version=int(read.item["version"]["N"]),
        at=read.known_instant("at"),
        before=Phase(read.text("before")),
        after=Phase(read.text("after")),
        reason=Reason(read.text("reason")),
        failed=read.flag("failed"),
        began=read.instant("began"),
        quiet_since=read.instant("quiet_since"),
        cause=read.text("cause"),
    )
