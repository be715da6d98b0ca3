import type { Waiting } from '@longshore/distribution';
import { parse as parseVersion } from 'semver';
import { parse as parseYaml, parseAllDocuments } from 'yaml';
import { imageEntries } from '../extract/image-entries.js';
import { ReadLimits } from '../extract/layer-entries.js';
import type { Image } from '../extract/read-image.js';
import { objectOf, textsOf } from './json-object.js';
import { ReleaseError } from './release-error.js';
import type { ReleaseFolder } from './release-folder.js';

/** Manifests of a component, by their names in a release, and the newest of their times. */
export interface ComponentFiles {
  manifests: Map<string, Buffer>;
  modified: Date;
}

export interface ComponentFilesOptions extends Waiting {
  /** Of the release. */
  version: string;
  /** By the names of components. */
  pullSpecs: ReadonlyMap<string, string>;
  /** Of what components are built of: `kubernetes`. */
  versions: ReadonlyMap<string, string>;
  /** Whether manifests are in any layer of the image; otherwise the last alone is read. */
  allLayers: boolean;
  /** Pull specs of components that the release does not have stay as they are. */
  allowMissing: boolean;
  /** Whether manifests must be YAML. */
  check: boolean;
}

const FOLDER = 'manifests/';
const OPERATOR = 'io.openshift.release.operator';
const REFERENCES = 'image-references';
const LARGEST_SUM = 32 * 1024 * 1024;
const VERSION = /(?<!\w)0\.0\.1-snapshot(?:-([a-z0-9]+(?:-[a-z0-9]+)*))?/g;
const IS_YAML = /\.(?:ya?ml|json)$/;

/** Whether a component has manifests for a release (mirror.md 3.1). */
export function isOperator({ config }: Image): boolean {
  return textsOf(objectOf(config['config'])['Labels'])[OPERATOR] === 'true';
}

/**
 * The files below `/manifests` of an operator, with the pull specs that its own `image-references` names replaced by those of the
 * release, and `0.0.1-snapshot` and `0.0.1-snapshot-NAME` by versions (mirror.md 3.1). Errors: ReleaseError INVALID; NOT_FOUND for
 * what the release does not have; ImageError, those of the source.
 */
export async function componentFiles(
  name: string,
  image: Image,
  options: ComponentFilesOptions,
): Promise<ComponentFiles> {
  const { files, modified } = await readManifests(name, image, options);
  const pullSpecs = replacementsOf(name, files.get(REFERENCES), options);
  files.delete(REFERENCES);
  const manifests = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    manifests: new Map(
      manifests.map(([file, bytes]) => {
        const place = `${name}: ${file}`;
        const text = withVersions(withPullSpecs(bytes.toString('latin1'), pullSpecs), place, options);
        const content = Buffer.from(text, 'latin1');
        if (options.check && IS_YAML.test(file)) checkYaml(content, place);
        return [releaseName(name, file), content];
      }),
    ),
    modified,
  };
}

/** The manifests of a folder, with other pull specs where components have others now. Errors: ReleaseError INVALID. */
export function renamedManifests(
  { references, manifests }: Pick<ReleaseFolder, 'references' | 'manifests'>,
  pullSpecs: ReadonlyMap<string, string>,
  check: boolean,
): Map<string, Buffer> {
  const replacements = references.components.map(({ name, pullSpec }): [string, string] => [
    pullSpec,
    pullSpecs.get(name) ?? pullSpec,
  ]);
  return new Map(
    [...manifests].map(([file, bytes]) => {
      const content = Buffer.from(withPullSpecs(Buffer.from(bytes).toString('latin1'), replacements), 'latin1');
      if (check && IS_YAML.test(file)) checkYaml(content, file);
      return [file, content];
    }),
  );
}

async function readManifests(
  name: string,
  { source, manifest }: Image,
  { allLayers, signal }: ComponentFilesOptions,
): Promise<{ files: Map<string, Buffer>; modified: Date }> {
  const layers = allLayers ? manifest.layers : manifest.layers.slice(-1);
  const files = new Map<string, Buffer>();
  let [modified, sum] = [new Date(0), 0];
  for await (const entry of imageEntries(source, layers, new ReadLimits(), { signal })) {
    if (entry.type !== 'file' || !entry.path.startsWith(FOLDER)) continue;
    const file = entry.path.slice(FOLDER.length);
    if (file.includes('/')) continue;
    sum += entry.size;
    if (sum > LARGEST_SUM) throw new ReleaseError('INVALID', `${name}: its manifests are larger than is read`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.body) chunks.push(chunk);
    files.set(file, Buffer.concat(chunks));
    if (entry.modified > modified) modified = entry.modified;
  }
  return { files, modified };
}

/** `0000_<NN>_<component>_<file>`; others get the place in the middle. */
function releaseName(component: string, file: string): string {
  return file.startsWith('0000_') ? file : `0000_50_${component}_${file}`;
}

/** Pull specs in the manifests, and what stands there in a release. The longest first, so that none is replaced inside another. */
function replacementsOf(
  name: string,
  references: Buffer | undefined,
  { pullSpecs, allowMissing }: ComponentFilesOptions,
): [string, string][] {
  if (references === undefined) return [];
  const tags = objectOf(objectOf(parsed(references, `${name}: ${REFERENCES}`))['spec'])['tags'];
  const specs = (Array.isArray(tags) ? tags : []).flatMap((tag): [string, string][] => {
    const { name: component, from } = objectOf(tag);
    const { name: written } = objectOf(from);
    if (typeof component !== 'string' || typeof written !== 'string' || written === '') {
      throw new ReleaseError('INVALID', `${name}: its ${REFERENCES} has a tag without a name or an image`);
    }
    const pullSpec = pullSpecs.get(component);
    if (pullSpec !== undefined) return [[written, pullSpec]];
    if (allowMissing) return [];
    throw new ReleaseError('NOT_FOUND', `${name}: needs the image ${component}, which the release does not have`);
  });
  return specs.sort(([a], [b]) => b.length - a.length);
}

function parsed(bytes: Buffer, place: string): unknown {
  try {
    return parseYaml(bytes.toString(), { maxAliasCount: 100 });
  } catch (error) {
    throw new ReleaseError('INVALID', `${place}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}

function withPullSpecs(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((changed, [from, to]) => changed.replaceAll(from, () => to), text);
}

function withVersions(text: string, place: string, { version, versions }: ComponentFilesOptions): string {
  return text.replaceAll(VERSION, (_, component?: string) => {
    // What comes behind "+" tells builds apart, and is no part of the version for those who compare it.
    if (component === undefined) return parseVersion(version)?.version ?? version;
    const found = versions.get(component);
    if (found !== undefined) return found;
    const words = `stands for a version of ${component}, which no image names; pass --component-versions`;
    throw new ReleaseError('NOT_FOUND', `${place}: 0.0.1-snapshot-${component} ${words}`);
  });
}

function checkYaml(bytes: Buffer, place: string): void {
  const documents = parseAllDocuments(bytes.toString());
  const [problem] = 'empty' in documents ? [] : documents.flatMap(({ errors }) => errors);
  if (problem !== undefined) throw new ReleaseError('INVALID', `${place}: ${problem.message.split('\n')[0]}`);
}
