import { IMAGE_LIMITS, Quantity, type KubeObject } from '@longshore/kube';
import type { Excess } from './excess.js';
import type { StreamUsage } from './stream-usage.js';

/** As far as it is about images (registry.md 5). */
export interface LimitRange extends KubeObject {
  spec?: { limits?: { type: string; max?: Record<string, string> }[] };
}

/** Problems of an image of this size. */
export function imageExcess(bytes: number, ranges: readonly LimitRange[]): Excess[] {
  return over(ranges, IMAGE_LIMITS.image, IMAGE_LIMITS.storage, bytes);
}

/** Problems of a stream that uses so much, and used so much before: what does not grow is not refused. */
export function streamExcess(usage: StreamUsage, old: StreamUsage, ranges: readonly LimitRange[]): Excess[] {
  return [
    ...(usage.images > old.images ? over(ranges, IMAGE_LIMITS.imageStream, IMAGE_LIMITS.images, usage.images) : []),
    ...(usage.tags > old.tags ? over(ranges, IMAGE_LIMITS.imageStream, IMAGE_LIMITS.imageTags, usage.tags) : []),
  ];
}

/** The smallest of several limits counts. */
function over(ranges: readonly LimitRange[], type: string, resource: string, amount: number): Excess[] {
  const limits = ranges
    .flatMap(({ spec }) => spec?.limits ?? [])
    .filter((limit) => limit.type === type)
    .flatMap(({ max }) => max?.[resource] ?? [])
    .map((text) => Quantity.parse(text))
    .sort((a, b) => a.compare(b));
  const [limit] = limits;
  const used = Quantity.fromInteger(amount);
  if (limit === undefined || used.compare(limit) <= 0) return [];
  const how = `(${used.toString()} > ${limit.toString()})`;
  const message = `requested usage of ${resource} exceeds the maximum limit per ${type} ${how}`;
  return [{ reason: 'LimitExceeded', resource, message }];
}
