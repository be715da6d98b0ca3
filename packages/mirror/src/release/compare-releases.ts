import type { Release } from './read-release.js';
import type { ReleaseComponent } from './image-references.js';
import { componentManifests } from './read-release.js';
import type { ComponentVersion } from './component-versions.js';

/** A component that both releases have, by another image. */
export interface ChangedComponent {
  name: string;
  from: ReleaseComponent;
  to: ReleaseComponent;
}

/** What differs between two releases. Lists are in the order of names. */
export interface ReleaseDifference {
  added: ReleaseComponent[];
  removed: ReleaseComponent[];
  /** From other sources, as far as annotations tell. */
  changed: ChangedComponent[];
  /** From the same sources. */
  rebuilt: ChangedComponent[];
  /** So many are the same image. */
  unchanged: number;
  versions: { name: string; from: ComponentVersion | undefined; to: ComponentVersion | undefined }[];
  manifests: { added: string[]; removed: string[]; changed: string[] };
}

/** Compares two releases (mirror.md 3.2). */
export function compareReleases(from: Release, to: Release): ReleaseDifference {
  const before = new Map(from.references.components.map((one) => [one.name, one]));
  const after = new Map(to.references.components.map((one) => [one.name, one]));
  const both = [...after.values()].flatMap((one) => {
    const earlier = before.get(one.name);
    return earlier === undefined ? [] : [{ name: one.name, from: earlier, to: one }];
  });
  const differing = both.filter((one) => one.from.digest !== one.to.digest);
  return {
    added: [...after.values()].filter(({ name }) => !before.has(name)),
    removed: [...before.values()].filter(({ name }) => !after.has(name)),
    changed: differing.filter((one) => !hasSameSource(one)),
    rebuilt: differing.filter(hasSameSource),
    unchanged: both.length - differing.length,
    versions: changedVersions(from.versions, to.versions),
    manifests: changedManifests(componentManifests(from), componentManifests(to)),
  };
}

/** Where the source of a component is, and which commit it was built from; undefined when it does not tell. */
export function sourceOfComponent({
  annotations,
}: ReleaseComponent): { repository: string; commit: string } | undefined {
  const repository = annotations['io.openshift.build.source-location'] ?? '';
  const commit = annotations['io.openshift.build.commit.id'] ?? '';
  return repository === '' || commit === '' ? undefined : { repository, commit };
}

function hasSameSource({ from, to }: ChangedComponent): boolean {
  const [before, after] = [sourceOfComponent(from), sourceOfComponent(to)];
  return before !== undefined && before.commit === after?.commit && before.repository === after.repository;
}

function changedVersions(
  from: readonly ComponentVersion[],
  to: readonly ComponentVersion[],
): ReleaseDifference['versions'] {
  const names = [...new Set([...from, ...to].map(({ name }) => name))].sort();
  const pairs = names.map((name) => ({
    name,
    from: from.find((one) => one.name === name),
    to: to.find((one) => one.name === name),
  }));
  return pairs.filter(({ from: before, to: after }) => before?.version !== after?.version);
}

function changedManifests(from: Map<string, Buffer>, to: Map<string, Buffer>): ReleaseDifference['manifests'] {
  const differs = (name: string) => from.get(name)?.equals(to.get(name) ?? Buffer.alloc(0)) === false;
  return {
    added: [...to.keys()].filter((name) => !from.has(name)).sort(),
    removed: [...from.keys()].filter((name) => !to.has(name)).sort(),
    changed: [...to.keys()].filter(differs).sort(),
  };
}
