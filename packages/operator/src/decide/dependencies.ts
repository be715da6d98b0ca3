import { isJsonObject } from '@longshore/kube';
import { checksum } from '../checksum.js';
import { CERTIFICATES, HTTP_SECRET, NAMESPACE, PULL_SECRETS, RESOURCES, TLS_SECRET, TRUSTED_CA } from '../names.js';
import { addressOf, addressOfObject, type Snapshot, type Wanted } from '../snapshot.js';
import type { PodStorage } from '../storage/pod-storage.js';

/** One sum over all that the pods read only when they start: when it changes, they are rolled (operator.md 4.1). */
export function dependenciesChecksum(storage: PodStorage, wanted: readonly Wanted[], snapshot: Snapshot): string {
  const objects = (made: boolean) =>
    new Map(
      wanted
        .filter(({ createOnly = false }) => createOnly === made)
        .map(({ type, object }) => [addressOfObject(type, object), object]),
    );
  const [planned, first] = [objects(false), objects(true)];
  const line = (kind: 'configmap' | 'secret', name: string): string[] => {
    const type = kind === 'secret' ? RESOURCES.secrets : RESOURCES.configMaps;
    const address = addressOf(type, name, NAMESPACE);
    const object = planned.get(address) ?? snapshot.find(type, name, NAMESPACE) ?? first.get(address);
    if (object === undefined) return [];
    const content = ['data', 'binaryData']
      .map((field) => object[field])
      .map((data) => (isJsonObject(data) ? data : {}));
    return [`${kind}:${name}:${checksum(content)}`];
  };
  const configMaps = [CERTIFICATES, TRUSTED_CA];
  const secrets = [...new Set([TLS_SECRET, PULL_SECRETS, HTTP_SECRET, ...secretsOf(storage)])].sort();
  return checksum([
    ...configMaps.flatMap((name) => line('configmap', name)),
    ...secrets.flatMap((name) => line('secret', name)),
  ]);
}

function secretsOf({ env, volumes }: PodStorage): string[] {
  const ofEnv = env.flatMap((one) => ('valueFrom' in one ? [one.valueFrom.secretKeyRef.name] : []));
  const ofVolumes = volumes.flatMap((volume) => {
    const secret = volume['secret'] as { secretName?: string } | undefined;
    return secret?.secretName === undefined ? [] : [secret.secretName];
  });
  return [...ofEnv, ...ofVolumes];
}
