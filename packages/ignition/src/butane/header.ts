import { CATALOGUE, type Code } from '../source/catalogue.js';
import type { Path } from '../source/diagnostic.js';
import type { LineIndex } from '../source/line-index.js';
import { deepestNode, type SourceNode } from '../source/source-node.js';
import type { YamlSource } from '../source/yaml-reader.js';
import { string, sugar } from '../schema/field.js';
import { findDialect, type Dialect } from '../schema/variants.js';
import { Decoder, type DecodeError } from './decoder.js';
import { StageFailure, unreadable } from './stage-failure.js';
import { stringIn, type Values } from './values.js';

const FIELDS = [string('variant'), string('version')].map(sugar);

/** How the reference words a text of the YAML reader before it knows the variant. */
export const UNREADABLE = 'Error unmarshaling yaml: ';

/** The keys at the top that say how to read the others, and the nodes of those. */
export interface Header {
  dialect: Dialect;
  root: SourceNode;
}

/**
 * Reads variant and version only: what else there may be depends on them (edge.md 1.2, stage 1). Throws {@link StageFailure}
 * when one is missing, or there is no such pair.
 */
export function readHeader({ root, lines }: YamlSource): Header {
  if (!root) throw fault([], 'variant-missing', lines);
  const values = decode(root, lines);
  const variant = stringIn(values, 'variant') ?? '';
  if (variant === '') throw fault(['variant'], 'variant-missing', lines, root);
  const version = canonicalVersion(stringIn(values, 'version') ?? '');
  if (version === undefined) throw fault(['version'], 'version-invalid', lines, root);
  const dialect = findDialect(variant, version);
  if (dialect) return { dialect, root };
  if (variant === 'rhcos' && version === '0.1.0') throw fault(['variant'], 'variant-removed', lines, root);
  const message = `No translator exists for variant ${variant} with version ${version}`;
  throw fault(['version'], 'version-unknown', lines, root, message);
}

/** The lines that the reference writes for errors of types. */
export function decodeFailure(errors: readonly DecodeError[]): string {
  const lines = errors.map(({ line, diagnostic }) => `\n  line ${line}: ${diagnostic.message}`);
  return `yaml: unmarshal errors:${lines.join('')}`;
}

function decode(root: SourceNode, lines: LineIndex): Values {
  const decoder = new Decoder(lines, 0);
  let values: Values;
  try {
    values = decoder.fields(root, FIELDS, [], 'common.Common');
  } catch (error) {
    throw unreadable(error, UNREADABLE);
  }
  if (decoder.errors.length === 0) return values;
  const entries = decoder.errors.map(({ diagnostic }) => diagnostic);
  throw new StageFailure(`${UNREADABLE}${decodeFailure(decoder.errors)}`, entries);
}

function fault(
  path: Path,
  code: Code,
  lines: LineIndex,
  root?: SourceNode,
  message: string = CATALOGUE[code],
): StageFailure {
  const place = root ? { position: lines.position(deepestNode(root, path).offset) } : {};
  return new StageFailure(message, [{ severity: 'error', code, message, stage: 'read', path, ...place }]);
}

/** Digits of a number of a version. */
const MAX_DIGITS = 15;

/** The version as it is compared: three numbers, then what follows them, which has no empty part. */
function canonicalVersion(version: string): string | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]*)?(\+[0-9A-Za-z.-]*)?$/.exec(version);
  if (!match) return undefined;
  const [, major = '', minor = '', patch = '', preRelease = '', build = ''] = match;
  if ([major, minor, patch].some(({ length }) => length > MAX_DIGITS)) return undefined;
  if (/^.\.|\.(\.|$)/.test(preRelease) || /^.\.|\.(\.|$)/.test(build)) return undefined;
  const suffix = [preRelease, build].filter((part) => part.length > 1).join('');
  return `${Number(major)}.${Number(minor)}.${Number(patch)}${suffix}`;
}
