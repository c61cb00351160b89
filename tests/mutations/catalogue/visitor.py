"""Whoever comes while a service does not run: who he is, what he is answered, and what his coming does."""

from __future__ import annotations

from typing import Final

from .mutation import Mutation

VISITOR: Final = "tests/unit/visitor"
ANSWERS: Final = f"{VISITOR}/test_answers.py"
WHO_COMES: Final = f"{VISITOR}/test_who_comes.py"
REQUESTS: Final = f"{VISITOR}/test_requests.py"
HOLDING: Final = f"{VISITOR}/test_holding.py"
PACING: Final = f"{VISITOR}/test_pacing.py"
PROBES: Final = f"{VISITOR}/test_probes.py"
FAULTS: Final = f"{VISITOR}/test_whatever_fails.py"
NOTHING_COMES_BACK: Final = f"{VISITOR}/test_nothing_comes_back.py"
STATUS_JSON: Final = f"{VISITOR}/test_status_json.py"
HANDLER: Final = f"{VISITOR}/test_the_handler.py"
ELSEWHERE: Final = f"{VISITOR}/test_what_visitors_suffered_elsewhere.py"
OPENING: Final = "tests/unit/core/test_opening.py"
PACE: Final = "tests/unit/core/test_pace.py"
KEEPING_RULES: Final = "tests/simulation/test_keeping_rules.py"
SENDING_ESCORTS: Final = "tests/simulation/test_sending_escorts.py"
LETTING_THROUGH: Final = "tests/simulation/test_letting_visitors_through.py"

WHO_COMES_AND_WHAT_OF_HIM_IS_USED: Final = (
    Mutation(
        "a probe is a probe whatever else it is",
        "visitor/kinds.py",
        "    if any(_is_met_by(probe, request) for probe in wake.probes):\n        return Kind.PROBE\n",
        "",
        PROBES,
    ),
    Mutation(
        "all conditions of a probe must hold",
        "visitor/kinds.py",
        "bool(set_ones) and all(_any_matches",
        "bool(set_ones) and any(_any_matches",
        WHO_COMES,
    ),
    Mutation(
        "a bracket in a pattern stands for itself",
        "visitor/kinds.py",
        'fnmatchcase(text, pattern.replace("[", "[[]"))',
        "fnmatchcase(text, pattern)",
        WHO_COMES,
    ),
    Mutation(
        "only a GET polls",
        "visitor/kinds.py",
        'if request.method == "GET" and STATUS_TYPE in accepted:',
        "if STATUS_TYPE in accepted:",
        WHO_COMES,
    ),
    Mutation(
        "a preflight is answered for configured origins alone",
        "visitor/kinds.py",
        "if asks_for_another and allowed_origin(request, wake):",
        "if asks_for_another:",
        WHO_COMES,
    ),
    Mutation(
        "the button is pressed on the same site only",
        "visitor/kinds.py",
        'return site == "same-origin"',
        "return True",
        WHO_COMES,
    ),
    Mutation(
        "without a word on the site the origin of the button is the host asked for",
        "visitor/kinds.py",
        'return request.header("origin").lower().partition("://")[2] == request.header("host").lower() != ""',
        "return True",
        WHO_COMES,
    ),
    Mutation(
        "an origin that is no address makes nothing stumble",
        "visitor/kinds.py",
        'return request.header("origin").lower().partition("://")[2] == request.header("host").lower() != ""',
        "from urllib.parse import urlsplit\n"
        '    return urlsplit(request.header("origin")).netloc.lower() == request.header("host").lower() != ""',
        NOTHING_COMES_BACK,
    ),
    Mutation(
        "two slashes at the start of a path are no host",
        "visitor/request.py",
        'place = f"/.{path}" if path.startswith("//") else path',
        "place = path",
        REQUESTS,
    ),
    Mutation(
        "a place begins with a slash",
        "visitor/request.py",
        'PATH_CHARACTERS) if self.path.startswith("/") else "/"',
        "PATH_CHARACTERS)",
        REQUESTS,
    ),
    Mutation(
        "what comes back in a path is quoted",
        "visitor/request.py",
        '    return quote(text, safe=characters, errors="replace")\n',
        "    return text\n",
        REQUESTS,
    ),
    Mutation(
        "half a character is no reason to send nobody on",
        "visitor/request.py",
        '    return quote(text, safe=characters, errors="replace")\n',
        "    return quote(text, safe=characters)\n",
        REQUESTS,
    ),
    Mutation(
        "what is sent undecoded is not encoded again",
        "visitor/request.py",
        'PATH_CHARACTERS: Final = "/%:@',
        'PATH_CHARACTERS: Final = "/:@',
        REQUESTS,
    ),
    Mutation(
        "the query goes with a redirect",
        "visitor/request.py",
        'return f"{place}?{_quoted(self.query, QUERY_CHARACTERS)}" if self.query else place',
        "return place",
        ELSEWHERE,
    ),
    Mutation(
        "every value of a parameter counts",
        "visitor/request.py",
        "for name, values in parameters.items() for value in values)",
        "for name, values in parameters.items() for value in values[-1:])",
        REQUESTS,
    ),
    Mutation(
        "a body that is no Base64 is none",
        "visitor/request.py",
        '    except ValueError:\n        return b""',
        '    except UnicodeDecodeError:\n        return b""',
        REQUESTS,
    ),
    Mutation(
        "a preflight gets back nothing but names",
        "visitor/answers.py",
        'return value if _TOKENS.fullmatch(value) else ""',
        "return value",
        ANSWERS,
    ),
    Mutation(
        "a HEAD gets no body",
        "visitor/answers.py",
        '"body": "" if request.method == "HEAD" else body,',
        '"body": body,',
        ANSWERS,
    ),
    Mutation(
        "a redirect keeps method and body",
        "visitor/answers.py",
        "return _answer(request, 307,",
        "return _answer(request, 302,",
        ELSEWHERE,
    ),
    Mutation(
        "another origins page may read when to come again",
        "visitor/answers.py",
        '        "Access-Control-Expose-Headers": ["Retry-After"],\n',
        "",
        ANSWERS,
    ),
    Mutation(
        "nothing is kept by anybody on the way",
        "visitor/answers.py",
        '{"Cache-Control": "no-store", "X-Content-Type-Options"',
        '{"X-Content-Type-Options"',
        ANSWERS,
    ),
    Mutation(
        "the answer to a poll has what the script reads",
        "visitor/answers.py",
        '        "poll_after_seconds": _poll_after(status),\n',
        "",
        STATUS_JSON,
    ),
)

WHAT_HIS_COMING_DOES: Final = (
    Mutation(
        "a poll begins no wake",
        "visitor/standing.py",
        "visits = kind not in (Kind.POLL, Kind.PROBE)",
        "visits = kind is not Kind.PROBE",
        f"{ANSWERS} -k polling",
    ),
    Mutation(
        "where a person must ask nobody else wakes it",
        "visitor/standing.py",
        "may_wake = visits and (kind is Kind.BUTTON or not wake.ask_before_waking)",
        "may_wake = visits",
        ANSWERS,
    ),
    Mutation(
        "a service that may not be acted on is not woken",
        "visitor/standing.py",
        "if service.mode is not Mode.ACT or (memory",
        "if (memory",
        ANSWERS,
    ),
    Mutation(
        "no request begins a wake before its time",
        "visitor/standing.py",
        "if memory is not None and memory.retry_at is not None and now < memory.retry_at:",
        "if False and memory is not None and memory.retry_at is not None:",
        ANSWERS,
    ),
    Mutation(
        "a page that was left open over a failed wake says why",
        "visitor/standing.py",
        "    if memory is not None and memory.retry_at is not None:\n",
        "    if False:\n",
        ANSWERS,
    ),
    Mutation(
        "whose button must be pressed is shown the button when a failed wake may be tried again",
        "visitor/standing.py",
        "    if wake is not None and wake.ask_before_waking:\n",
        "    if wake is not None and wake.ask_before_waking and (memory is None or memory.retry_at is None):\n",
        ANSWERS,
    ),
    Mutation(
        "an escort that sees a wake through is enough",
        "visitor/standing.py",
        "unattended = failed or _is_over(memory.escorted_until, now)",
        "unattended = True",
        ANSWERS,
    ),
    Mutation(
        "a failed wake is asked for by its visitors",
        "visitor/standing.py",
        "unattended = failed or _is_over(memory.escorted_until, now)",
        "unattended = _is_over(memory.escorted_until, now)",
        ANSWERS,
    ),
    Mutation(
        "a wake is called failed though no tick has marked it",
        "visitor/standing.py",
        "return memory.failed or overdue",
        "return memory.failed",
        ANSWERS,
    ),
    Mutation(
        "nobody is told to come every second",
        "visitor/standing.py",
        "if usual is None or elapsed >= usual:",
        "if usual is None:",
        ANSWERS,
    ),
    Mutation(
        "an earlier opening does not count for this one",
        "visitor/standing.py",
        "opened = max(filter(None, (memory.wake_parts.opened, memory.since)))",
        "opened = memory.wake_parts.opened or memory.since",
        ANSWERS,
    ),
    Mutation(
        "nobody disarms again within ten seconds",
        "visitor/standing.py",
        "if visits and now - opened > DISARMED_AGAIN_AFTER:",
        "if visits:",
        PACING,
    ),
    Mutation(
        "of many who come at once one sends the escort",
        "visitor/reception.py",
        "            if claim(name, Errand.SEND_ESCORT, expected):\n",
        "            if True:\n",
        ANSWERS,
    ),
    Mutation(
        "an escort that could not be sent is sent by the next visitor",
        "visitor/reception.py",
        "        with suppress(CallFailed):\n            claim(name, Errand.SEND_ESCORT, self.came",
        "        if False:\n            claim(name, Errand.SEND_ESCORT, self.came",
        ANSWERS,
    ),
    Mutation(
        "an escort that could not be sent is no wake",
        "visitor/reception.py",
        "if stands.todo is Todo.WAKE and not self._send_escort() and not _is_under_way(memory):",
        "if stands.todo is Todo.WAKE and not self._send_escort() and False:",
        ANSWERS,
    ),
    Mutation(
        "of many who come at once one disarms again",
        "visitor/reception.py",
        "        if not self.ports.memories.claim(self.service.name, Errand.DISARM, self.came + OPENED_FOR):\n"
        "            return stands\n",
        "",
        PACING,
    ),
    Mutation(
        "a draining service is called back before its rules are disarmed",
        "visitor/reception.py",
        "            open_the_way(self.ports, self.service, written)\n            return True\n",
        "            return True\n",
        ANSWERS,
    ),
    Mutation(
        "rules are disarmed though nothing is remembered",
        "visitor/reception.py",
        "            disarm(self.ports, [rule.arn for rule in self.wake.rules])\n",
        "",
        ANSWERS,
    ),
    Mutation(
        "a preflight wakes nothing",
        "visitor/reception.py",
        "        if self.kind is Kind.PREFLIGHT:\n            return answers.preflight(self.request)\n",
        "",
        ANSWERS,
    ),
    Mutation(
        "a disarmed host wakes nothing",
        "visitor/reception.py",
        "    if request.host == DISARMED_HOST:\n        return answers.not_found(request)\n",
        "",
        ANSWERS,
    ),
    Mutation(
        "an unknown target group wakes nothing",
        "visitor/reception.py",
        "    if service is None or service.wake_on_request is None:\n",
        "    if service is None:\n",
        ANSWERS,
    ),
)

HOW_LONG_HE_WAITS: Final = (
    Mutation(
        "a request is held only if the wake fits",
        "visitor/holding.py",
        "return status.usual - (status.elapsed or timedelta(0)) <= wake.hold",
        "return True",
        HOLDING,
    ),
    Mutation(
        "a request is held until the way is open and not only ready",
        "visitor/holding.py",
        "return memory.phase is Phase.AWAKE and memory.wake_parts.opened is not None",
        "return memory.phase is Phase.AWAKE",
        HOLDING,
    ),
    Mutation(
        "a failed wake ends the hold",
        "visitor/holding.py",
        "if memory.failed or is_open(memory):",
        "if is_open(memory):",
        HOLDING,
    ),
    Mutation(
        "a place is left whatever ends the wait",
        "visitor/holding.py",
        "    finally:\n        place.leave()\n",
        "    finally:\n        pass\n",
        HOLDING,
    ),
    Mutation(
        "a place is taken anew for the wake that has begun",
        "visitor/holding.py",
        "        if self._taken == memory.since:\n",
        "        if self._taken is not None:\n",
        HOLDING,
    ),
    Mutation(
        "no more are held than may be",
        "visitor/holding.py",
        "            self.was_taken = True\n        return free\n",
        "            self.was_taken = True\n        self._taken = memory.since\n        return True\n",
        HOLDING,
    ),
    Mutation(
        "a hold ends before the run is cut off",
        "visitor/reception.py",
        "until = min(self.came + self.wake.hold, self.ends_at - TIME_KEPT_FOR_THE_END)",
        "until = self.came + self.wake.hold",
        HOLDING,
    ),
    Mutation(
        "two seconds pass between redirects",
        "visitor/reception.py",
        "        if now < earliest:\n",
        "        if False:\n",
        PACING,
    ),
    Mutation(
        "a pause ends before the run is cut off",
        "visitor/reception.py",
        "earliest = min(self.came + BETWEEN_REDIRECTS, self.ends_at - TIME_KEPT_FOR_THE_END)",
        "earliest = self.came + BETWEEN_REDIRECTS",
        PACING,
    ),
    Mutation(
        "redirects end after twenty seconds",
        "visitor/reception.py",
        "if stands.opened is None or now - stands.opened > LAST_REDIRECT:",
        "if stands.opened is None:",
        PACING,
    ),
    Mutation(
        "nobody is sent round where nothing tells since when the way is open",
        "visitor/reception.py",
        "if stands.opened is None or now - stands.opened > LAST_REDIRECT:",
        "if stands.opened is not None and now - stands.opened > LAST_REDIRECT:",
        ANSWERS,
    ),
    Mutation(
        "a place too long to be sent is not sent",
        "visitor/reception.py",
        "if len(self.request.same_place()) > LONGEST_LOCATION:",
        "if False:",
        ANSWERS,
    ),
)

WHATEVER_FAILS: Final = (
    Mutation(
        "a call that fails is a 503",
        "visitor/reception.py",
        "        except CallFailed as error:\n"
        '            logger.exception(f"how {self.service.key} stands could not be found out: {error}")\n',
        "        except ZeroDivisionError as error:\n"
        '            logger.exception(f"how {self.service.key} stands could not be found out: {error}")\n',
        FAULTS,
    ),
    Mutation(
        "an error nobody thought of is a 503",
        "visitor/reception.py",
        '    except Exception:\n        logger.exception("a visitor could not be received")\n',
        '    except CallFailed:\n        logger.exception("a visitor could not be received")\n',
        FAULTS,
    ),
    Mutation(
        "a page that cannot be made leaves a problem",
        "visitor/reception.py",
        '        except Exception:\n            logger.exception("the waiting page could not be made")\n',
        '        except CallFailed:\n            logger.exception("the waiting page could not be made")\n',
        FAULTS,
    ),
    Mutation(
        "a look that cannot be read leaves the modules own",
        "visitor/reception.py",
        '    except Exception:\n        logger.exception("how the waiting page looks could not be read")\n',
        '    except ZeroDivisionError:\n        logger.exception("how the waiting page looks could not be read")\n',
        f"{FAULTS} -k own_look",
    ),
    Mutation(
        "refused settings are a 503",
        "handlers.py",
        "    except SettingsRefused as error:\n        logger.error(str(error))\n    except Exception:\n"
        '        logger.exception("the wake function is not set up")\n',
        "    except ZeroDivisionError as error:\n        logger.error(str(error))\n",
        HANDLER,
    ),
    Mutation(
        "whatever keeps the function from being set up is a 503",
        "handlers.py",
        '    except Exception:\n        logger.exception("the wake function is not set up")\n',
        "",
        HANDLER,
    ),
    Mutation(
        "who passes for a monitor does not use up what may be asked",
        "handlers.py",
        "return replace(ports, target_groups=KeptHealth(ports.target_groups, ports.clock))",
        "return ports",
        HANDLER,
    ),
    Mutation(
        "one healthy group of a pair is enough for a monitor",
        "visitor/reception.py",
        "        if any(targets for targets in seen if not isinstance(targets, Unknown)):\n            return True\n",
        "        if seen and all(targets for targets in seen if not isinstance(targets, Unknown)):\n"
        "            return True\n",
        PROBES,
    ),
    Mutation(
        "a monitor is told of a wake that has failed",
        "visitor/answers.py",
        "code = 503 if failed or healthy is False else 200",
        "code = 503 if healthy is False else 200",
        PROBES,
    ),
    Mutation(
        "health is kept for ten seconds and no longer",
        "visitor/kept_health.py",
        "if seen is None or now - seen[1] >= KEPT_FOR:",
        "if seen is None:",
        PROBES,
    ),
)

RULES_AND_ESCORTS: Final = (
    Mutation(
        "one rule that cannot be disarmed keeps no other from it",
        "opening.py",
        "        except CallFailed as failure:\n            return str(failure)\n",
        "        except ZeroDivisionError as failure:\n            return str(failure)\n",
        OPENING,
    ),
    Mutation(
        "a way is noted as open only when it is",
        "opening.py",
        '    if failures:\n        raise CallFailed("; ".join(failures))\n',
        "",
        OPENING,
    ),
    Mutation(
        "a bucket never fills above its brim",
        "pace.py",
        "min(float(self._rate.at_once), self._left + max(0.0, added))",
        "self._left + max(0.0, added)",
        PACE,
    ),
    Mutation(
        "a clock that is set back empties no bucket",
        "pace.py",
        "self._left + max(0.0, added))",
        "self._left + added)",
        PACE,
    ),
    Mutation(
        "a tick changes a hundred rules at most",
        "keep_rules.py",
        "if self._changes == RULE_CHANGES_PER_TICK or self._ports.clock()",
        "if self._ports.clock()",
        KEEPING_RULES,
    ),
    Mutation(
        "no rule is changed in the last seconds of a run",
        "keep_rules.py",
        " or self._ports.clock() > self._ends_at - TIME_KEPT_FOR_THE_END:",
        ":",
        KEEPING_RULES,
    ),
    Mutation(
        "rules are changed as fast as AWS allows",
        "keep_rules.py",
        "        self._pace.wait()\n",
        "",
        KEEPING_RULES,
    ),
    Mutation(
        "a draining service is noted as armed when every rule is",
        "keep_rules.py",
        "and memory.armed is None and all_armed(snapshot.service, seen):",
        "and memory.armed is None:",
        KEEPING_RULES,
    ),
    Mutation(
        "a way is noted as open when every rule is disarmed",
        "keep_rules.py",
        "    return all_disarmed(service, seen)\n",
        "    return True\n",
        KEEPING_RULES,
    ),
    Mutation(
        "rules of whoever waited longest come first",
        "keep_rules.py",
        "sorted(self._course.snapshots.values(), key=oldest_first)",
        "self._course.snapshots.values()",
        KEEPING_RULES,
    ),
    Mutation(
        "whoever leaves a wake under way sends an escort",
        "scale_up.py",
        "    _send_escort(ports, progress)\n    return progress\n",
        "    return progress\n",
        SENDING_ESCORTS,
    ),
    Mutation(
        "an escort sends no escort",
        "scale_up.py",
        "    if request.escort:\n        return escort(ports, progress, ends_at)\n",
        "    if request.escort:\n        progress = escort(ports, progress, ends_at)\n"
        "        ports.escorts.send(['web'])\n",
        SENDING_ESCORTS,
    ),
    Mutation(
        "an escort is sent for what still wakes alone",
        "scale_up.py",
        "for step in progress if step.waking]",
        "for step in progress]",
        SENDING_ESCORTS,
    ),
    Mutation(
        "a service that leaves lets its visitors through",
        "uninstall.py",
        "        disarm(ports, asked.rule_arns)\n",
        "        pass\n",
        LETTING_THROUGH,
    ),
    Mutation(
        "probes of a service that leaves are disarmed too",
        "uninstall.py",
        '_texts(asked.get("wake_rule_arns")) + _texts(asked.get("probe_rule_arns"))',
        '_texts(asked.get("wake_rule_arns"))',
        LETTING_THROUGH,
    ),
    Mutation(
        "a service is brought back before its visitors are let through",
        "uninstall.py",
        "        message = _bring_back(ports, asked, until)\n        _let_visitors_through(ports, asked)\n",
        "        _let_visitors_through(ports, asked)\n        message = _bring_back(ports, asked, until)\n",
        LETTING_THROUGH,
    ),
)

MUTATIONS: Final = (
    *WHO_COMES_AND_WHAT_OF_HIM_IS_USED,
    *WHAT_HIS_COMING_DOES,
    *HOW_LONG_HE_WAITS,
    *WHATEVER_FAILS,
    *RULES_AND_ESCORTS,
)
