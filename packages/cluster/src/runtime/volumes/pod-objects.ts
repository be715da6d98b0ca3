import type { ObjectAccess } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';

interface Keyed extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

/** The content of a config map or secret by key; undefined when there is no such object. */
export async function readKeyed(
  objects: Pick<ObjectAccess, 'get'>,
  kind: 'configMap' | 'secret',
  namespace: string,
  name: string,
): Promise<Map<string, Buffer> | undefined> {
  const object = await objects.get<Keyed>(kind === 'secret' ? 'secrets' : 'configmaps', namespace, name);
  if (object === undefined) return undefined;
  const encoding = kind === 'secret' ? 'base64' : 'utf8';
  const entries = Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)] as const);
  const binary = Object.entries(object.binaryData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
  );
  return new Map([...entries, ...binary]);
}
