import { forbiddenField, invalidValue, requiredValue } from '@longshore/apiserver';
import { checkLabelSelector, checkQualifiedName, type StatusCause } from '@longshore/kube';
import type {
  Affinity,
  NodeSelector,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from 'kubernetes-types/core/v1.js';
import { problems } from '../checks.js';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function checkAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const required = nodeAffinity?.[REQUIRED];
  if (required) causes.push(...checkNodeSelectorTerms(required, `${path}.nodeAffinity.${REQUIRED}`));
  for (const [at, { weight, preference }] of (nodeAffinity?.[PREFERRED] ?? []).entries()) {
    const field = `${path}.nodeAffinity.${PREFERRED}[${at}]`;
    causes.push(...checkWeight(weight, field), ...checkTerm(preference, `${field}.preference`));
  }
  for (const [kind, affinity] of [
    ['podAffinity', podAffinity],
    ['podAntiAffinity', podAntiAffinity],
  ] as const) {
    if (affinity) causes.push(...checkPodAffinity(affinity, `${path}.${kind}`));
  }
  return causes;
}

function checkWeight(weight: number, field: string): StatusCause[] {
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(`${field}.weight`, weight, 'must be in the range 1-100')];
}

/** Also of persistent volumes. */
export function checkNodeSelectorTerms({ nodeSelectorTerms }: NodeSelector, path: string): StatusCause[] {
  return nodeSelectorTerms.flatMap((term, at) => checkTerm(term, `${path}.nodeSelectorTerms[${at}]`));
}

function checkTerm({ matchExpressions = [] }: NodeSelectorTerm, path: string): StatusCause[] {
  return matchExpressions.flatMap(({ key, operator, values = [] }, at) => {
    const field = `${path}.matchExpressions[${at}]`;
    const causes: StatusCause[] = [];
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          causes.push(requiredValue(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0)
          causes.push(
            forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1)
          causes.push(
            requiredValue(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
          );
        break;
      default:
        causes.push(invalidValue(`${field}.operator`, operator ?? '', 'not a valid selector operator'));
    }
    return [...causes, ...problems(`${field}.key`, key, checkQualifiedName(key))];
  });
}

function checkPodAffinity(affinity: PodAffinity, path: string): StatusCause[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, at) => checkPodTerm(term, `${path}.${REQUIRED}[${at}]`)),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight, podAffinityTerm }, at) => {
      const field = `${path}.${PREFERRED}[${at}]`;
      return [...checkWeight(weight, field), ...checkPodTerm(podAffinityTerm, `${field}.podAffinityTerm`)];
    }),
  ];
}

function checkPodTerm({ labelSelector, namespaceSelector, topologyKey }: PodAffinityTerm, path: string): StatusCause[] {
  return [
    ...(labelSelector ? checkLabelSelector(labelSelector, `${path}.labelSelector`) : []),
    ...(namespaceSelector ? checkLabelSelector(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...problems(`${path}.topologyKey`, topologyKey, checkQualifiedName(topologyKey)),
  ];
}
