import type { Waiting } from '@longshore/distribution';
import { layerEntries, ReadLimits } from '../extract/layer-entries.js';
import type { Image } from '../extract/read-image.js';
import { parse as parseYaml } from 'yaml';
import { objectOf, textsOf } from './json-object.js';
import { ReleaseError } from './release-error.js';

/** Manifests of a component, by their names in a release, and the newest of their times. */
export interface ComponentFiles {
  manifests: Map<string, Buffer>;
  modified: Date;
}

const FOLDER = 'manifests/';
const OPERATOR = 'io.openshift.release.operator';
const REFERENCES = 'image-references';
const LARGEST_SUM = 32 * 1024 * 1024;

/** Whether a component has manifests for a release (mirror.md 3.1). */
export function isOperator({ config }: Image): boolean {
  return textsOf(objectOf(config['config'])['Labels'])[OPERATOR] === 'true';
}

/**
 * The files below `/manifests` of an operator's last layer, with the pull specs that its own `image-references` names replaced by
 * those of the release, and the version that stands for any by that of the release (mirror.md 3.1). Errors: ReleaseError INVALID,
 * ImageError, those of the source.
 */
export async function componentFiles(
  name: string,
  { source, manifest }: Image,
  release: { version: string; pullSpecs: ReadonlyMap<string, string> },
  { signal }: Waiting,
): Promise<ComponentFiles> {
  const layer = manifest.layers.at(-1);
  const found = new Map<string, Buffer>();
  let [modified, sum] = [new Date(0), 0];
  if (layer === undefined) return { manifests: found, modified };
  for await (const entry of layerEntries(source, layer, new ReadLimits(), { signal })) {
    if (entry.type !== 'file' || !entry.path.startsWith(FOLDER)) continue;
    const file = entry.path.slice(FOLDER.length);
    sum += entry.size;
    if (sum > LARGEST_SUM) throw new ReleaseError('INVALID', `${name}: its manifests are larger than is read`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.body) chunks.push(chunk);
    found.set(file, Buffer.concat(chunks));
    if (entry.modified > modified) modified = entry.modified;
  }
  const replacements = replacementsOf(name, found.get(REFERENCES), release);
  found.delete(REFERENCES);
  const files = [...found].filter(([file]) => !file.includes('/')).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    manifests: new Map(files.map(([file, bytes]) => [releaseName(name, file), replaced(bytes, replacements)])),
    modified,
  };
}

/** `0000_<NN>_<component>_<file>`; others get the place in the middle. */
function releaseName(component: string, file: string): string {
  return file.startsWith('0000_') ? file : `0000_50_${component}_${file}`;
}

/** Pull specs in the manifests, and what stands there in a release. */
function replacementsOf(
  name: string,
  references: Buffer | undefined,
  { version, pullSpecs }: { version: string; pullSpecs: ReadonlyMap<string, string> },
): [string, string][] {
  const fixed: [string, string][] = [['0.0.1-snapshot', version]];
  if (references === undefined) return fixed;
  const tags = objectOf(objectOf(parseYaml(references.toString(), { maxAliasCount: 100 }))['spec'])['tags'];
  const specs = (Array.isArray(tags) ? tags : []).map((tag): [string, string] => {
    const { name: component, from } = objectOf(tag);
    const { name: written } = objectOf(from);
    if (typeof component !== 'string' || typeof written !== 'string' || written === '') {
      throw new ReleaseError('INVALID', `${name}: its ${REFERENCES} has a tag without a name or an image`);
    }
    const pullSpec = pullSpecs.get(component);
    if (pullSpec !== undefined) return [written, pullSpec];
    throw new ReleaseError('NOT_FOUND', `${name}: needs the image ${component}, which the release does not have`);
  });
  // The longest first, so that none is replaced inside another one.
  return [...specs.sort(([a], [b]) => b.length - a.length), ...fixed];
}

function replaced(bytes: Buffer, replacements: readonly [string, string][]): Buffer {
  return Buffer.from(replacements.reduce((text, [from, to]) => text.replaceAll(from, () => to), bytes.toString()));
}
