import { fieldOf, isRecord } from './kube-object.js';

/** How the entries of each list are told apart (edge.md 2.1). */
const KEYS: Record<string, string> = {
  disks: 'device',
  partitions: 'label',
  filesystems: 'device',
  units: 'name',
  files: 'path',
};

/**
 * The part of a configuration that a plan is about: entries of lists that the plan does not have are left out. Overrides may
 * hold more than the plan, such as a loader of pre-cached images.
 */
export function plannedPart(applied: unknown, planned: unknown, list?: string): unknown {
  if (Array.isArray(applied) && Array.isArray(planned)) {
    const key = list === undefined ? undefined : KEYS[list];
    if (key === undefined) return applied;
    return planned.map((entry: unknown) => {
      const found: unknown = applied.find((one) => fieldOf(one, key) === fieldOf(entry, key));
      return plannedPart(found, entry);
    });
  }
  if (!isRecord(applied) || !isRecord(planned)) return applied;
  return Object.fromEntries(
    Object.entries(planned).map(([name, value]) => [name, plannedPart(applied[name], value, name)]),
  );
}
