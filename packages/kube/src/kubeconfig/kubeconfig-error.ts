/** A kubeconfig that cannot be used. The message names the file and the field, and never holds a credential. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
  readonly code = 'KUBECONFIG_INVALID';
}
