import type { UserInfo } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';

/** What built-in kinds ask the cluster for. */
export interface KindHooks {
  /** An address for a service that asks for none in particular, or whether the one that it asks for is free (it throws else). */
  allocateClusterIp?(service: KubeObject, wanted: string | undefined): string;
  /** A port of the nodes for a service port. */
  allocateNodePort?(service: KubeObject, wanted: number | undefined): number;
  /** A service is stored: what was given to it is its own. */
  keepService?(service: KubeObject): void;
  /** Takes back an address and node ports: those that stand in this service. */
  releaseService?(service: KubeObject): void;
  /** The host of a route that names none: `name-namespace.apps.example.com`. */
  defaultRouteHost?(route: KubeObject): string | undefined;
  /** Whether a user may choose the host of a route (`create` on `routes/custom-host`). Default: yes. */
  mayChooseRouteHost?(user: UserInfo, namespace: string): boolean | Promise<boolean>;
}
