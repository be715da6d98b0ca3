import { stringify } from 'yaml';

/** The kinds of objects that name mirrors, and the field of `spec` that holds them (mirror.md 6). */
export const MIRROR_FIELDS = {
  ImageContentSourcePolicy: 'repositoryDigestMirrors',
  ImageDigestMirrorSet: 'imageDigestMirrors',
  ImageTagMirrorSet: 'imageTagMirrors',
} as const;

export type MirrorSetKind = keyof typeof MIRROR_FIELDS;

/** A repository, and those that have its images. */
export interface SourceMirrors {
  source: string;
  mirrors: string[];
}

const API_VERSIONS: Readonly<Record<MirrorSetKind, string>> = {
  ImageContentSourcePolicy: 'operator.openshift.io/v1alpha1',
  ImageDigestMirrorSet: 'config.openshift.io/v1',
  ImageTagMirrorSet: 'config.openshift.io/v1',
};

/** One entry for each source, in the order of their names; mirrors in the order in which they come. */
export function sourceMirrors(pairs: Iterable<{ source: string; mirror: string }>): SourceMirrors[] {
  const found = new Map<string, Set<string>>();
  for (const { source, mirror } of pairs) {
    const mirrors = found.get(source) ?? new Set();
    found.set(source, mirrors.add(mirror));
  }
  return [...found]
    .map(([source, mirrors]) => ({ source, mirrors: [...mirrors] }))
    .sort((a, b) => (a.source < b.source ? -1 : 1));
}

/** A mirror set as YAML, in the form in which clusters and `oc` show it. */
export function mirrorSetYaml(kind: MirrorSetKind, name: string, entries: readonly SourceMirrors[]): string {
  const spec = { [MIRROR_FIELDS[kind]]: entriesOf(entries) };
  return yaml({ apiVersion: API_VERSIONS[kind], kind, metadata: { name }, spec });
}

/** What install-config.yaml takes: `imageContentSources` where ICSP are meant, else `imageDigestSources`. */
export function installConfigYaml(
  kind: Exclude<MirrorSetKind, 'ImageTagMirrorSet'>,
  entries: readonly SourceMirrors[],
): string {
  const field = kind === 'ImageContentSourcePolicy' ? 'imageContentSources' : 'imageDigestSources';
  return yaml({ [field]: entriesOf(entries) });
}

function entriesOf(entries: readonly SourceMirrors[]): object[] {
  return entries.map(({ source, mirrors }) => ({ mirrors, source }));
}

function yaml(value: object): string {
  return stringify(value, { indentSeq: false, lineWidth: 0 });
}
