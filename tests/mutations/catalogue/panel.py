"""The rules of the control panel."""

from __future__ import annotations

from typing import Final

from .mutation import Mutation

FOLDER: Final = "tests/unit/panel"
TABLE: Final = f"{FOLDER}/test_the_table.py"
BUTTONS: Final = f"{FOLDER}/test_buttons.py"
PAGES: Final = f"{FOLDER}/test_pages.py"
ASKED: Final = f"{FOLDER}/test_what_is_asked.py"
HOSTILE: Final = f"{FOLDER}/test_hostile.py"
FAILS: Final = f"{FOLDER}/test_whatever_fails.py"
LANGUAGES: Final = f"{FOLDER}/test_languages.py"

WHAT_IS_ASKED: Final = (
    Mutation(
        "an action among the widget's parameters is not done",
        "panel/asked.py",
        "        pressed = None\n",
        "        pass\n",
        BUTTONS,
    ),
    Mutation(
        "whoever asks for the documentation changes nothing",
        "panel/asked.py",
        '    if "describe" in event:\n',
        '    if event.get("describe"):\n',
        ASKED,
    ),
    Mutation(
        "the dashboard's zone is read from what cannot be mistaken",
        "panel/asked.py",
        'timezone(-distance if read[1] == "-" else distance)',
        'timezone(-distance if read[1] == "+" else distance)',
        TABLE,
    ),
    Mutation(
        "a refresh keeps the page",
        "panel/asked.py",
        ' or _number(form.get("page"), most=farthest) or 1',
        " or 1",
        PAGES,
    ),
    Mutation(
        "a button's page counts before the form's",
        "panel/asked.py",
        'return _number(event.get("page"), most=farthest) or _number(form.get("page"), most=farthest) or 1',
        'return _number(form.get("page"), most=farthest) or _number(event.get("page"), most=farthest) or 1',
        PAGES,
    ),
    Mutation(
        "the widget's parameters count for a press too",
        "panel/asked.py",
        '_patterns(configured.get("services", event.get("services")))',
        '_patterns(event.get("services"))',
        PAGES,
    ),
    Mutation(
        "there are at most so many rows on a page",
        "panel/asked.py",
        'event.get("rows", USUAL_ROWS)), most=MOST_ROWS)',
        'event.get("rows", USUAL_ROWS)), most=10**9)',
        PAGES,
    ),
    Mutation(
        "a wrong number of rows is told",
        "panel/asked.py",
        "    if rows is None:\n        faults.append(Fault.ROWS)\n",
        "",
        PAGES,
    ),
    Mutation(
        "a text of endless digits is no number",
        "panel/asked.py",
        'r"[0-9]{1,9}"',
        'r"[0-9]+"',
        PAGES,
    ),
    Mutation(
        "the theme is the dashboard's",
        "panel/asked.py",
        'dark=context.get("theme") == "dark"',
        "dark=False",
        ASKED,
    ),
)

WHICH_BUTTONS_THERE_ARE: Final = (
    Mutation(
        "a service that is not acted on has no buttons",
        "panel/buttons.py",
        "if not row.acted_on or (row.phase is None and row.trouble):",
        "if row.phase is None and row.trouble:",
        BUTTONS,
    ),
    Mutation(
        "a service whose memory cannot be read has no buttons",
        "panel/buttons.py",
        "if not row.acted_on or (row.phase is None and row.trouble):",
        "if not row.acted_on:",
        BUTTONS,
    ),
    Mutation(
        "a held service is released before it is put to sleep",
        "panel/buttons.py",
        "row.phase not in (None, Phase.ASLEEP) and row.hold is None and not row.sleep_requested",
        "row.phase not in (None, Phase.ASLEEP) and not row.sleep_requested",
        BUTTONS,
    ),
    Mutation(
        "one that is to be put to sleep can be kept from it",
        "panel/buttons.py",
        "row.phase in (None, Phase.ASLEEP, Phase.DRAINING) or row.sleep_requested",
        "row.phase in (None, Phase.ASLEEP, Phase.DRAINING)",
        BUTTONS,
    ),
    Mutation(
        "a hold that lasts as long is not asked for again",
        "panel/buttons.py",
        "row.hold is None or row.hold.until < now + hold",
        "True",
        BUTTONS,
    ),
    Mutation(
        "a service is held no longer than the module allows",
        "panel/answering.py",
        "min(longest_hold, USUAL_HOLD)",
        "USUAL_HOLD",
        BUTTONS,
    ),
    Mutation(
        "every button asks first",
        "panel/table.py",
        "payload, confirmation=asks)",
        "payload)",
        BUTTONS,
    ),
)

WHAT_A_PRESS_DOES: Final = (
    Mutation(
        "an unknown action asks nobody",
        "panel/answering.py",
        "        if button is None:\n            return Notice(words.no_such_action, bad=True)\n",
        "        button = button or Button.WAKE\n",
        BUTTONS,
    ),
    Mutation(
        "an action that names no service asks nobody",
        "panel/answering.py",
        "if not isinstance(key, str) or not key:",
        "if not isinstance(key, str):",
        BUTTONS,
    ),
    Mutation(
        "the table is as things stand after the press",
        "panel/answering.py",
        "        if asked.pressed is not None:\n            notices.append(self._press(asked.pressed))\n        try:\n"
        "            stored = self._ports.memories.read_all()\n",
        "        try:\n            stored = self._ports.memories.read_all()\n"
        "            notices += [self._press(asked.pressed)] if asked.pressed else []\n",
        BUTTONS,
    ),
    Mutation(
        "what others sent is not logged",
        "panel/answering.py",
        'f"the control panel asked to {button.value} and was refused"',
        'f"the control panel asked to {button.value} {key} and was refused"',
        BUTTONS,
    ),
    Mutation(
        "an error nobody thought of is not told as undone",
        "panel/answering.py",
        "Notice(words.perhaps_done, bad=True)",
        "Notice(words.no_such_action, bad=True)",
        BUTTONS,
    ),
    Mutation(
        "a refusal is seen to be one",
        "panel/answering.py",
        "Notice(str(refused), bad=True)",
        "Notice(str(refused))",
        BUTTONS,
    ),
)

WHAT_IS_SHOWN: Final = (
    Mutation(
        "what others wrote is escaped",
        "panel/markup.py",
        "return escape(line if len(line) <= most",
        "return str(line if len(line) <= most",
        HOSTILE,
    ),
    Mutation(
        "no payload ends the element it stands in",
        "panel/markup.py",
        "told = json.dumps(payload).translate(_AS_JSON)",
        "told = json.dumps(payload)",
        HOSTILE,
    ),
    Mutation(
        "what is no printable sign is left out",
        "panel/markup.py",
        "sign if sign.isprintable() or sign in SPACES else",
        "sign if True else",
        HOSTILE,
    ),
    Mutation(
        "no text is endless",
        "panel/markup.py",
        "line if len(line) <= most else",
        "line if True else",
        HOSTILE,
    ),
    Mutation(
        "nothing occurs that CloudWatch may not let through",
        "panel/widget.py",
        '<form><input type="hidden" name="page" value="{page}"></form>',
        '<form><input type="hidden" onclick="" name="page" value="{page}"></form>',
        HOSTILE,
    ),
    Mutation(
        "a failed wake is told as one",
        "panel/table.py",
        'return "failed" if row.failed else row.phase.value',
        "return row.phase.value",
        TABLE,
    ),
    Mutation(
        "what is wrong is told with its cause",
        "panel/table.py",
        "        if row.trouble:\n",
        "        if False:\n",
        TABLE,
    ),
    Mutation(
        "money is told of on every page or on none",
        "panel/widget.py",
        "with_saved = any(row.saved is not None for row in view.rows)",
        "with_saved = any(row.saved is not None for row in rows)",
        TABLE,
    ),
    Mutation(
        "a page past the last is the last",
        "panel/widget.py",
        "page = min(asked.page, pages)",
        "page = asked.page",
        PAGES,
    ),
    Mutation(
        "a press keeps the page",
        "panel/table.py",
        '"page": self.page}',
        '"page": 1}',
        PAGES,
    ),
    Mutation(
        "both languages are told what there is to tell",
        "panel/languages.py",
        'Button.HOLD: "Maintenir {hold}"',
        'Button.HOLD: "Maintenir 2 h"',
        LANGUAGES,
    ),
    Mutation(
        "the signs of French are not torn from their words",
        "panel/languages.py",
        'cause="Cause signalée\\N{NO-BREAK SPACE}:"',
        'cause="Cause signalée :"',
        LANGUAGES,
    ),
    Mutation(
        "services that cannot be read are told of",
        "panel/answering.py",
        "            notices.append(Notice(words.not_read, bad=True))\n",
        "",
        FAILS,
    ),
    Mutation(
        "the cause of what cannot be shown is in the log",
        "panel/answering.py",
        'logger.exception("the control panel could not be shown")',
        "pass",
        FAILS,
    ),
    Mutation(
        "whatever is sent, the panel can be shown",
        "panel/asked.py",
        "    if value is None:\n        return ()\n    texts = value.split",
        "    texts = str(value).split",
        PAGES,
    ),
)

MUTATIONS: Final = (*WHAT_IS_ASKED, *WHICH_BUTTONS_THERE_ARE, *WHAT_A_PRESS_DOES, *WHAT_IS_SHOWN)
