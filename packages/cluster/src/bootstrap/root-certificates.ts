import type { ObjectAccess } from '@longshore/apiserver';
import { jsonEqual, type KubeObject } from '@longshore/kube';
import { ensure } from './ensure.js';

/** The ConfigMap of each namespace by which its pods know the API server. */
export const ROOT_CERTIFICATES = 'kube-root-ca.crt';

/**
 * Makes it, or makes it anew what it must be: an authority may be another one after a start, and users may have changed it
 * (Kubernetes' `rootcacertpublisher`). `caBundle`: PEM.
 */
export async function keepRootCertificates(objects: ObjectAccess, namespace: string, caBundle: string): Promise<void> {
  const data = { 'ca.crt': caBundle };
  const annotations = { 'kubernetes.io/description': 'The authority that vouches for the API server.' };
  const metadata = { name: ROOT_CERTIFICATES, namespace, annotations };
  const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  const known: KubeObject & { data?: unknown } = await ensure(objects, { resource: 'configmaps', object: wanted });
  if (jsonEqual(known.data ?? {}, data)) return;
  await objects.change('configmaps', namespace, ROOT_CERTIFICATES, '', (current) => ({ ...current, data }));
}
