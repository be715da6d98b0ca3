const TAG = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;

/**
 * The digest that a tag says its content belongs to: cosign's signatures (`sha256-<hex>.sig`), and the list of referrers for
 * clients of registries without such an API (registry.md 1.8). Undefined for other tags.
 */
export function subjectOfTag(tag: string): string | undefined {
  const hex = TAG.exec(tag)?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}
