import type { Descriptor } from '@longshore/oci';
import { alignColumns } from '../align-columns.js';
import { formatSince, formatSize } from './human-units.js';
import type { ImageReport } from './read-images.js';

/** A label with a value on each line; without values it is left out. */
type Part = [label: string, values: readonly string[]];

const TAMPERED = 'ERROR: the image contents do not match the requested digest, this image has been tampered with';

/**
 * The report for people (registry.md 9), in the words and order of `oc image info`.
 *
 * @param asked the digest that the user named: it is not told again
 */
export function describeImage(report: ImageReport, now: number, asked?: string): string {
  const { name, digest, contentDigest, listDigest, listContentDigest, mediaType, artifactType, layers, config } =
    report;
  const parts: Part[] = [
    ['Name:', [name]],
    ['Digest:', digest === asked ? [] : [digest]],
    ['Manifest List:', given(listDigest)],
    ['List Content:', listContentDigest === undefined ? [] : [listContentDigest, TAMPERED]],
    ['Content Digest:', contentDigest === digest ? [] : [contentDigest, TAMPERED]],
    ['Media Type:', [mediaType]],
    ['Artifact Type:', given(artifactType)],
    ['Created:', config === undefined ? [] : [createdAgo(textOf(config['created']), now)]],
    ['Image Size:', [`${formatSize(sizeOf(layers))} in ${layers.length} layers`]],
    ['Layers:', alignColumns(layers.map(({ size, digest: layer }) => [size === 0 ? '--' : formatSize(size), layer]))],
    ...(config === undefined ? [] : configParts(config)),
  ];
  const rows = parts.flatMap(([label, values]) => values.map((value, index) => [index === 0 ? label : '', value]));
  return `${alignColumns(rows).join('\n')}\n`;
}

/** The report for programs: the fields of `oc image info -o json`, in its order, and what a changed list has instead. */
export function reportForPrograms(report: ImageReport): object {
  const { name, digest, contentDigest, listDigest = '', listContentDigest, mediaType, layers, config } = report;
  const withSize = config && { ...config, size: config['size'] ?? sizeOf(layers) };
  const list = { listDigest, ...(listContentDigest !== undefined && { listContentDigest }) };
  return { name, digest, contentDigest, ...list, mediaType, layers, config: withSize ?? null };
}

function configParts(image: Record<string, unknown>): Part[] {
  const config = objectOf(image['config']);
  const entrypoint = textsOf(config['Entrypoint']);
  const command = textsOf(config['Cmd']);
  const hasConfig = image['config'] !== undefined && image['config'] !== null;
  const hasNone = hasConfig && entrypoint.length === 0 && command.length === 0;
  return [
    ['OS:', given(textOf(image['os']))],
    ['Arch:', given(textOf(image['architecture']))],
    ['Author:', given(textOf(image['author']))],
    ['Entrypoint:', given(entrypoint.join(' '))],
    ['Command:', hasNone ? ['<none>'] : given(command.join(' '))],
    ['Working Dir:', given(textOf(config['WorkingDir']))],
    ['User:', given(textOf(config['User']))],
    ['Exposes Ports:', given(keysOf(config['ExposedPorts']).join(', '))],
    ['Environment:', textsOf(config['Env'])],
    ['Labels:', labelsOf(config['Labels'])],
    ['Volumes:', keysOf(config['Volumes'])],
  ];
}

function createdAgo(created: string | undefined, now: number): string {
  const time = Date.parse(created ?? '');
  return Number.isNaN(time) ? '<unknown>' : `${formatSince(now - time)} ago`;
}

function sizeOf(layers: readonly Descriptor[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

function given(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : [text];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function keysOf(value: unknown): string[] {
  return Object.keys(objectOf(value)).sort();
}

function labelsOf(value: unknown): string[] {
  const labels = objectOf(value);
  return keysOf(labels).flatMap((key) => (typeof labels[key] === 'string' ? [`${key}=${labels[key]}`] : []));
}
