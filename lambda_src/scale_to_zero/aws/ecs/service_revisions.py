"""Service revisions: they show a service's gateway connectors, which DescribeServices does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scale_to_zero.aws.batches import in_batches, read_together_or_alone
from scale_to_zero.aws.errors import AWS_ERRORS, DENIED, error_code, unseen
from scale_to_zero.model.observed import GATEWAY_CONNECTOR, TrafficSource, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ecs.type_defs import ServiceRevisionTypeDef

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.model.configured import ServiceName

DESCRIBE: Final = "ecs:DescribeServiceRevisions"

# A limit of the API reference.
REVISIONS_PER_CALL: Final = 20

# Refusals of a whole batch that one revision can cause, for example a revision of a service that is now INACTIVE.
REFUSED: Final = DENIED | {
    "ClientException",
    "ClusterNotFoundException",
    "InvalidParameterException",
    "ServiceNotFoundException",
}


class ServiceRevisions:
    """Reads each revision once, since a revision never changes: every change of a service creates a new revision."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        # For each service, only the revisions that it had when it was last read.
        self._read: dict[ServiceName, dict[str, frozenset[TrafficSource]]] = {}

    def gateways(
        self, revisions: Mapping[ServiceName, frozenset[str]]
    ) -> dict[ServiceName, frozenset[TrafficSource] | Unknown]:
        """Read the gateway connectors of each service; ``Unknown`` if one of its revisions could not be read."""
        seen: dict[str, frozenset[TrafficSource] | Unknown] = {}
        for name in revisions:
            seen.update(self._read.get(name, {}))
        unread = sorted(frozenset().union(*revisions.values()) - seen.keys())
        seen.update(read_together_or_alone(self._describe, in_batches(unread, REVISIONS_PER_CALL)))
        return {name: self._of_service(name, {arn: seen[arn] for arn in sorted(revisions[name])}) for name in revisions}

    def _of_service(
        self, name: ServiceName, seen: Mapping[str, frozenset[TrafficSource] | Unknown]
    ) -> frozenset[TrafficSource] | Unknown:
        read = {arn: gateways for arn, gateways in seen.items() if not isinstance(gateways, Unknown)}
        self._read[name] = read
        unseen = next((gateways for gateways in seen.values() if isinstance(gateways, Unknown)), None)
        return unseen or frozenset().union(*read.values())

    def _describe(self, arns: list[str]) -> tuple[dict[str, frozenset[TrafficSource] | Unknown], list[str]]:
        """Return the answer for each revision, and the revisions that should be read alone."""
        try:
            response = self._clients.ecs.describe_service_revisions(serviceRevisionArns=arns)
        except AWS_ERRORS as error:
            may_be_one = len(arns) > 1 and isinstance(error, ClientError) and error_code(error) in REFUSED
            return {arn: unseen(error, DESCRIBE, arn) for arn in arns}, arns if may_be_one else []
        found = {revision.get("serviceRevisionArn"): revision for revision in response.get("serviceRevisions", [])}
        reasons = {failure.get("arn"): failure.get("reason", "no reason") for failure in response.get("failures", [])}
        return {arn: _gateways_of(found[arn]) if arn in found else _unseen(arn, reasons.get(arn)) for arn in arns}, []


def _gateways_of(revision: ServiceRevisionTypeDef) -> frozenset[TrafficSource]:
    connectors = revision.get("gatewayConnectors", [])
    return frozenset(TrafficSource(GATEWAY_CONNECTOR, connector.get("portName", "")) for connector in connectors)


def _unseen(arn: str, reason: str | None) -> Unknown:
    return Unknown(f"{DESCRIBE} of {arn} failed: {reason or 'neither a revision nor a failure'}")
