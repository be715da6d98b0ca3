import { record } from '../yaml/decode.js';
import { fields, isFields, type Fields } from '../yaml/value.js';
import { clusterTemplates, NODE_KINDS, SYNC_WAVE } from './cluster-templates.js';
import { quoted } from './go-quote.js';
import { parseAs } from './manifest.js';
import { instantiate, type Scope } from './instantiate.js';
import type { SiteConfig } from './site-config.js';
import { SiteError } from './site-error.js';

/** Reads files that a SiteConfig refers to, and tells what happens. */
interface OverrideIo {
  read(path: string): string;
  log(line: string): void;
}

/** Template files by path; each is read and parsed once. */
export class TemplateFiles {
  readonly #parsed = new Map<string, Fields>();

  constructor(private readonly io: OverrideIo) {}

  load(path: string): Fields {
    let parsed = this.#parsed.get(path);
    if (parsed === undefined) {
      parsed = this.#parse(path, this.#read(path));
      this.#parsed.set(path, parsed);
    }
    return parsed;
  }

  #read(path: string): string {
    try {
      return this.io.read(path);
    } catch (error) {
      this.io.log(`Could not read "${path}": ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  #parse(path: string, text: string): Fields {
    try {
      return parseAs(record, text) ?? fields();
    } catch (error) {
      this.io.log(`Could not parse "${path}": ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }
}

/**
 * The resource made of a user's template in place of `original` (edge.md 3.4); `original` itself when name or namespace
 * differ, which `mismatch` hears of, for a template may be meant for another node. Throws SiteError.
 */
export function overrideResource(
  original: Fields,
  template: Fields,
  path: string,
  scope: Scope,
  mismatch: (message: string) => void,
): Fields {
  const kind = original.kind as string;
  if (template.kind !== kind) {
    throw new SiteError(
      `Override template kind ${quoted(template.kind)} in "${path}" does not match expected kind "${kind}"`,
    );
  }
  const made = instantiate(template, scope);
  const expected = original.metadata as Fields;
  const { metadata } = made;
  if (!isFields(metadata)) throw new SiteError(`Overriden template metadata in "${path}" is not specified!`);
  for (const field of ['name', 'namespace']) {
    if (metadata[field] === expected[field]) continue;
    const values = `${quoted(metadata[field])} does not match expected value ${quoted(expected[field])}`;
    mismatch(`Overridden template metadata.${field} ${values}`);
    return original;
  }
  const { annotations } = metadata;
  if (!isFields(annotations))
    throw new SiteError(`Overriden template metadata annotations in "${path}" is not specified!`);
  const [wave, wanted] = [annotations[SYNC_WAVE] ?? null, (expected.annotations as Fields)[SYNC_WAVE] ?? null];
  if (wave !== wanted) {
    throw new SiteError(
      `Overridden template metadata.annotations["${SYNC_WAVE}"] ${quoted(wave)} does not match expected value ${quoted(wanted)}`,
    );
  }
  return made;
}

/** Throws SiteError when a template is given for a kind that is not generated at its level. */
export function checkOverriddenKinds({ spec }: SiteConfig, version: 'v1' | 'v2'): void {
  const kinds = new Set(clusterTemplates(version, false).map(({ kind }) => kind));
  const check = (
    templates: Record<string, string>,
    allowed: ReadonlySet<string>,
    where: string,
    path: (string | number)[],
  ) => {
    const wrong = Object.keys(templates).find((kind) => !allowed.has(kind));
    if (wrong === undefined) return;
    throw new SiteError(`Invalid override in SiteConfig.Spec${where}: "${wrong}" is not a valid CR type to override`, [
      ...['spec', ...path, 'crTemplates', wrong],
    ]);
  };
  check(spec.crTemplates, kinds, '', []);
  spec.clusters.forEach((cluster, c) => {
    check(cluster.crTemplates, kinds, `.Clusters[${c}]`, ['clusters', c]);
    cluster.nodes.forEach((node, n) => {
      check(node.crTemplates, NODE_KINDS, `.Clusters[${c}].Nodes[${n}]`, ['clusters', c, 'nodes', n]);
    });
  });
}
