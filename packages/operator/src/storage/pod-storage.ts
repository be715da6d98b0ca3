import { PRIVATE_CONFIGURATION } from '../names.js';
import { scalar } from './scalar.js';

export type EnvVar =
  { name: string; value: string } | { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } };

export interface Volume {
  name: string;
  [source: string]: unknown;
}

export interface Mount {
  name: string;
  mountPath: string;
  readOnly?: true;
}

/** What a backend adds to the pod of the registry, and to the Secret beside it (operator.md 5 and 9.3). */
export interface PodStorage {
  env: EnvVar[];
  volumes: Volume[];
  mounts: Mount[];
  /** Keys of the Secret `image-registry-private-configuration`. */
  secret: Record<string, string>;
  /** PEM of what vouches for the backend. */
  caBundle?: string;
}

const PREFIX = 'REGISTRY_STORAGE';

/** `REGISTRY_STORAGE_S3_BUCKET` and the like; those without a value are left out. */
export function driverEnv(
  driver: string,
  values: readonly [string, string | number | boolean | undefined][],
): EnvVar[] {
  return values.flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: `${PREFIX}_${driver}_${name}`, value: scalar(value) }],
  );
}

export const driverName = (name: string): EnvVar => ({ name: PREFIX, value: name });

/** A variable that is kept in the Secret under its own name. */
export function secretEnv(name: string): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: PRIVATE_CONFIGURATION, key: name } } };
}
