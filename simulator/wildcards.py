"""The patterns of listener rules and policies. ``*`` stands for any text or none, ``?`` for one character, and
everything else for itself, including brackets (bc elbv2 RuleCondition; IAM User Guide, "StringLike").
"""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, text: str, *, ignores_case: bool = False, escapes: bool = False) -> bool:
    """Return whether a whole text matches. ``escapes``: a backslash makes a wildcard an ordinary character."""
    return _expression(pattern, ignores_case=ignores_case, escapes=escapes).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _expression(pattern: str, *, ignores_case: bool, escapes: bool) -> re.Pattern[str]:
    pieces = re.findall(r"\\[*?]|.", pattern, re.DOTALL) if escapes else list(pattern)
    expression = "".join({"*": ".*", "?": "."}.get(piece) or re.escape(piece[-1]) for piece in pieces)
    flags = re.DOTALL | (re.IGNORECASE if ignores_case else re.NOFLAG)
    return re.compile(expression, flags)
