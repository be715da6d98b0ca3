/** A container cannot be started as its pod describes it (yet). The message says what is missing. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
  readonly code = 'CONTAINER_CONFIG';
}
