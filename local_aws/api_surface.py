"""The API calls that are modelled; any other call gets the error "not modelled: service.Action".

These are the calls of the module's functions, of the documented AWS CLI commands, and of Terraform's AWS provider for
the resources of the module, of its examples and of its tests (found by counting the calls of apply, plan, update and
destroy).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .api_call import ApiCall, AwsError

SURFACE: Final[Mapping[str, frozenset[str]]] = {
    service: frozenset(actions.split())
    for service, actions in {
        "apigatewayv2": """
            CreateApi GetApi UpdateApi DeleteApi
            CreateAuthorizer GetAuthorizer UpdateAuthorizer DeleteAuthorizer
            CreateIntegration GetIntegration UpdateIntegration DeleteIntegration
            CreateRoute GetRoute UpdateRoute DeleteRoute
            CreateStage GetStage UpdateStage DeleteStage
            TagResource UntagResource
        """,
        "application-autoscaling": """
            RegisterScalableTarget DeregisterScalableTarget DescribeScalableTargets
            PutScalingPolicy DeleteScalingPolicy DescribeScalingPolicies
            PutScheduledAction DeleteScheduledAction DescribeScheduledActions
            TagResource UntagResource ListTagsForResource
        """,
        "cloudwatch": """
            PutMetricData GetMetricData GetMetricStatistics ListMetrics
            PutDashboard GetDashboard ListDashboards DeleteDashboards
            PutMetricAlarm DescribeAlarms DeleteAlarms ListTagsForResource TagResource UntagResource
        """,
        "dynamodb": """
            CreateTable DescribeTable UpdateTable DeleteTable
            DescribeContinuousBackups UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive
            ListTagsOfResource TagResource UntagResource
            Scan Query GetItem BatchGetItem PutItem UpdateItem DeleteItem TransactWriteItems
        """,
        "ec2": """
            CreateVpc DescribeVpcs DeleteVpc DescribeVpcAttribute ModifyVpcAttribute DescribeAvailabilityZones
            CreateSubnet DescribeSubnets DeleteSubnet ModifySubnetAttribute
            DescribeNetworkInterfaces DescribeNetworkAcls
            CreateInternetGateway AttachInternetGateway DescribeInternetGateways DetachInternetGateway
            DeleteInternetGateway
            CreateRouteTable DescribeRouteTables DeleteRouteTable CreateRoute DeleteRoute
            AssociateRouteTable DisassociateRouteTable
            CreateSecurityGroup DescribeSecurityGroups DeleteSecurityGroup DescribeSecurityGroupRules
            AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
            RevokeSecurityGroupIngress RevokeSecurityGroupEgress
            CreateTags DeleteTags DescribeTags
        """,
        "ecs": """
            CreateCluster DescribeClusters DeleteCluster
            RegisterTaskDefinition DescribeTaskDefinition DeregisterTaskDefinition
            CreateService DescribeServices UpdateService DeleteService ListServices
            DescribeServiceRevisions
            ListTasks DescribeTasks DescribeContainerInstances GetTaskProtection UpdateTaskProtection
            TagResource UntagResource ListTagsForResource
        """,
        "elbv2": """
            CreateLoadBalancer DescribeLoadBalancers DeleteLoadBalancer
            DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets
            DescribeCapacityReservation
            CreateTargetGroup DescribeTargetGroups ModifyTargetGroup DeleteTargetGroup
            DescribeTargetGroupAttributes ModifyTargetGroupAttributes
            RegisterTargets DeregisterTargets DescribeTargetHealth
            CreateListener DescribeListeners ModifyListener DeleteListener DescribeListenerAttributes
            CreateRule DescribeRules ModifyRule DeleteRule SetRulePriorities
            DescribeTags AddTags RemoveTags
        """,
        "events": """
            PutRule DescribeRule ListRules EnableRule DisableRule DeleteRule
            PutTargets ListTargetsByRule RemoveTargets PutEvents
            TagResource UntagResource ListTagsForResource
        """,
        "iam": """
            CreateRole GetRole UpdateRole DeleteRole UpdateAssumeRolePolicy
            PutRolePermissionsBoundary DeleteRolePermissionsBoundary ListInstanceProfilesForRole
            PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy
            CreatePolicy GetPolicy DeletePolicy
            CreatePolicyVersion GetPolicyVersion ListPolicyVersions DeletePolicyVersion
            AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies ListEntitiesForPolicy
            TagRole UntagRole ListRoleTags TagPolicy UntagPolicy
        """,
        "kms": """
            CreateKey DescribeKey UpdateKeyDescription ScheduleKeyDeletion
            GetKeyPolicy PutKeyPolicy GetKeyRotationStatus EnableKeyRotation DisableKeyRotation
            CreateAlias UpdateAlias DeleteAlias ListAliases
            ListResourceTags TagResource UntagResource
        """,
        "lambda": """
            CreateFunction GetFunction GetFunctionConfiguration ListFunctions DeleteFunction
            UpdateFunctionCode UpdateFunctionConfiguration
            GetFunctionCodeSigningConfig ListVersionsByFunction
            AddPermission GetPolicy RemovePermission
            PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig GetFunctionEventInvokeConfig
            DeleteFunctionEventInvokeConfig
            PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency
            TagResource UntagResource ListTags
            Invoke
        """,
        "logs": """
            CreateLogGroup DescribeLogGroups DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy
            TagResource UntagResource ListTagsForResource
            DescribeLogStreams GetLogEvents FilterLogEvents
        """,
        "scheduler": """
            CreateSchedule GetSchedule UpdateSchedule DeleteSchedule ListSchedules
            CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup
            ListTagsForResource TagResource UntagResource
        """,
        "sns": """
            CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic
            Subscribe ConfirmSubscription Unsubscribe GetSubscriptionAttributes
            ListTagsForResource TagResource UntagResource
        """,
        "sts": "GetCallerIdentity",
    }.items()
}


def check(call: ApiCall) -> None:
    """Refuse a call that is not modelled. Raises ``AwsError``."""
    if call.action not in SURFACE[call.service]:
        raise AwsError("NotModelled", f"not modelled: {call.name}")
