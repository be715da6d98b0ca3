import { formatTime } from './time.js';

/** `metav1.Condition`; kinds that leave out `observedGeneration` or more of it do so. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

/**
 * The conditions with this one set. `lastTransitionTime` stays while the status stays; the other conditions and the order do,
 * too.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): Condition[] {
  const old = findCondition(conditions, condition.type);
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : formatTime(now);
  const changed = { ...condition, lastTransitionTime };
  if (old === undefined) return [...(conditions ?? []), changed];
  return (conditions ?? []).map((item) => (item === old ? changed : item));
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}
