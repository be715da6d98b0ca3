import { formatGroupVersion } from '@longshore/kube';
import { subresourcesOf } from '../request/subresources.js';
import type { Resource } from '../resources/resource.js';
import type { Resources } from '../resources/resources.js';

/** A group with its versions, the preferred first. */
interface Group {
  name: string;
  versions: { version: string; resources: Resource[] }[];
}

/**
 * Groups in the order of their definition, those of custom resources behind all others: clients take the first that has a
 * kind of the name that a user typed. Versions from the most stable on.
 */
function groupsOf(resources: Resources): Group[] {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const resource of resources.all()) {
    const { group, version } = resource.definition;
    let versions = groups.get(group);
    if (versions === undefined) groups.set(group, (versions = new Map<string, Resource[]>()));
    const served = versions.get(version);
    if (served === undefined) versions.set(version, [resource]);
    else served.push(resource);
  }
  const described = [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .map(([version, served]) => ({ version, resources: served.sort(byPlural) }))
      .sort((a, b) => compareVersions(a.version, b.version)),
  }));
  return described.sort((a, b) => Number(isCustom(a)) - Number(isCustom(b)));
}

function isCustom({ versions }: Group): boolean {
  return versions.every(({ resources }) => resources.every(({ definition }) => definition.custom === true));
}

const byPlural = (a: Resource, b: Resource) => (a.definition.plural < b.definition.plural ? -1 : 1);

const VERSION = /^v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?$/;
const STABILITY: Record<string, number> = { alpha: 1, beta: 2 };

/** Less than 0 when the first is preferred: v2, v1, v1beta2, v1beta1, v1alpha1, then all others by their letters. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  const rank = ([, major, level, minor]: RegExpExecArray) => [
    level === undefined ? 3 : (STABILITY[level] ?? 0),
    Number(major),
    Number(minor ?? 0),
  ];
  const [ofLeft, ofRight] = [rank(left), rank(right)];
  return ofRight.map((value, index) => value - (ofLeft[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** `/api` */
export function coreVersions(resources: Resources, serverAddress: string): object {
  const core = groupsOf(resources).find(({ name }) => name === '');
  return {
    kind: 'APIVersions',
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis` */
export function groupList(resources: Resources): object {
  const groups = groupsOf(resources).filter(({ name }) => name !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(describeGroup) };
}

function describeGroup({ name, versions }: Group): object {
  const described = versions.map(({ version }) => ({
    groupVersion: formatGroupVersion({ group: name, version }),
    version,
  }));
  return { name, versions: described, preferredVersion: described[0] };
}

/** `/apis/GROUP`; undefined when the group is not served. */
export function group(resources: Resources, name: string): object | undefined {
  const found = groupsOf(resources).find((candidate) => candidate.name === name);
  return found && name !== '' ? { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(found) } : undefined;
}

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined when the version is not served. */
export function resourceList(resources: Resources, groupVersion: string): object | undefined {
  const served = resources.inVersion(groupVersion);
  if (served === undefined) return undefined;
  const described = [...served]
    .sort(byPlural)
    .flatMap((resource) => [describeResource(resource), ...describeSubresources(resource)]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: described };
}

function describeResource({ definition, namespaced, verbs }: Resource): object {
  const { plural, singular, kind, shortNames = [], categories = [] } = definition;
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: [...verbs].sort(),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
}

function describeSubresources(resource: Resource): object[] {
  const { definition, namespaced } = resource;
  return subresourcesOf(resource).map(({ name, kind, group, version, verbs }) => ({
    name: `${definition.plural}/${name}`,
    singularName: '',
    namespaced,
    ...((group !== definition.group || version !== definition.version) && { group, version }),
    kind,
    verbs,
  }));
}

/** The versions of the aggregated form that clients may ask for. */
export type AggregatedVersion = 'v2' | 'v2beta1';

/** `/api` (`core`) or `/apis` with all resources in one document (apidiscovery.k8s.io). */
export function aggregatedDiscovery(resources: Resources, isCore: boolean, version: AggregatedVersion): object {
  const groups = groupsOf(resources).filter(({ name }) => (name === '') === isCore);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { ...(name !== '' && { name }), creationTimestamp: null },
      versions: versions.map((served) => ({
        version: served.version,
        resources: served.resources.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(resource: Resource): object {
  const { plural, singular, kind, group, version, scope, shortNames = [], categories = [] } = resource.definition;
  const subresources = subresourcesOf(resource).map(({ name, verbs, ...responseKind }) => ({
    subresource: name,
    responseKind: { group: responseKind.group, version: responseKind.version, kind: responseKind.kind },
    verbs,
  }));
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: [...resource.verbs].sort(),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}
