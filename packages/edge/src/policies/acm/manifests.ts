import { posix } from 'node:path';
import { anything, Decoder, unmarshalErrors, type Path } from '../../yaml/decode.js';
import { documentTexts, readFirstDocument, YamlSource } from '../../yaml/document.js';
import { isFields, type Fields, type Value } from '../../yaml/value.js';
import { PolicyError } from '../policy-error.js';
import { patchManifest, schemaIn } from './patch-manifest.js';
import type { ManifestConfig } from './policy-generator-config.js';

/** Reads what a PolicyGenerator refers to, below its base folder. */
export interface BaseFolder {
  /** Names of the files in a folder; undefined when the path is no folder. Throws when there is nothing. */
  list(path: string): readonly string[] | undefined;
  read(path: string): string;
}

/** The manifests of an entry, with its patches. Throws PolicyError at `path`. */
export function manifestsOf(config: ManifestConfig, base: BaseFolder, path: Path): Fields[] {
  const manifests = locate([...path, 'path'], () =>
    filesOf(config.path, base).flatMap((file) => documentsOf(file, base)),
  );
  if (manifests.length === 0) throw new PolicyError(`${config.path} has no manifest`, [...path, 'path']);
  const openapi = config.openapi;
  const schemas = openapi && locate([...path, 'openapi', 'path'], () => firstDocument(base.read(inside(openapi.path))));
  return (config.patches ?? []).reduce<Fields[]>(
    (patched, patch, index) =>
      locate([...path, 'patches', index], () => {
        const target = targetOf(patched, patch);
        const schema = schemas === undefined ? undefined : schemaIn(schemas, patched[target] ?? patch);
        return patched.map((manifest, at) => (at === target ? patchManifest(manifest, patch, schema) : manifest));
      }),
    manifests,
  );
}

/** Errors of an action point at a path unless they know better. */
export function locate<T>(path: Path, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PolicyError && error.path.length > 0) throw error;
    throw new PolicyError(error instanceof Error ? error.message : String(error), path);
  }
}

/** A path below the base folder. Throws PolicyError for others. */
export function inside(path: string): string {
  const normal = posix.normalize(path);
  if (path === '' || posix.isAbsolute(path) || normal === '..' || normal.startsWith('../')) {
    throw new PolicyError(`${JSON.stringify(path)} leads out of the folder that manifests are to be in`);
  }
  return normal;
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

function filesOf(path: string, base: BaseFolder): string[] {
  const normal = inside(path);
  const names = base.list(normal);
  if (names === undefined) return [normal];
  const kustomization = names.find((name) => KUSTOMIZATIONS.includes(name));
  if (kustomization !== undefined) {
    throw new PolicyError(`${path} is a kustomization; build it with kustomize and name the result here`);
  }
  return names.filter((name) => /\.ya?ml$/.test(name)).map((name) => posix.join(normal, name));
}

function documentsOf(file: string, base: BaseFolder): Fields[] {
  return documentTexts(base.read(file)).flatMap((text) => {
    const value = parse(text);
    if (value === null) return [];
    if (isFields(value)) return [value];
    throw new PolicyError(`a document of ${file} is no map`);
  });
}

function firstDocument(text: string): Value {
  return parse(documentTexts(text)[0] ?? '');
}

function parse(text: string): Value {
  const source = new YamlSource(text);
  const node = readFirstDocument(source);
  const decoder = new Decoder();
  const value = node === undefined ? null : (decoder.read(anything, node) ?? null);
  const problem = unmarshalErrors(decoder.issues, source);
  if (problem !== undefined) throw new PolicyError(problem);
  return value;
}

/** The index of the manifest that a patch is for: the only one, or the one with the same kind and name. */
function targetOf(manifests: readonly Fields[], patch: Fields): number {
  if (manifests.length === 1) return 0;
  const identity = identityOf(patch);
  const target = manifests.findIndex((manifest) => {
    const own = identityOf(manifest);
    return (
      own.kind === identity.kind &&
      own.name === identity.name &&
      (identity.namespace ?? own.namespace) === own.namespace
    );
  });
  if (target < 0) throw new PolicyError('no manifest has the kind and the metadata.name of this patch');
  return target;
}

function identityOf({ kind, metadata }: Fields): {
  kind: Value | undefined;
  name: Value | undefined;
  namespace: Value | undefined;
} {
  const { name, namespace } = isFields(metadata) ? metadata : {};
  return { kind, name, namespace };
}
