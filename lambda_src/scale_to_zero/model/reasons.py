"""Every reason that a decision can have, with its code in the logs."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a decision was taken; ``docs/operations.md`` explains each code."""

    OFF = "off"
    DRY_RUN = "dry_run"
    NO_LONGER_MANAGED = "no_longer_managed"
    LEAVING = "leaving"
    NOT_SEEN = "not_seen"
    STATE_UNREADABLE = "service_state_unreadable"
    SERVICE_MISSING = "service_missing"
    SERVICE_NOT_ACTIVE = "service_not_active"
    DAEMON = "daemon"
    SCALABLE_TARGET = "scalable_target"
    SCALABLE_TARGET_UNKNOWN = "scalable_target_unknown"
    FIRST_SEEN = "first_seen"

    ASLEEP = "asleep"
    STOP_UNDER_WAY = "stop_under_way"
    STOP_COMPLETED = "stop_completed"
    STOP_REFUSED = "stop_refused"
    STARTED_ELSEWHERE = "started_elsewhere"
    STOPPED_ELSEWHERE = "stopped_elsewhere"
    COUNT_CHANGED = "count_changed"

    WAKE_REQUESTED = "wake_requested"
    WAKE_WAITS_FOR_STOP = "wake_waits_for_stop"
    WAKE_UNFINISHED = "wake_unfinished"
    WAKING = "waking"
    READINESS_UNKNOWN = "readiness_unknown"
    READY = "ready"
    HAS_WATCHER = "has_watcher"
    WAKE_FAILED = "wake_failed"
    WAKE_ABANDONED = "wake_abandoned"

    AWAKE = "awake"
    HELD = "held"
    HOLD_ALL_UNKNOWN = "hold_all_unknown"
    RELEASED_FROM_HOLD = "released_from_hold"
    DEPLOYMENT_RUNNING = "deployment_running"
    DEPLOYMENT_NOT_ENDING = "deployment_not_ending"
    DEPLOYMENT_ENDED = "deployment_ended"
    UNWATCHED_TRAFFIC_SOURCE = "unwatched_traffic_source"
    NO_TARGET_GROUPS = "no_target_groups"
    RECENTLY_ACTIVE = "recently_active"
    MAY_BE_IDLE = "may_be_idle"
    IN_USE = "in_use"
    TRAFFIC_UNKNOWN = "traffic_unknown"
    METRICS_BEHIND = "metrics_behind"
    TASK_PROTECTED = "task_protected"
    PROTECTION_UNKNOWN = "protection_unknown"
    IDLE = "idle"
    SLEEP_REQUESTED = "sleep_requested"
    SLEEP_ABANDONED = "sleep_abandoned"

    WAKE_RULE_PROBLEM = "wake_rule_problem"
    WAKE_RULES_UNKNOWN = "wake_rules_unknown"
    DRAINING = "draining"
    NEEDED_WHILE_DRAINING = "needed_while_draining"
    DRAINED_TOO_LONG = "drained_too_long"

    WOULD_SLEEP = "would_sleep"
    WOULD_WAKE = "would_wake"
