import type { ImageConfig, KubeObject } from '@longshore/kube';
import {
  CERTIFICATES,
  CLUSTER,
  CONFIG_NAMESPACE,
  MANAGED_CA,
  MANAGED_NAMESPACE,
  NAMESPACE,
  PORT,
  RESOURCES,
  SERVICE_CA,
  SERVICE_CA_KEY,
  SERVICE_HOST,
  TLS_SECRET,
  TRUSTED_CA,
} from '../names.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import type { Secret } from './secrets.js';

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

export interface CertificateDecision {
  wanted: Wanted[];
  /** For the condition `ImageRegistryCertificatesControllerDegraded`. */
  problem?: string;
}

export interface CertificateParts {
  snapshot: Snapshot;
  /** Whether the Service is there, or is about to be. */
  hasService: boolean;
  /** PEM of what vouches for the storage, while the registry is not removed. */
  storageBundle?: string | undefined;
  disableRedirect: boolean;
}

/** Certificates that registry, nodes and builds trust (operator.md 4.3). */
export function certificateMaps(parts: CertificateParts): CertificateDecision {
  const { snapshot, storageBundle } = parts;
  const own = ownHosts(parts);
  const managed = configMap(MANAGED_NAMESPACE, MANAGED_CA, { data: own });
  const bases = [...baseMaps(snapshot), ...(hasNamespace(snapshot, MANAGED_NAMESPACE) ? [managed] : [])];
  const name = snapshot.find<ImageConfig>(RESOURCES.imageConfigs, CLUSTER)?.spec?.additionalTrustedCA?.name ?? '';
  const additional = name === '' ? NO_DATA : snapshot.find(RESOURCES.configMaps, name, CONFIG_NAMESPACE);
  if (additional === undefined) {
    const start = `failed to update object *v1.ConfigMap, Namespace=${NAMESPACE}, Name=${CERTIFICATES}`;
    // What is there stays; without the map, no pod could start.
    const first = { ...configMap(NAMESPACE, CERTIFICATES, { data: own }), createOnly: true as const };
    return { wanted: [...bases, first], problem: `${start}: ${CERTIFICATES}: configmap "${name}" not found` };
  }
  const { data: texts = {}, binaryData = {} } = additional as ConfigMap;
  const data: Record<string, string> = {
    ...own,
    ...texts,
    ...(storageBundle !== undefined && { 'storage-ca-bundle.pem': storageBundle }),
  };
  // A key is in one of both.
  for (const key of Object.keys(binaryData)) delete data[key];
  const content = { data, binaryData };
  return { wanted: [...bases, configMap(NAMESPACE, CERTIFICATES, content)] };
}

const NO_DATA = { data: {} };

const hasNamespace = (snapshot: Snapshot, name: string) => snapshot.find(RESOURCES.namespaces, name) !== undefined;

function configMap(
  namespace: string,
  name: string,
  content: { data: Record<string, string>; binaryData?: Record<string, string> },
): Wanted {
  const metadata = { name, namespace, annotations: { 'openshift.io/owning-component': 'Image Registry' } };
  return { type: RESOURCES.configMaps, object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...content } };
}

/** The registry's own hosts: as `host..port`, since keys have no colons. Empty until their authority is known. */
function ownHosts({ snapshot, hasService, storageBundle, disableRedirect }: CertificateParts): Record<string, string> {
  const ca = hasService ? serviceCa(snapshot) : undefined;
  if (ca === undefined) return {};
  // Hosts follow redirects to the storage, too.
  const bundle = storageBundle !== undefined && !disableRedirect ? `${ca}\n${storageBundle}` : ca;
  return { [`${SERVICE_HOST}..${PORT}`]: bundle, [`${SERVICE_HOST}.cluster.local..${PORT}`]: bundle };
}

function serviceCa(snapshot: Snapshot): string | undefined {
  const { data } = snapshot.find<ConfigMap>(RESOURCES.configMaps, SERVICE_CA, NAMESPACE) ?? {};
  return data?.[SERVICE_CA_KEY] || ownCa(snapshot);
}

/** Of a serving certificate that was issued for this cluster without the help of others. */
function ownCa(snapshot: Snapshot): string | undefined {
  if (snapshot.serves(RESOURCES.serviceCas)) return undefined;
  const { data } = snapshot.find<Secret>(RESOURCES.secrets, TLS_SECRET, NAMESPACE) ?? {};
  const ca = data?.['ca.crt'];
  return ca === undefined || ca === '' ? undefined : Buffer.from(ca, 'base64').toString();
}

/** Maps that others fill; without the service CA of OpenShift, the operator does. */
function baseMaps(snapshot: Snapshot): Wanted[] {
  const ca = ownCa(snapshot);
  const base = { apiVersion: 'v1', kind: 'ConfigMap' };
  return [
    {
      type: RESOURCES.configMaps,
      object: {
        ...base,
        metadata: {
          name: SERVICE_CA,
          namespace: NAMESPACE,
          annotations: { 'service.beta.openshift.io/inject-cabundle': 'true' },
        },
        // Gateways look for the second name (Gateway API, BackendTLSPolicy).
        ...(ca !== undefined && { data: { [SERVICE_CA_KEY]: ca, 'ca.crt': ca } }),
      },
    },
    {
      type: RESOURCES.configMaps,
      createOnly: true,
      object: {
        ...base,
        metadata: {
          name: TRUSTED_CA,
          namespace: NAMESPACE,
          labels: { 'config.openshift.io/inject-trusted-cabundle': 'true' },
        },
      },
    },
  ];
}
