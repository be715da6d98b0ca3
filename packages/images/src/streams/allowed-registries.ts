import { forbiddenField, type UserInfo } from '@longshore/apiserver';
import { isImportAllowed } from '@longshore/distribution';
import {
  IMAGE_ANNOTATIONS,
  type ImageConfig,
  type ImageStream,
  type StatusCause,
  type TagReference,
} from '@longshore/kube';
import { normalizeReference } from '@longshore/oci';
import type { ImageApiParts } from '../api/parts.js';
import { readPullSpec } from './stream-validation.js';

/** A pull spec, and where it stands. */
export interface ImportSource {
  field: string;
  pullSpec: string;
  insecure: boolean;
}

type RegistryParts = Pick<ImageApiParts, 'cluster' | 'hostnames' | 'allows'>;

/** As {@link checkSources}, for the new or changed sources of a stream. */
export function checkRegistries(
  stream: ImageStream,
  changed: { tags: readonly TagReference[]; repository: boolean },
  user: UserInfo,
  parts: RegistryParts,
): Promise<StatusCause[]> {
  return checkSources(sourcesOf(stream, changed), user, parts);
}

/**
 * Problems of sources that ordinary users may not import from (registry.md 3.3, 4.3). Who may create images in the whole
 * cluster may name any registry; the cluster's own is free for all.
 */
export async function checkSources(
  sources: readonly ImportSource[],
  user: UserInfo,
  { cluster, hostnames, allows }: RegistryParts,
): Promise<StatusCause[]> {
  if (sources.length === 0) return [];
  const config = await cluster.get<ImageConfig>('images.config.openshift.io', '', 'cluster');
  const rules = config?.spec?.allowedRegistriesForImport ?? [];
  if (rules.length === 0) return [];
  const refused = sources.flatMap((source) => {
    const reference = readPullSpec(source.pullSpec);
    if (typeof reference === 'string') return [];
    const { registry = '' } = normalizeReference(reference);
    if (registry === hostnames().internal || isImportAllowed(rules, registry, source.insecure)) return [];
    const list = rules.map(({ domainName }) => JSON.stringify(domainName)).join(', ');
    return [forbiddenField(source.field, `registry ${JSON.stringify(registry)} not allowed by allowlist: ${list}`)];
  });
  if (refused.length === 0 || (await mayImportFromAll(user, allows))) return [];
  return refused;
}

function sourcesOf(
  stream: ImageStream,
  changed: { tags: readonly TagReference[]; repository: boolean },
): ImportSource[] {
  const isInsecure = stream.metadata.annotations?.[IMAGE_ANNOTATIONS.insecureRepository] === 'true';
  const { dockerImageRepository: repository = '' } = stream.spec;
  const sources = changed.tags.flatMap(({ name, from, importPolicy }): ImportSource[] =>
    from?.kind === 'DockerImage'
      ? [
          {
            field: `spec.tags[${name}].from.name`,
            pullSpec: from.name,
            insecure: isInsecure || importPolicy?.insecure === true,
          },
        ]
      : [],
  );
  if (!changed.repository || repository === '') return sources;
  return [{ field: 'spec.dockerImageRepository', pullSpec: repository, insecure: isInsecure }, ...sources];
}

/** Whether somebody may bring images into the cluster anyway: those are not held by the rules for imports. */
export async function mayImportFromAll(user: UserInfo, allows: ImageApiParts['allows']): Promise<boolean> {
  for (const resource of ['images', 'imagestreammappings']) {
    if (await allows(user, { verb: 'create', resource, namespace: '' })) return true;
  }
  return false;
}
