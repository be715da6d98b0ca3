import { IMAGE_QUOTAS, Quantity, type KubeObject } from '@longshore/kube';
import type { Excess } from './excess.js';

/** As far as counts of images are concerned. */
export interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, string>; scopes?: string[]; scopeSelector?: { matchExpressions?: unknown[] } };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

/** What all streams of a namespace use together. */
export interface NamespaceUsage {
  streams: number;
  /**
   * Of layers and configurations, each counted once however many images have it. Manifests are not counted: images do not
   * tell their size, and they are small.
   */
  bytes: number;
}

const KEYS = [IMAGE_QUOTAS.streams, IMAGE_QUOTAS.streamCount, IMAGE_QUOTAS.storage] as const;

type Key = (typeof KEYS)[number];

/** Whether a quota counts the bytes of images. */
export function limitsStorage(quota: ResourceQuota): boolean {
  return keysOf(quota).includes(IMAGE_QUOTAS.storage);
}

/** Whether a quota counts anything about images. */
export function concernsImages(quota: ResourceQuota): boolean {
  return keysOf(quota).length > 0 || KEYS.some((key) => key in { ...quota.status?.hard, ...quota.status?.used });
}

/** Scopes choose among pods, so a quota that has them counts nothing else. */
function keysOf({ spec = {} }: ResourceQuota): Key[] {
  const { hard = {}, scopes = [], scopeSelector } = spec;
  if (scopes.length > 0 || (scopeSelector?.matchExpressions ?? []).length > 0) return [];
  return KEYS.filter((key) => hard[key] !== undefined);
}

/** Problems of a change of what a namespace uses, as Kubernetes words them: what does not grow is not refused. */
export function quotaExcess(usage: NamespaceUsage, old: NamespaceUsage, quotas: readonly ResourceQuota[]): Excess[] {
  return quotas.flatMap((quota) =>
    keysOf(quota).flatMap((resource) => {
      const [after, before] = [amount(usage, resource), amount(old, resource)];
      const limit = Quantity.parse(quota.spec?.hard?.[resource] ?? '0');
      if (after.compare(before) <= 0 || after.compare(limit) <= 0) return [];
      const { name = '' } = quota.metadata;
      const requested = after.subtract(before).toString();
      const message =
        `exceeded quota: ${name}, requested: ${resource}=${requested}, ` +
        `used: ${resource}=${before.toString()}, limited: ${resource}=${limit.toString()}`;
      return [{ reason: 'QuotaExceeded' as const, resource, message }];
    }),
  );
}

function amount({ streams, bytes }: NamespaceUsage, key: Key): Quantity {
  return Quantity.fromInteger(key === IMAGE_QUOTAS.storage ? bytes : streams);
}

/** The status that a quota should have; what is about other things stays as it is. */
export function quotaStatus(quota: ResourceQuota, usage: NamespaceUsage): ResourceQuota['status'] {
  const keys = keysOf(quota);
  const limits = keys.map((key) => [key, quota.spec?.hard?.[key] ?? '0']);
  const used = keys.map((key) => [key, amount(usage, key).toString()]);
  const others = (amounts: Record<string, string> = {}) =>
    Object.entries(amounts).filter(([key]) => !(KEYS as readonly string[]).includes(key));
  return {
    hard: Object.fromEntries([...others(quota.status?.hard), ...limits]) as Record<string, string>,
    used: Object.fromEntries([...others(quota.status?.used), ...used]) as Record<string, string>,
  };
}
