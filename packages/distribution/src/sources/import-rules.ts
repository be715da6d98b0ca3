/** An entry of `spec.allowedRegistriesForImport` of the image configuration (registry.md 4.3). */
export interface ImportRule {
  /** Globs (`*`, `?`) per label of the host, with or without a port; without: 443, or 80 when insecure. */
  domainName: string;
  insecure?: boolean;
}

/** Whether somebody without special rights may import from a host. An empty list allows all. */
export declare function isImportAllowed(rules: readonly ImportRule[], host: string, insecure: boolean): boolean;
