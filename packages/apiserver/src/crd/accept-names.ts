import { jsonEqual, setCondition, type Condition } from '@longshore/kube';
import type { CustomResourceDefinition, CustomResourceNames } from './custom-resource-definition.js';

/** Names that others in the group have. */
export interface UsedNames {
  /** Plurals, singulars and short names. */
  resources: ReadonlySet<string>;
  kinds: ReadonlySet<string>;
}

export interface NameDecision {
  acceptedNames: CustomResourceNames;
  conditions: Condition[];
  /** Whether it may be served. Once it was, it stays so, though later names may not be accepted. */
  isEstablished: boolean;
}

/** Which names a definition gets, and what its conditions say about it (apiextensions, `naming_controller.go`). */
export function acceptNames({ spec, status }: CustomResourceDefinition, used: UsedNames, now: Date): NameDecision {
  const { names } = spec;
  const accepted: CustomResourceNames = { ...(status?.acceptedNames ?? { plural: '', kind: '' }) };
  const conflicts: { reason: string; message: string }[] = [];
  const accept = <F extends 'plural' | 'singular' | 'kind' | 'listKind'>(
    field: F,
    reason: string,
    taken: ReadonlySet<string>,
  ) => {
    const name = names[field] ?? '';
    if (name === accepted[field] || !taken.has(name)) accepted[field] = name;
    else conflicts.push({ reason, message: `${JSON.stringify(name)} is already in use` });
  };
  accept('plural', 'PluralConflict', used.resources);
  accept('singular', 'SingularConflict', used.resources);
  acceptShortNames(names, accepted, used.resources, conflicts);
  accept('kind', 'KindConflict', used.kinds);
  accept('listKind', 'ListKindConflict', used.kinds);
  if (names.categories !== undefined) accepted.categories = names.categories;
  else delete accepted.categories;
  const { conditions, isEstablished } = conditionsOf(status?.conditions, conflicts.at(-1), now);
  return { acceptedNames: accepted, conditions, isEstablished };
}

function acceptShortNames(
  { shortNames }: CustomResourceNames,
  accepted: CustomResourceNames,
  taken: ReadonlySet<string>,
  conflicts: { reason: string; message: string }[],
): void {
  const own = new Set([...(accepted.shortNames ?? []), accepted.plural, accepted.singular]);
  const problems = (shortNames ?? []).filter((name) => taken.has(name) && !own.has(name));
  if (problems.length === 0) {
    if (shortNames !== undefined) accepted.shortNames = shortNames;
    else delete accepted.shortNames;
    return;
  }
  const messages = problems.map((name) => `${JSON.stringify(name)} is already in use`);
  const message = messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
  conflicts.push({ reason: 'ShortNamesConflict', message });
}

function conditionsOf(
  before: readonly Condition[] | undefined,
  conflict: { reason: string; message: string } | undefined,
  now: Date,
): { conditions: Condition[]; isEstablished: boolean } {
  const verdict = conflict ?? { reason: 'NoConflicts', message: 'no conflicts found' };
  const status = conflict === undefined ? 'True' : 'False';
  const conditions = setCondition(before, { type: 'NamesAccepted', status, ...verdict }, now);
  const established = conditions.find(({ type }) => type === 'Established');
  if (established?.status === 'True') return { conditions, isEstablished: true };
  const isEstablished = conflict === undefined;
  const condition = isEstablished
    ? { reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
    : { reason: 'NotAccepted', message: 'not all names are accepted' };
  const type = 'Established';
  return { conditions: setCondition(conditions, { type, status, ...condition }, now), isEstablished };
}

/** Whether the names of a definition are settled, so that there is nothing to decide. */
export function hasItsNames({ spec, status }: CustomResourceDefinition): boolean {
  const isDecided = status?.conditions.some(({ type }) => type === 'NamesAccepted') ?? false;
  return isDecided && jsonEqual(spec.names, status?.acceptedNames);
}
