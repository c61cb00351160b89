"""Which HTML CloudWatch allows, as far as that is known.

AWS says only that most elements are supported, that no script is, and that ``iframe`` and ``use``, for example, are
removed (CloudWatch User Guide, "Security and JavaScript for custom CloudWatch widgets"). So what the panel needs is
what AWS's own samples use, which are known to work (aws-samples/cloudwatch-custom-widgets-samples, commit e337b8d);
what it has beyond that is for screen readers, and may be removed without harm: tests/browser shows that.
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
        # Of cwdb-action: "Interactivity in the custom widget in CloudWatch".
        *("action", "confirmation", "display", "endpoint", "event"),
    }
)
FOR_SCREEN_READERS: Final = frozenset({"caption"})
ATTRIBUTES_FOR_SCREEN_READERS: Final = frozenset({"aria-hidden", "lang", "role", "scope"})
