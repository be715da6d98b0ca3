import semver from 'semver';

const MAJOR_MINOR = /^v?\d{1,9}\.\d{1,9}$/;

/**
 * Orders the tags of a repository by how likely somebody wants them (registry.md 3.9): `latest`, then `1.2`, then `1.2.3` as
 * semantic versions, the newest first, then the rest by name. A leading `v` does not count.
 */
export function orderTags(tags: readonly string[]): string[] {
  return tags
    .map(rank)
    .sort(byRank)
    .map(({ tag }) => tag);
}

interface Ranked {
  tag: string;
  group: number;
  version?: semver.SemVer;
}

function rank(tag: string): Ranked {
  if (tag === 'latest') return { tag, group: 0 };
  const isShort = MAJOR_MINOR.test(tag);
  const version = semver.parse(isShort ? `${tag}.0` : tag);
  return version === null ? { tag, group: 3 } : { tag, group: isShort ? 1 : 2, version };
}

function byRank(a: Ranked, b: Ranked): number {
  if (a.group !== b.group) return a.group - b.group;
  const newer = a.version && b.version ? b.version.compare(a.version) : 0;
  return newer || (a.tag < b.tag ? -1 : Number(a.tag > b.tag));
}
