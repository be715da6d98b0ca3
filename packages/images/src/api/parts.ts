import type { ObjectAccess, UserInfo } from '@longshore/apiserver';
import type { ImportMode } from '@longshore/kube';
import type { Importer } from '../import/importer.js';

/**
 * Other kinds of the cluster (secrets, limit ranges, quotas, image configuration, mirror sets): the API server's own objects
 * in the embedded cluster, the cluster's API when this API is aggregated.
 */
export type ClusterObjects = Pick<ObjectAccess, 'get' | 'list' | 'watch'>;

/** A right in the group `image.openshift.io`. */
export interface ImageRight {
  verb: string;
  resource: string;
  subresource?: string;
  /** Empty: cluster-wide. */
  namespace: string;
  name?: string;
}

/** Where the registry is reached. */
export interface RegistryHostnames {
  /** `image-registry.openshift-image-registry.svc:5000`; undefined while there is no registry. */
  internal?: string;
  /** Of its routes; the first is what streams publish. */
  external: readonly string[];
}

/** What the kinds of `image.openshift.io` need of the cluster that they are served in. */
export interface ImageApiParts {
  cluster: ClusterObjects;
  /** As they are now. */
  hostnames: () => RegistryHostnames;
  /** Of tags that name no mode. */
  defaultImportMode: () => ImportMode;
  allows: (user: UserInfo, right: ImageRight) => Promise<boolean>;
  importer: Importer;
  /** Of what happens in the background. */
  onError: (error: unknown) => void;
}
