"""Which HTML CloudWatch allows, as far as this is known.

AWS says only that most elements are supported, that scripts are not, and that ``iframe`` and ``use``, for example, are
removed (CloudWatch User Guide, "Security and JavaScript for custom CloudWatch widgets"). So the panel needs only what
AWS's own samples use, which are known to work (aws-samples/cloudwatch-custom-widgets-samples, commit e337b8d).
Everything else in it is for screen readers, and CloudWatch may remove it without harm, as tests/browser shows.
"""

from __future__ import annotations

from typing import Final

IN_AWS_SAMPLES: Final = frozenset(
    {
        *("a", "b", "br", "cwdb-action", "div", "form", "h1", "h2", "h3", "input", "label", "p", "path", "pre"),
        *("span", "style", "svg", "table", "tbody", "td", "textarea", "th", "thead", "tr"),
    }
)
ATTRIBUTES_IN_AWS_SAMPLES: Final = frozenset(
    {
        *(
            "class",
            "colspan",
            "cols",
            "href",
            "id",
            "name",
            "rows",
            "size",
            "style",
            "target",
            "title",
            "type",
            "value",
        ),
        # The attributes of cwdb-action: "Interactivity in the custom widget in CloudWatch".
        *("action", "confirmation", "display", "endpoint", "event"),
    }
)
FOR_SCREEN_READERS: Final = frozenset({"caption"})
ATTRIBUTES_FOR_SCREEN_READERS: Final = frozenset({"aria-hidden", "lang", "role", "scope"})
