import type { CopyPlan, ImageTarget, RepositoryPlan, StoreStats } from '@longshore/distribution';
import { binarySize } from './units.js';

/** A plan for people (mirror.md 2.5): what comes from where, then the phases. Ends with a line feed; empty when there is nothing. */
export function planText(plan: CopyPlan): string {
  const lines = [...plan.stats].flatMap(([store, stats]) => {
    const repositories = plan.repositories.filter(({ target }) => target.store === store).sort(byName);
    return [repositories[0]?.target.storeLabel ?? '', ...repositories.flatMap(repositoryLines), statsLine(stats)];
  });
  if (lines.length === 0) return '';
  const last = Math.max(...plan.repositories.map(({ phase }) => phase));
  const phaseLines = Array.from({ length: last + 1 }, (_, number) => [
    `phase ${number}:`,
    ...plan.repositories
      .filter(({ phase }) => phase === number)
      .sort(byName)
      .map(phaseLine),
  ]);
  return [...lines, '', ...phaseLines.flat()].map((line) => `${line}\n`).join('');
}

function repositoryLines({ target, wanted, manifests }: RepositoryPlan): string[] {
  const blobs = wanted.flatMap(({ source, blobs: some }) => [
    '    blobs:',
    ...some.map(({ digest, size }) => `      ${source.name} ${digest} ${binarySize(size)}`),
  ]);
  const written = manifests.flatMap(({ tree, tags }) => {
    const { digest } = tree.manifest;
    return tags.length === 0 ? [`      ${digest}`] : tags.map((tag) => `      ${digest} -> ${tag}`);
  });
  return [`  ${target.repository}`, ...blobs, '    manifests:', ...written];
}

function statsLine({ shared, unique, bytes, sharedBytes }: StoreStats): string {
  const ratio = bytes === 0 ? 1 : (bytes - sharedBytes) / bytes;
  return `  stats: shared=${shared} unique=${unique} size=${binarySize(bytes)} ratio=${ratio.toFixed(2)}`;
}

function phaseLine({ target, blobs, mounts, manifests, shared }: RepositoryPlan): string {
  const count = manifests.reduce((total, { tags }) => total + Math.max(tags.length, 1), 0);
  return `  ${hostOf(target)} ${target.repository} blobs=${blobs} mounts=${mounts} manifests=${count} shared=${shared}`;
}

/** Folders have none. */
function hostOf({ isLocal, storeLabel }: ImageTarget): string {
  return isLocal ? '' : storeLabel.replace(/\/$/, '');
}

function byName(a: RepositoryPlan, b: RepositoryPlan): number {
  return a.target.repository < b.target.repository ? -1 : 1;
}
