"""HTTP APIs of API Gateway."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from moto.apigatewayv2 import urls
from moto.apigatewayv2.models import ApiGatewayV2Backend, Route, Stage
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from local_aws.patching import Patches

_SETTINGS: Final = {
    "accessLogSettings": "access_log_settings",
    "autoDeploy": "auto_deploy",
    "defaultRouteSettings": "default_route_settings",
    "description": "description",
}
_TAGS_OF_A_STAGE: Final = "{0}/v2/tags/(?P<start>[^/]+)/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)$"


def install(patches: Patches) -> None:
    """Apply every patch."""
    answer_without_rest_apis(patches)
    update_stages(patches)
    change_tags_of_stages(patches)
    take_scopes_away(patches)


def answer_without_rest_apis(patches: Patches) -> None:
    """Answer with HTTP APIs on the host that REST and HTTP APIs share on AWS.

    moto answers there with REST APIs, which need further libraries.
    """

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def get_backend_for_host(self: Any, host: str | None) -> Any:
            backend = moto(self, host)
            return "apigatewayv2" if backend == "apigateway" else backend

        return get_backend_for_host

    patches.replace(DomainDispatcherApplication, "get_backend_for_host", make)


def update_stages(patches: Patches) -> None:
    """Add UpdateStage, which changes the settings in the call, as on AWS; moto does not have it."""
    patches.replace(ApiGatewayV2Response, "update_stage", lambda _: _update_stage)


def change_tags_of_stages(patches: Patches) -> None:
    """Allow changes of a stage's tags, as AWS does; in moto a stage keeps the tags that it was created with."""

    def make_tag(moto: Callable[..., None]) -> Callable[..., None]:
        def tag_resource(self: Any, resource_arn: str, tags: dict[str, str]) -> None:
            stage = _stage_of(self, resource_arn)
            if stage is None:
                moto(self, resource_arn, tags)
            else:
                stage.tags = {**stage.tags, **tags}

        return tag_resource

    def make_untag(moto: Callable[..., None]) -> Callable[..., None]:
        def untag_resource(self: Any, resource_arn: str, tag_keys: list[str]) -> None:
            stage = _stage_of(self, resource_arn)
            if stage is None:
                moto(self, resource_arn, tag_keys)
            else:
                stage.tags = {key: value for key, value in stage.tags.items() if key not in tag_keys}

        return untag_resource

    patches.replace(urls, "url_paths", lambda paths: {**paths, _TAGS_OF_A_STAGE: ApiGatewayV2Response.dispatch})
    patches.replace(ApiGatewayV2Backend, "tag_resource", make_tag)
    patches.replace(ApiGatewayV2Backend, "untag_resource", make_untag)


def _stage_of(backend: Any, resource_arn: str) -> Any:
    """Return the stage that an ARN names, ``None`` if it names something else."""
    api_id, stages, name = resource_arn.rpartition("/apis/")[2].partition("/stages/")
    return backend.get_stage(api_id, name) if stages else None


def _update_stage(response: Any) -> tuple[int, dict[str, str], str]:
    *_, api_id, _, name = response.path.split("/")
    stage: Stage = response.apigatewayv2_backend.get_stage(api_id, name.replace("%24", "$"))
    for setting, value in json.loads(response.body).items():
        if setting in _SETTINGS:
            setattr(stage, _SETTINGS[setting], value)
    return 200, {}, json.dumps(stage.to_json())


def take_scopes_away(patches: Patches) -> None:
    """Remove a route's scopes if UpdateRoute has an empty list, as AWS does; moto keeps them."""

    def make(moto: Callable[..., None]) -> Callable[..., None]:
        def update(self: Any, **settings: Any) -> None:
            moto(self, **settings)
            if settings["authorization_scopes"] is not None:
                self.authorization_scopes = settings["authorization_scopes"]

        return update

    patches.replace(Route, "update", make)
