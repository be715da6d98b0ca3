import type { Condition, JsonObject, KubeObject } from '@longshore/kube';
import type { BACKEND_FIELDS } from '../names.js';

export type Backend = (typeof BACKEND_FIELDS)[number];
export type LogLevel = '' | 'Normal' | 'Debug' | 'Trace' | 'TraceAll';
export type Strategy = 'RollingUpdate' | 'Recreate';

/** `spec.storage` and `status.storage` (operator.md 1.2). */
export interface Storage {
  managementState?: 'Managed' | 'Unmanaged';
  emptyDir?: object;
  pvc?: { claim?: string };
  s3?: S3Storage;
  gcs?: { bucket?: string; region?: string; projectID?: string; keyID?: string };
  swift?: SwiftStorage;
  azure?: AzureStorage;
  ibmcos?: { bucket?: string; location?: string; resourceGroupName?: string };
}

export interface S3Storage {
  bucket?: string;
  region?: string;
  regionEndpoint?: string;
  chunkSizeMiB?: number;
  encrypt?: boolean;
  keyID?: string;
  cloudFront?: {
    baseURL: string;
    keypairID: string;
    privateKey: { name?: string; key: string };
    duration?: string;
  };
  virtualHostedStyle?: boolean;
  trustedCA?: { name?: string };
}

export interface SwiftStorage {
  authURL?: string;
  authVersion?: string;
  container?: string;
  domain?: string;
  domainID?: string;
  tenant?: string;
  tenantID?: string;
  regionName?: string;
}

export interface AzureStorage {
  accountName?: string;
  container?: string;
  cloudName?: string;
}

export interface RequestLimits {
  maxRunning?: number;
  maxInQueue?: number;
  maxWaitInQueue?: string;
}

export interface RouteRequest {
  name: string;
  hostname?: string;
  secretName?: string;
}

export interface Resources {
  limits?: Record<string, string | number>;
  requests?: Record<string, string | number>;
}

/** Of `spec`: what both kinds let users say about where pods run. */
export interface Placement {
  resources?: Resources;
  nodeSelector?: Record<string, string>;
  tolerations?: JsonObject[];
  affinity?: JsonObject;
}

export interface ConfigSpec extends Placement {
  managementState?: '' | 'Managed' | 'Unmanaged' | 'Force' | 'Removed';
  logLevel?: LogLevel;
  operatorLogLevel?: LogLevel;
  unsupportedConfigOverrides?: JsonObject | null;
  observedConfig?: { servingInfo?: { minTLSVersion?: string; cipherSuites?: string[] } } | null;
  httpSecret?: string;
  proxy?: { http?: string; https?: string; noProxy?: string };
  storage?: Storage;
  readOnly?: boolean;
  disableRedirect?: boolean;
  requests?: { read?: RequestLimits; write?: RequestLimits };
  defaultRoute?: boolean;
  routes?: RouteRequest[];
  replicas: number;
  logging?: number;
  rolloutStrategy?: Strategy;
  topologySpreadConstraints?: JsonObject[];
}

export interface Generation {
  group: string;
  resource: string;
  namespace: string;
  name: string;
  lastGeneration?: number;
}

export interface ConfigStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  readyReplicas?: number;
  storage: Storage;
  storageManaged: boolean;
  generations?: Generation[];
  nextSteps?: string[];
  warnings?: string[];
  plan?: object[];
}

/** `configs.imageregistry.operator.openshift.io` (operator.md 1). */
export interface Config extends KubeObject {
  spec: ConfigSpec;
  status?: ConfigStatus;
}

export interface PrunerSpec extends Placement {
  schedule?: string;
  suspend?: boolean;
  keepTagRevisions?: number;
  keepYoungerThan?: number;
  keepYoungerThanDuration?: string;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
  ignoreInvalidImageReferences?: boolean;
  logLevel?: LogLevel;
}

/** `imagepruners.imageregistry.operator.openshift.io` (operator.md 2). */
export interface ImagePruner extends KubeObject {
  spec: PrunerSpec;
  status?: { conditions?: Condition[]; observedGeneration?: number };
}
