/** What runs: images, programs and version of this release (operator.md 6, environment of the operator). */
export interface Release {
  version: string;
  registryImage: string;
  /** Its program and arguments. */
  registryCommand: readonly string[];
  prunerImage: string;
  /** What `adm prune images` is an argument of. */
  prunerCommand: readonly string[];
  operatorImage: string;
  nodeCaCommand: readonly string[];
}

/** Commands of Longshore's own image, which is all three. */
export const OWN_COMMANDS = {
  registryCommand: ['longshore', 'registry', 'serve', '--in-cluster'],
  prunerCommand: ['longshore'],
  nodeCaCommand: ['longshore', 'operator', 'node-ca-sync'],
} as const satisfies Partial<Release>;
