import {
  MASTERS_GROUP,
  type Attributes,
  type Authorizer,
  type AuthorizerDecision,
  type UserInfo,
} from '@longshore/apiserver';
import type { Grant, RbacIndex, RightsListener } from './rbac-index.js';
import { ruleAllows, type PolicyRule } from './policy-rule.js';

/** Decides by the roles and bindings of the index. Members of `system:masters` may do everything. */
export class RbacAuthorizer implements Authorizer {
  constructor(private readonly index: RbacIndex) {}

  authorize(attributes: Attributes): Promise<AuthorizerDecision> {
    return Promise.resolve(this.decide(attributes));
  }

  /** The same without waiting: the index is in memory. */
  decide(attributes: Attributes): AuthorizerDecision {
    if (attributes.user.groups.includes(MASTERS_GROUP)) return { allowed: true };
    const namespace = 'path' in attributes ? '' : attributes.namespace;
    for (const grant of this.index.grants(attributes.user, namespace)) {
      if (grant.rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: reasonFor(grant) };
    }
    return { allowed: false };
  }

  /** As {@link RbacIndex.follow}: after each call of `changed`, decisions for the user may be others. */
  follow(user: UserInfo, changed: RightsListener): () => void {
    return this.index.follow(user, changed);
  }

  /** All rules that hold for the user in the namespace, those of the cluster among them. */
  rulesFor(user: UserInfo, namespace: string): PolicyRule[] {
    if (user.groups.includes(MASTERS_GROUP)) return [...EVERYTHING];
    return [...this.index.grants(user, namespace)].flatMap(({ rules }) => rules);
  }
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function reasonFor({ binding, subject }: Grant): string {
  const { namespace, name } = binding.metadata;
  const scope = namespace === undefined || namespace === '' ? `"${name}"` : `"${name}/${namespace}"`;
  const to = subject.kind === 'ServiceAccount' ? `"${subject.name}/${subject.namespace}"` : `"${subject.name}"`;
  return `RBAC: allowed by ${binding.kind} ${scope} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${subject.kind} ${to}`;
}
