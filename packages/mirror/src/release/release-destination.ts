import { MirrorError } from '../mirror-error.js';
import { parsePlaceName, type PlaceName } from '../place-name.js';

/** Where the images of a release go: into one repository, under tags made of a template (mirror.md 1.3). */
export interface ReleaseDestination {
  /** As it was written. */
  text: string;
  repository: PlaceName;
  /** `${version}` and `${component}` stand for those of the image. Default: release tag, then the component's name. */
  template?: string;
}

const FIELD = /\$\{([^}]*)\}/g;
const FIELDS: ReadonlySet<string> = new Set(['version', 'component']);

/** Reads `REPOSITORY` or `REPOSITORY:TEMPLATE`. Errors: MirrorError USAGE. */
export function parseReleaseDestination(text: string): ReleaseDestination {
  const colon = text.lastIndexOf(':');
  const isTemplate = colon > text.lastIndexOf('/') && text.slice(colon).includes('${');
  const [name, template] = isTemplate ? [text.slice(0, colon), text.slice(colon + 1)] : [text];
  if (name.includes('${')) throw usage(`${text}: only the tag may have \${version} and \${component}`);
  for (const [, field = ''] of template?.matchAll(FIELD) ?? []) {
    if (!FIELDS.has(field)) throw usage(`${text}: \${${field}} is neither \${version} nor \${component}`);
  }
  const repository = parsePlaceName(name);
  if (repository.tag !== undefined || repository.digest !== undefined || repository.pattern !== undefined) {
    throw usage('--to must be to an image repository and may not contain a tag or digest');
  }
  return { text, repository, ...(template !== undefined && { template }) };
}

/** How the architecture of a release stands in tags: `x86_64` for `amd64`, `multi` for several. */
export function architectureSuffix(architecture: string | undefined): string {
  return architecture === undefined ? 'multi' : (SUFFIXES[architecture] ?? architecture);
}

const SUFFIXES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

/** The tag of a component, or without one of the release itself. */
export function releaseTag(
  { version, suffix }: { version: string; suffix: string },
  component?: string,
  template?: string,
): string {
  if (template === undefined) return `${version}-${suffix}${component === undefined ? '' : `-${component}`}`;
  const values: Record<string, string> = { version, component: component ?? 'release' };
  return `${template.replaceAll(FIELD, (_, field: string) => values[field] ?? '')}-${suffix}`;
}

function usage(words: string): MirrorError {
  return new MirrorError('USAGE', words);
}
