"""The HTTP API: what it understands, what it has done, and what it says of that."""

from __future__ import annotations

from typing import Final

from .mutation import Mutation

API: Final = "tests/unit/api"
HOW_SERVICES_ARE: Final = f"{API}/test_how_services_are.py"
PAGING: Final = f"{API}/test_paging.py"
WAKING_AND_SLEEPING: Final = f"{API}/test_waking_and_sleeping.py"
REFUSED: Final = f"{API}/test_what_is_refused.py"
FAULTS: Final = f"{API}/test_whatever_fails.py"
NOTHING_COMES_BACK: Final = f"{API}/test_nothing_comes_back.py"
DOCUMENT: Final = f"{API}/test_the_openapi_document.py"

WHAT_IS_UNDERSTOOD: Final = (
    Mutation(
        "the API knows a media type whatever its case",
        "api/request.py",
        'types[0].partition(";")[0].strip().lower()',
        'types[0].partition(";")[0].strip()',
        REFUSED,
    ),
    Mutation(
        "the API decodes a body that API Gateway has encoded",
        "api/request.py",
        'event.get("isBase64Encoded") is True else',
        'event.get("isBase64Encoded") is None else',
        REFUSED,
    ),
    Mutation(
        "the API refuses a body that cannot be decoded",
        "api/request.py",
        "b64decode(body, validate=True)",
        'b64decode(body + "==")',
        REFUSED,
    ),
    Mutation(
        "the API refuses a body that is too large",
        "api/asks.py",
        "if len(call.body) > LARGEST_BODY:",
        "if len(call.body) > LARGEST_BODY + 1:",
        REFUSED,
    ),
    Mutation(
        "the API refuses a body that is not sent as JSON",
        "api/asks.py",
        "if call.content_type != JSON_TYPE:",
        "if not call.content_type.startswith(JSON_TYPE):",
        REFUSED,
    ),
    Mutation(
        "the API survives lists within lists",
        "api/asks.py",
        "except (ValueError, RecursionError) as error:",
        "except ValueError as error:",
        REFUSED,
    ),
    Mutation(
        "the API refuses fields that it does not know",
        "api/asks.py",
        "if not set(body) <= set(fields):",
        "if fields and not set(body) & set(fields):",
        REFUSED,
    ),
    Mutation(
        "true is no number of minutes",
        "api/asks.py",
        "if isinstance(value, int) and not isinstance(value, bool) else None",
        "if isinstance(value, int) else None",
        REFUSED,
    ),
    Mutation(
        "minutes with a zero behind the point are whole",
        "api/asks.py",
        "if isinstance(value, float) and value.is_integer():",
        "if isinstance(value, float) and value < 0:",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a hold of no minutes is refused",
        "api/asks.py",
        "not 1 <= minutes <= most",
        "not 0 <= minutes <= most",
        REFUSED,
    ),
    Mutation(
        "a hold longer than the longest is refused",
        "api/asks.py",
        "not 1 <= minutes <= most",
        "not 1 <= minutes <= most + 1",
        REFUSED,
    ),
    Mutation("a reason is one line", "api/asks.py", " or not reason.isprintable()", "", REFUSED),
    Mutation(
        "a reason has a longest length", "api/asks.py", "len(reason) > LONGEST_REASON", "len(reason) > 4000", REFUSED
    ),
    Mutation(
        "a force is true or false", "api/asks.py", "if not isinstance(force, bool):", "if force is None:", REFUSED
    ),
    Mutation(
        "a page has its limit",
        "api/paging.py",
        "1 <= int(limit) <= MOST_PER_PAGE):",
        "0 <= int(limit) <= MOST_PER_PAGE + 1):",
        PAGING,
    ),
    Mutation(
        "a page begins after the key that the one before ended with",
        "api/paging.py",
        "if key > self.after)",
        "if key >= self.after)",
        PAGING,
    ),
    Mutation("the pages are in the order of keys", "api/paging.py", "keys = sorted(", "keys = list(", PAGING),
    Mutation(
        "a last page that is full leads nowhere",
        "api/paging.py",
        "if len(keys) > self.limit else None",
        "if len(keys) >= self.limit else None",
        PAGING,
    ),
    Mutation(
        "a signature in the query is passed over",
        "api/paging.py",
        "if not name.lower().startswith(SIGNATURE)]",
        "if name]",
        PAGING,
    ),
    Mutation(
        "a parameter is given once",
        "api/paging.py",
        "if len(dict(pairs)) < len(pairs):",
        "if not pairs and call.query:",
        PAGING,
    ),
    Mutation("one service takes no query", "api/desk.py", "        read_no_parameters(call)\n", "", PAGING),
    Mutation(
        "another method is told which to use",
        "api/desk.py",
        'f"At this path one may use {methods}.", {"Allow": methods})',
        'f"At this path one may use {methods}.")',
        REFUSED,
    ),
)

WHAT_IS_SAID: Final = (
    Mutation(
        "no answer of the API may be kept",
        "api/answers.py",
        '        "Cache-Control": "no-store",\n',
        "",
        HOW_SERVICES_ARE,
    ),
    Mutation(
        "half a character keeps no answer from being sent",
        "api/answers.py",
        "json.dumps(told)",
        "json.dumps(told, ensure_ascii=False)",
        HOW_SERVICES_ARE,
    ),
    Mutation(
        "one is told to poll within a minute",
        "api/answers.py",
        "return min(seconds, LONGEST_POLL) if seconds else POLL_UNKNOWN",
        "return seconds or POLL_UNKNOWN",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a wake that takes longer than usual is still to be polled",
        "api/answers.py",
        "if seconds else POLL_UNKNOWN",
        "if seconds is not None else POLL_UNKNOWN",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a service that the module may not act on is not said to wake",
        "api/desk.py",
        "if service.mode is not Mode.ACT or not _wakes(memory):",
        "if not _wakes(memory):",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a service that is left to auto scaling is not said to wake",
        "api/desk.py",
        "if service.mode is not Mode.ACT or not _wakes(memory):",
        "if service.mode is not Mode.ACT:",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a service that is just being stopped is said to wake",
        "api/desk.py",
        "(memory.phase is not Phase.ASLEEP or memory.wake_requested is not None)",
        "memory.phase is not Phase.ASLEEP",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a hold that does not stand is not said to",
        "api/desk.py",
        "        if now.hold is None:\n            raise Problem(Kind.LEFT_ALONE, _message(told))\n",
        "",
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "what is forbidden is not to be asked again",
        "api/problems.py",
        "    if isinstance(error, CallForbidden):\n        return Problem(Kind.FAILED, str(error))\n",
        "",
        FAULTS,
    ),
    Mutation(
        "a refused sleep is told apart from a bad request",
        "api/problems.py",
        '"SleepRefused": Kind.SLEEP_REFUSED,',
        '"SleepRefused": Kind.BAD_REQUEST,',
        WAKING_AND_SLEEPING,
    ),
    Mutation(
        "a mistake of the module is not told outside",
        "api/desk.py",
        "        except Exception:\n"
        '            logger.exception("a call of the HTTP API met a mistake of the module")\n'
        "            return answers.problem(Problem(Kind.INTERNAL_ERROR, "
        '"The log of the api function has the cause."))\n',
        "        except Exception as error:\n            logger.exception(error)\n"
        "            return answers.problem(Problem(Kind.INTERNAL_ERROR, str(error)))\n",
        FAULTS,
    ),
    Mutation(
        "the log of the API has no method that a caller made up",
        "api/desk.py",
        'self._call.method if self._call.method in KNOWN_METHODS else "another method"',
        "self._call.method",
        NOTHING_COMES_BACK,
    ),
    Mutation(
        "the log of the API has no key that a caller made up",
        "api/desk.py",
        "self._service.key if self._service else None",
        "self._place.key if self._place else None",
        NOTHING_COMES_BACK,
    ),
    Mutation(
        "the document has every field that is told",
        "api/answers.py",
        '        "trouble": overview.trouble or None,\n',
        '        "trouble": overview.trouble or None,\n        "version": 1,\n',
        DOCUMENT,
    ),
    Mutation(
        "the document has every status that is answered",
        "api/answers.py",
        '    return _answer(200, {**_told(overview), "message": message})',
        '    return _answer(203, {**_told(overview), "message": message})',
        DOCUMENT,
    ),
    Mutation(
        "the document has the bounds of what is refused",
        "api/asks.py",
        "not 1 <= minutes <= most",
        "not 1 < minutes <= most",
        DOCUMENT,
    ),
)

MUTATIONS: Final = WHAT_IS_UNDERSTOOD + WHAT_IS_SAID
