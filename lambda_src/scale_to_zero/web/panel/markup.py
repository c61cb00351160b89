"""The pieces of HTML that the panel is made of. Pure. Every text from outside is escaped here.

CloudWatch allows most elements, but no script. Which elements the panel uses, and where AWS shows them:
``tests/unit/web/panel/let_through.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Final

SPACES: Final = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"

_AS_JSON: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def shown(text: str, most: int = 500) -> str:
    """Escape text from outside for an element or an attribute, as one line of at most ``most`` characters.

    A character that is not printable, such as half a character or a change of writing direction, becomes a space.
    """
    signs = (sign if sign.isprintable() or sign in SPACES else " " for sign in text)
    line = re.sub(" +", " ", "".join(signs)).strip(" ")
    return escape(line if len(line) <= most else f"{line[: most - 1]}…")


def button(label: str, endpoint: str, payload: Mapping[str, object], *, confirmation: str = "") -> str:
    """Build a button that calls a function with a payload, and replaces the widget's content with the answer.

    ``cwdb-action`` says what the element right before it does; its text is the payload as JSON. ``confirmation``: the
    question to the viewer before the call, unescaped; if it is empty, there is no question.
    """
    question = f' confirmation="{shown(confirmation)}"' if confirmation else ""
    # The same text whether CloudWatch reads it as text or as HTML.
    content = json.dumps(payload).translate(_AS_JSON)
    call = f'<cwdb-action action="call" display="widget" endpoint="{shown(endpoint)}"{question}>{content}</cwdb-action>'
    return f'<a class="btn">{shown(label)}</a>{call}'
