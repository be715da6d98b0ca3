/**
 * What is wrong with a graph of updates, by the reasons of mirror.md 5.3: `ResponseInvalid` what cannot be read,
 * `GetGraphDataFailed` a server that does not give it, `NoVersionsFound` an empty one, `VersionNotFound`.
 */
export class GraphError extends Error {
  override readonly name = 'GraphError';

  constructor(
    readonly code: 'ResponseInvalid' | 'GetGraphDataFailed' | 'NoVersionsFound' | 'VersionNotFound',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
