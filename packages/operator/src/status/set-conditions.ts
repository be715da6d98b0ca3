import { setCondition, type Condition } from '@longshore/kube';
import type { NewCondition } from '../storage/decide-storage.js';

/** The conditions with these set; those that nobody sets any more stay as they were. */
export function setConditions(
  old: readonly Condition[] | undefined,
  conditions: readonly NewCondition[],
  now: Date,
): Condition[] {
  return conditions.reduce<Condition[]>((all, one) => setCondition(all, one, now), [...(old ?? [])]);
}
