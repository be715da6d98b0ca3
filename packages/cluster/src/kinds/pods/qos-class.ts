import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { containersOf } from './pod-defaults.js';

const COUNTED = ['cpu', 'memory'] as const;

/** How sure a pod is of its resources: Guaranteed when each container has limits of both that are also its requests. */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const amounts = (of: 'limits' | 'requests') =>
    containersOf(spec).flatMap(({ resources }) => COUNTED.map((name) => resources?.[of]?.[name]));
  const [limits, requests] = [amounts('limits'), amounts('requests')];
  if ([...limits, ...requests].every((amount) => amount === undefined || amount === '0')) return 'BestEffort';
  const isGuaranteed = limits.every((limit, at) => limit !== undefined && limit !== '0' && limit === requests[at]);
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
