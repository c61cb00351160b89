"""Small patches of moto: each makes moto behave as AWS in one respect, or faster."""

from __future__ import annotations

from local_aws.patching import Patches

from . import (
    error_codes,
    function_code,
    function_configuration,
    http_apis,
    managed_policies,
    scalable_target_tags,
    security_group_rules,
    service_list,
    updated_schedules,
    value_names,
)


def install(patches: Patches) -> None:
    """Apply every patch."""
    error_codes.install(patches)
    managed_policies.install(patches)
    function_code.install(patches)
    function_configuration.install(patches)
    http_apis.install(patches)
    scalable_target_tags.install(patches)
    security_group_rules.install(patches)
    service_list.install(patches)
    updated_schedules.install(patches)
    value_names.install(patches)
