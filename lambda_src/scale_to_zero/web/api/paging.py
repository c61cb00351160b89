"""Pages of the list of services, each with a link to the next. Pure.

A page is named by the last key of the page before, so a new or removed service does not shift the other pages.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from scale_to_zero.model.configured import KEY

from .problems import bad_request
from .request import Call
from .routes import Route

MOST_PER_PAGE: Final = 100
ALLOWED: Final = (
    f'allowed are "limit", a whole number from 1 to {MOST_PER_PAGE}, and "next", as an earlier page returned it'
)
SIGNATURE: Final = "x-amz-"
"""The prefix of the parameters that sign a URL in its query (AWS: Signature Version 4, query string)."""
MOST_PARAMETERS: Final = 20

One = TypeVar("One")


class Page(NamedTuple):
    """The page that is requested. ``after``: the last key of the page before."""

    limit: int = MOST_PER_PAGE
    after: str = ""

    def cut(self, by_key: Mapping[str, One]) -> tuple[Sequence[One], str | None]:
        """Return the entries of the page, ordered by key, and the link to the next page, ``None`` on the last."""
        keys = sorted(key for key in by_key if key > self.after)
        shown = keys[: self.limit]
        return [by_key[key] for key in shown], self._link(shown[-1]) if len(keys) > self.limit else None

    def _link(self, last: str) -> str:
        return f"{Route.SERVICES}?limit={self.limit}&next={last}"


def read_page(call: Call) -> Page:
    """Read which page of the list a call requests. Raises ``Problem``."""
    given = _parameters(call, {"limit", "next"}, ALLOWED)
    limit = given.get("limit", str(MOST_PER_PAGE))
    # At most three digits: converting a very long text of digits takes long.
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= MOST_PER_PAGE):
        raise bad_request(f'"limit" is invalid: {ALLOWED}.')
    if "next" in given and not KEY.fullmatch(given["next"]):
        raise bad_request(f'"next" is invalid: {ALLOWED}.')
    return Page(int(limit), given.get("next", ""))


def read_no_parameters(call: Call) -> None:
    """Check that a call has no query. Raises ``Problem``."""
    _parameters(call, (), "none are allowed here")


def _parameters(call: Call, names: Collection[str], allowed: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(call.query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise bad_request(f"The query has too many parameters: {allowed}.") from error
    pairs = [(name, value) for name, value in pairs if not name.lower().startswith(SIGNATURE)]
    if any(name not in names for name, _ in pairs):
        raise bad_request(f"The query has unknown parameters: {allowed}.")
    if len(dict(pairs)) < len(pairs):
        raise bad_request(f"The query has a parameter more than once: {allowed}.")
    return dict(pairs)
