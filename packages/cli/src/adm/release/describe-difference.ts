import {
  sourceOfComponent,
  type ChangedComponent,
  type Release,
  type ReleaseDifference,
} from '@longshore/mirror/release';
import { alignColumns } from '../../align-columns.js';
import { visible } from '../../visible.js';

/** What differs between two releases, for people. Parts in which nothing differs are left out. */
export function describeDifference(from: Release, to: Release, difference: ReleaseDifference): string {
  const { added, removed, changed, rebuilt, unchanged, versions, manifests } = difference;
  const heads = alignColumns([
    ['', 'FROM', 'TO'],
    ['Name:', from.references.version, to.references.version],
    ['Digest:', from.image.digest, to.image.digest],
    ['Created:', from.created ?? '', to.created ?? ''],
  ]);
  const files = [
    ...manifests.added.map((name) => `+ ${name}`),
    ...manifests.removed.map((name) => `- ${name}`),
    ...manifests.changed.map((name) => `~ ${name}`),
  ];
  const parts: [string, string[]][] = [
    [
      'Component Versions:',
      versions.map(({ name, from: a, to: b }) => `${name} ${a?.version ?? '<none>'} -> ${b?.version ?? '<none>'}`),
    ],
    ['Images Added:', added.map(({ name }) => name)],
    ['Images Removed:', removed.map(({ name }) => name)],
    ['Images Changed:', alignColumns(changed.map(({ name, from: a, to: b }) => [name, a.digest, b.digest]))],
    ['Images Rebuilt:', alignColumns(rebuilt.map(({ name, from: a, to: b }) => [name, a.digest, b.digest]))],
    ['Manifests:', files],
  ];
  const filled = parts.filter(([, lines]) => lines.length > 0);
  return [
    ...heads,
    `Unchanged: ${unchanged} images`,
    ...filled.flatMap(([title, lines]) => ['', title, ...lines.map((line) => `  ${visible(line)}`)]),
    '',
  ].join('\n');
}

/**
 * A page in Markdown that says from where to where each component moved. Single commits would need the repositories, so there is a
 * link to what lies between.
 */
export function changelog(from: Release, to: Release, difference: ReleaseDifference): string {
  const { added, removed, changed, rebuilt, versions } = difference;
  const parts: [string, string[]][] = [
    [
      'Components',
      versions.map(({ name, from: a, to: b }) => `${name} ${a?.version ?? 'none'} → ${b?.version ?? 'none'}`),
    ],
    ['New images', added.map((one) => linked(one.name, sourceOfComponent(one)))],
    ['Removed images', removed.map(({ name }) => name)],
    ['Changed images', changed.map(movedLine)],
    ['Rebuilt images without code change', rebuilt.map((one) => linked(one.name, sourceOfComponent(one.to)))],
  ];
  const filled = parts.filter(([, lines]) => lines.length > 0);
  return [
    `# ${markdown(to.references.version)}`,
    '',
    `Created: ${markdown(to.created ?? 'unknown')}`,
    '',
    `Image Digest: \`${to.image.digest}\``,
    '',
    `## Changes from ${markdown(from.references.version)}`,
    ...filled.flatMap(([title, lines]) => ['', `### ${title}`, '', ...lines.map((line) => `* ${line}`)]),
    '',
  ].join('\n');
}

function movedLine({ name, from, to }: ChangedComponent): string {
  const [before, after] = [sourceOfComponent(from), sourceOfComponent(to)];
  const line = linked(name, after);
  if (before === undefined || after === undefined || before.repository !== after.repository) return line;
  if (!LINKABLE.test(after.repository) || !COMMIT.test(before.commit) || !COMMIT.test(after.commit)) return line;
  return `${line}: [Full changelog](${after.repository}/compare/${before.commit}...${after.commit})`;
}

const LINKABLE = /^https:\/\/github\.com\/[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/;
const COMMIT = /^[0-9a-f]{7,64}$/;

function linked(name: string, source: { repository: string; commit: string } | undefined): string {
  if (source === undefined || !LINKABLE.test(source.repository) || !COMMIT.test(source.commit)) return markdown(name);
  return `[${markdown(name)}](${source.repository}/tree/${source.commit}) at ${source.commit.slice(0, 8)}`;
}

/** A stranger's text that stays a text. */
function markdown(text: string): string {
  return visible(text).replace(/[\\`*_[\]<>#]/g, '\\$&');
}
