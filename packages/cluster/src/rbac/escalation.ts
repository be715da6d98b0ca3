import { formatRule, type PolicyRule } from './policy-rule.js';

/** A rule with one value in each list: what can be compared. */
type AtomicRule =
  { verb: string; group: string; resource: string; name: string | undefined } | { verb: string; url: string };

/** Rules with more parts than this are compared no further: they count as not covered. */
const MAX_PARTS = 100_000;

/**
 * The part of `wanted` that `held` does not give, in as few rules as it takes; empty when everything is held. Who may not
 * hold a right may not grant it (Kubernetes RBAC, "Privilege escalation prevention").
 */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const size = wanted.reduce((sum, rule) => sum + partCount(rule), 0);
  if (size > MAX_PARTS) return [...wanted];
  const missing = wanted.flatMap(atoms).filter((atom) => !held.some((rule) => covers(rule, atom)));
  return compact(missing);
}

function partCount({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule) {
  return (
    verbs.length * (apiGroups.length * resources.length * Math.max(1, resourceNames.length) + nonResourceURLs.length)
  );
}

function atoms(rule: PolicyRule): AtomicRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names: (string | undefined)[] = resourceNames.length === 0 ? [undefined] : resourceNames;
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) => names.map((name) => ({ verb, group, resource, name }))),
    ),
    ...nonResourceURLs.map((url) => ({ verb, url })),
  ]);
}

function covers(rule: PolicyRule, atom: AtomicRule): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(atom.verb)) return false;
  if ('url' in atom) return (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, atom.url));
  const { apiGroups = [], resources = [], resourceNames = [] } = rule;
  return (
    (apiGroups.includes('*') || apiGroups.includes(atom.group)) &&
    resourceCovers(resources, atom.resource) &&
    (resourceNames.length === 0 || (atom.name !== undefined && resourceNames.includes(atom.name)))
  );
}

function resourceCovers(resources: readonly string[], resource: string): boolean {
  if (resources.includes('*') || resources.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash > 0 && resources.includes(`*${resource.slice(slash)}`);
}

function urlCovers(held: string, wanted: string): boolean {
  if (held === '*' || held === wanted) return true;
  return held.endsWith('*') && wanted.startsWith(held.slice(0, -1));
}

/** Joins what differs in the verb only, for messages. */
function compact(missing: readonly AtomicRule[]): PolicyRule[] {
  const joined = new Map<string, PolicyRule>();
  for (const atom of missing) {
    const rule = ruleOf(atom);
    const key = formatRule({ ...rule, verbs: [] });
    const known = joined.get(key);
    if (known === undefined) joined.set(key, rule);
    else if (!known.verbs.includes(atom.verb)) known.verbs.push(atom.verb);
  }
  return [...joined.values()];
}

function ruleOf(atom: AtomicRule): PolicyRule {
  if ('url' in atom) return { verbs: [atom.verb], nonResourceURLs: [atom.url] };
  return {
    verbs: [atom.verb],
    apiGroups: [atom.group],
    resources: [atom.resource],
    ...(atom.name !== undefined && { resourceNames: [atom.name] }),
  };
}
