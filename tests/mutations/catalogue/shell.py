"""What the runs do about decisions: their order, their fences, their pace."""

from __future__ import annotations

from typing import Final

from .mutation import A_TICK, A_WAKE, FENCE, LEAVING, PAYLOADS, SIMULTANEOUS, UNINSTALLING, Mutation

MUTATIONS: Final = (
    Mutation(
        "a sleeping service is brought back when its mode is act no more",
        "uninstall.py",
        '    released = terraform["action"] == "update" and before is Mode.ACT and service.mode is not Mode.ACT\n',
        "    released = False\n",
        PAYLOADS,
    ),
    Mutation(
        "a tick keeps within the rate AWS allows",
        "tick_acts.py",
        "if out_of_time or self._updates == SERVICE_UPDATES_PER_TICK:",
        "if out_of_time:",
        A_TICK,
    ),
    Mutation(
        "wakes come before stops",
        "tick.py",
        "    actor.wake()\n    # Before anything is stopped: visitors may be waiting for these.\n"
        "    rules.open_ways()\n    actor.stop()\n",
        "    actor.stop()\n    rules.open_ways()\n    actor.wake()\n",
        A_TICK,
    ),
    Mutation(
        "the oldest comes first",
        "tick_acts.py",
        "        return sorted(acting, key=oldest_first)\n",
        "        return acting\n",
        A_TICK,
    ),
    Mutation(
        "one service's fault keeps no other from being looked after",
        "tick_acts.py",
        "        except Exception as error:\n            logger.exception(",
        "        except KeyError as error:\n            logger.exception(",
        A_TICK,
    ),
    Mutation(
        "a tick with a fault ends with an error",
        "tick.py",
        "    if course.faults:\n        told",
        "    if False:\n        told",
        A_TICK,
    ),
    Mutation(
        "state metrics can be switched off",
        "tick.py",
        "    if publish:\n",
        "    if True:\n",
        A_TICK,
    ),
    Mutation(
        "a tick publishes what it has just changed",
        "tick_acts.py",
        "            self._course.now_desired(snapshot, 0)\n",
        "            pass\n",
        A_TICK,
    ),
    Mutation(
        "many waiting wakes are looked at less often",
        "escort.py",
        "pause = min(LONGEST_PAUSE, 2 * pause if troubled else usual)",
        "pause = SHORTEST_PAUSE",
        A_WAKE,
    ),
    Mutation(
        "who waits is answered after fifty seconds",
        "escort.py",
        "LONGEST_WAIT: Final = timedelta(seconds=50)",
        "LONGEST_WAIT: Final = timedelta(seconds=80)",
        A_WAKE,
    ),
    Mutation(
        "a wake that comes to nothing ends with an error",
        "wake.py",
        "    if faults and all(step.fault for step in progress):\n",
        "    if False:\n",
        A_WAKE,
    ),
    Mutation(
        "memory is written before a service is stopped",
        "act.py",
        "    fenced = ports.memories.write(replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN))\n"
        "    ports.services.set_desired_count(service.name, 0)\n",
        "    ports.services.set_desired_count(service.name, 0)\n"
        "    fenced = ports.memories.write(replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN))\n",
        FENCE,
    ),
    Mutation(
        "a stop stands behind a fence",
        "act.py",
        "replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN)",
        "replace(decision.memory, stopping_until=ports.clock())",
        FENCE,
    ),
    Mutation(
        "whoever lifts the fence starts the wake asked for meanwhile",
        "act.py",
        "            if memory.wake_requested is None:\n                return",
        "            if True:\n                memory = replace(memory, wake_requested=None)\n                return",
        SIMULTANEOUS,
    ),
    Mutation(
        "memory is written before a wake is started",
        "act.py",
        "    written = ports.memories.write(decision.memory)\n"
        "    ports.services.set_desired_count(service.name, decision.desired)\n",
        "    ports.services.set_desired_count(service.name, decision.desired)\n"
        "    written = ports.memories.write(decision.memory)\n",
        A_TICK,
    ),
    Mutation(
        "people who ask at the same instant are all answered",
        "wake.py",
        "ATTEMPTS: Final = 25",
        "ATTEMPTS: Final = 2",
        SIMULTANEOUS,
    ),
    Mutation(
        "uninstalling outlasts a stop under way",
        "uninstall.py",
        "            if memory.stopping_until is None or ports.clock() >= memory.stopping_until:\n",
        "            if True:\n",
        UNINSTALLING,
    ),
    Mutation(
        "a service that leaves is marked, so that nobody stops it after that",
        "uninstall.py",
        "        return known and marked_as_leaving(known, ports.clock())\n",
        "        return known\n",
        "tests/simulation/test_interleavings_found.py",
    ),
    Mutation(
        "a service that is new when it leaves is marked, too",
        "uninstall.py",
        " or _seen_first(ports, service)\n",
        "\n",
        "tests/simulation/test_uninstalling.py",
    ),
    Mutation(
        "a service that comes back leaves no more",
        "uninstall.py",
        "            _note_return(ports, service, until)\n",
        "            pass\n",
        "tests/simulation/test_uninstalling.py",
    ),
    Mutation(
        "a service that leaves takes no more commands",
        "decide.py",
        "    if isinstance(memory, Memory) and leaves(memory, now):\n",
        "    if False:\n",
        LEAVING,
    ),
    Mutation(
        "the ticks bring back what leaves",
        "taking_back.py",
        "    is_leaving = leaves(memory, now)\n",
        "    is_leaving = False\n",
        LEAVING,
    ),
    Mutation(
        "what leaves and was stopped by somebody else is started",
        "taking_back.py",
        "    return is_leaving and facts.desired == 0",
        "    return False and facts.desired == 0",
        LEAVING,
    ),
    Mutation(
        "what leaves and runs lets its visitors through",
        "taking_back.py",
        "(drains or (is_leaving and memory.phase is not Phase.AWAKE))",
        "drains",
        LEAVING,
    ),
    Mutation(
        "an uninstall that was killed lets the service stay after a while",
        "leaving.py",
        "(leaving.done or now < leaving.since + LONGEST_UNFINISHED)",
        "True",
        LEAVING,
    ),
    Mutation(
        "what has left is not looked after however long it is configured",
        "leaving.py",
        "(leaving.done or now < leaving.since + LONGEST_UNFINISHED)",
        "now < leaving.since + LONGEST_UNFINISHED",
        LEAVING,
    ),
    Mutation(
        "an uninstall that succeeds says so",
        "uninstall.py",
        "            _mark_as_left(ports, service, until)\n",
        "            pass\n",
        "tests/simulation/test_announcements.py",
    ),
    Mutation(
        "a service that could not leave is looked after again at once",
        "uninstall.py",
        "            _stay(ports, service)\n",
        "            pass\n",
        "tests/simulation/test_uninstalling.py",
    ),
    Mutation(
        "rules that are armed again while it drains count from then on",
        "keep_rules.py",
        "            if kept.phase is Phase.DRAINING and arming_has_lapsed(snapshot, kept):\n",
        "            if False:\n",
        "tests/simulation/test_keeping_rules.py",
    ),
    Mutation(
        "a service that no tick has seen is not put to sleep",
        "decide_sleep.py",
        "    if snapshot.memory is None:\n",
        "    if False:\n",
        "tests/unit/core/test_sleep_now.py",
    ),
    Mutation(
        "the state of what leaves expires",
        "aws/state_items.py",
        "        EXPIRES: _expires(memory.leaving),\n",
        "        EXPIRES: None,\n",
        "tests/contract/test_table_items.py",
    ),
    Mutation(
        "uninstalling brings back what this module stopped",
        "uninstall.py",
        "    ports.services.set_desired_count(service.name, desired)\n",
        "",
        UNINSTALLING,
    ),
)
