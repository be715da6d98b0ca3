import type { Access, Action, Resource, Subject } from './access.js';
import { allOfThem, andThen, type MaybePromise } from './maybe-promise.js';
import type { RepositoryRule } from './rules.js';
import { ALL_REPOSITORY_ACTIONS, compileRules } from './rules.js';

/** The part of the configuration that says who may do what. */
export interface PolicyOptions {
  /** Left out: everybody who logged in may do everything, nobody else anything. */
  rules?: readonly RepositoryRule[];
  /** Who may list all repositories; `*` is everybody who logged in. Default: `*` without rules, nobody with rules. */
  catalogUsers?: readonly string[];
  /** Who may read the metrics, as in `catalogUsers`. */
  metricsUsers?: readonly string[];
}

/** The rights of a subject on a resource: at least those of the `asked` ones that it has. */
export type Policy = (
  subject: Subject,
  resource: Resource,
  asked: readonly Action[],
) => MaybePromise<ReadonlySet<Action>>;

const NOTHING: ReadonlySet<Action> = new Set();
const CATALOG: ReadonlySet<Action> = new Set<Action>(['*']);
const METRICS: ReadonlySet<Action> = new Set<Action>(['get']);

function memberOf(names: readonly string[]): (subject: Subject) => boolean {
  const users = new Set(names);
  const everyUser = users.has('*');
  return (subject) => !subject.anonymous && (everyUser || users.has(subject.name));
}

/** Compiles the configuration. Throws `RulesError` as `compileRules` does. */
export function createPolicy(options: PolicyOptions): Policy {
  const byDefault = options.rules === undefined ? ['*'] : [];
  const mayList = memberOf(options.catalogUsers ?? byDefault);
  const mayMeasure = memberOf(options.metricsUsers ?? byDefault);
  const repositoryRights =
    options.rules === undefined
      ? (subject: Subject) => (subject.anonymous ? NOTHING : ALL_REPOSITORY_ACTIONS)
      : compileRules(options.rules);
  return (subject, resource) => {
    if (resource.type === 'repository') return repositoryRights(subject, resource.name);
    if (resource.type === 'registry') return resource.name === 'catalog' && mayList(subject) ? CATALOG : NOTHING;
    return resource.type === 'metrics' && resource.name === '' && mayMeasure(subject) ? METRICS : NOTHING;
  };
}

/** True when `rights` hold `action`, by name or through `*`. */
export function holds(rights: ReadonlySet<Action>, action: Action): boolean {
  return rights.has(action) || rights.has('*');
}

/** The wanted rights that `policy` does not give to `subject`. */
export function missingRights(policy: Policy, subject: Subject, wanted: readonly Access[]): MaybePromise<Access[]> {
  const given = allOfThem(wanted.map((access) => policy(subject, access, [access.action])));
  return andThen(given, (sets) => wanted.filter(({ action }, index) => !holds(sets[index] ?? NOTHING, action)));
}
