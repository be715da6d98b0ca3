import type { RegistryEntry } from '@longshore/distribution';

/** What nodes are told of registries. */
export interface NodeRegistries {
  entries: readonly RegistryEntry[];
  /** Where names without a host are looked for. */
  searchRegistries: readonly string[];
}

/**
 * Why nodes are drained before they take over other registries; nothing when they need not be: then there are only more mirrors for
 * pulls by digest, and more sources that have them (mirror.md 6). A new entry without mirrors is there to forbid something or to
 * allow it, so nodes are drained for it.
 */
export function drainReasons(before: NodeRegistries, after: NodeRegistries): string[] {
  const [known, now] = [before, after].map(({ entries }) => new Map(entries.map((entry) => [entry.prefix, entry])));
  const gone = before.entries.filter(({ prefix }) => now?.has(prefix) === false);
  return [
    ...(before.searchRegistries.join() === after.searchRegistries.join()
      ? []
      : ['names without a host are looked for elsewhere']),
    ...gone.map(({ prefix }) => `${prefix} is not there any more`),
    ...after.entries.flatMap((entry) => reasonsOf(known?.get(entry.prefix), entry)),
  ];
}

function reasonsOf(before: RegistryEntry | undefined, after: RegistryEntry): string[] {
  const { prefix, mirrors } = after;
  if (before === undefined && mirrors.length === 0) return [`${prefix} is new, and has no mirrors`];
  const changed =
    before === undefined
      ? []
      : (['location', 'blocked', 'insecure'] as const)
          .filter((field) => before[field] !== after[field])
          .map((field) => `${prefix} has another value of ${field}`);
  const had = new Set((before?.mirrors ?? []).map(keyOf));
  const has = new Set(mirrors.map(keyOf));
  const removed = (before?.mirrors ?? []).filter((mirror) => !has.has(keyOf(mirror)));
  const added = mirrors.filter((mirror) => !had.has(keyOf(mirror)) && mirror.serves !== 'digest-only');
  return [
    ...changed,
    ...removed.map(({ location }) => `${prefix} loses the mirror ${location}, or it is another kind of mirror now`),
    ...added.map(({ location }) => `${prefix} gets the mirror ${location} for tags`),
  ];
}

function keyOf({ location, serves, insecure }: RegistryEntry['mirrors'][number]): string {
  return `${location} ${serves} ${insecure}`;
}
