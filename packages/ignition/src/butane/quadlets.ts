import type { Path } from '../source/diagnostic.js';
import { traced, tracedObject, type TracedObject } from '../spec/traced.js';
import { NodeTable } from './node-table.js';
import type { Translator } from './translator.js';
import { isTrue, objectIn, objectsIn, stringIn, type Values } from './values.js';

/** What podman turns into services. */
export const QUADLET_EXTENSIONS = [
  '.container',
  '.volume',
  '.network',
  '.kube',
  '.image',
  '.build',
  '.pod',
  '.artifact',
];

const SYSTEM_DIRECTORY = '/etc/containers/systemd';
const USER_DIRECTORY = '/etc/containers/systemd/users';
const MODE = 0o644;

/** `web@1.container` is an instance of `web@.container`. */
export function isTemplateInstance(name: string): boolean {
  return templateOf(name) !== undefined;
}

/** Adds the files and links of `systemd.quadlets` (edge.md 1.5). */
export function addQuadlets(config: TracedObject, values: Values, translator: Translator): void {
  const quadlets = objectsIn(objectIn(values, 'systemd'), 'quadlets');
  if (quadlets.length === 0) return;
  const table = new NodeTable(config, ['systemd', 'quadlets']);
  quadlets.forEach((quadlet, index) => addQuadlet(quadlet, ['systemd', 'quadlets', index], table, translator));
}

function addQuadlet(quadlet: Values, from: Path, table: NodeTable, translator: Translator): void {
  const name = stringIn(quadlet, 'name') ?? '';
  const path = `${isTrue(quadlet, 'rootful') ? SYSTEM_DIRECTORY : USER_DIRECTORY}/${name}`;
  const template = templateOf(name);
  if (template === undefined) addFile(quadlet, path, from, table, translator);
  else if (table.has(path)) translator.report.error(from, 'node-exists');
  else table.add('links', path, traced({ path, target: template }, from) as TracedObject);
  objectsIn(quadlet, 'dropins').forEach((dropin, index) => {
    addFile(dropin, `${path}.d/${stringIn(dropin, 'name') ?? ''}`, [...from, 'dropins', index], table, translator);
  });
}

function addFile(values: Values, path: string, from: Path, table: NodeTable, translator: Translator): void {
  if (table.has(path)) {
    translator.report.error(from, 'node-exists');
    return;
  }
  const local = stringIn(values, 'contents_local');
  const read = local ? translator.read(local, [...from, 'contents_local']) : Buffer.alloc(0);
  if (!read) return;
  const inline = stringIn(values, 'contents');
  const field = inline ? 'contents' : local ? 'contents_local' : undefined;
  const contents = tracedObject(from);
  translator.setContents(contents, inline ? Buffer.from(inline, 'utf8') : read, field ? [...from, field] : from);
  table.add(
    'files',
    path,
    tracedObject(from, [
      ['path', traced(path, [...from, 'name'])],
      ['contents', contents],
      ['mode', traced(MODE, from)],
    ]),
  );
}

function templateOf(name: string): string | undefined {
  const at = name.indexOf('@');
  const dot = name.indexOf('.');
  if (at === -1 || at + 1 === dot) return undefined;
  return `${name.slice(0, at)}@.${name.slice(dot + 1)}`;
}
