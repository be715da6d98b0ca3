import type { ResourceType } from '@longshore/kube';

/** What a verification asks of a cluster. */
export interface ClusterReader {
  /** All objects of a type, in one namespace or everywhere; none when the cluster does not know the type. */
  list(type: ResourceType, namespace: string | undefined, signal: AbortSignal): Promise<unknown[]>;
  /** Standard output of a command of the node's own system; absent when nothing can be run there. */
  runOnNode?: (node: string, command: readonly string[], signal: AbortSignal) => Promise<string>;
}
