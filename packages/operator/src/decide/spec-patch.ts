import { jsonEqual } from '@longshore/kube';
import type { Change } from '../changes/change.js';
import type { Config, Storage } from '../config/config.js';
import { CLUSTER, FINALIZER, RESOURCES } from '../names.js';
import type { TlsProfile } from '../operands/tls-profile.js';

/** What the operator writes into the Config itself: fields of its own only, so that edits of users are never lost. */
export function specPatch(config: Config, storage: Storage | undefined, servingInfo: TlsProfile): Change | undefined {
  const { spec, metadata } = config;
  const storagePatch = Object.entries(storage ?? {}).filter(
    ([key, value]) => !jsonEqual(value, (spec.storage as Record<string, unknown> | undefined)?.[key]),
  );
  const observes = jsonEqual(spec.observedConfig?.servingInfo, servingInfo);
  const fields = {
    ...(storagePatch.length > 0 && { storage: Object.fromEntries(storagePatch) }),
    ...(!observes && { observedConfig: { servingInfo } }),
  };
  const { finalizers = [], resourceVersion } = metadata;
  const needsFinalizer = !finalizers.includes(FINALIZER);
  if (Object.keys(fields).length === 0 && !needsFinalizer) return undefined;
  const patch = {
    // A list is replaced as a whole: only if nobody changed it in between.
    ...(needsFinalizer && { metadata: { finalizers: [...finalizers, FINALIZER], resourceVersion } }),
    ...(Object.keys(fields).length > 0 && { spec: fields }),
  };
  const detail = [
    ...Object.keys(fields).map((field) => `spec.${field}`),
    ...(needsFinalizer ? ['metadata.finalizers'] : []),
  ];
  return patchOf(patch, detail);
}

/** Lets the Config go, once nothing of the registry is left. */
export function withoutFinalizer({ metadata }: Config): Change {
  const finalizers = (metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  return patchOf({ metadata: { finalizers, resourceVersion: metadata.resourceVersion } }, ['metadata.finalizers']);
}

function patchOf(patch: object, detail: string[]): Change {
  return { part: 'config', type: RESOURCES.configs, name: CLUSTER, action: 'patch', patch, detail };
}
