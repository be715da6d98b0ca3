/** A number, or a percentage such as `25%` (`intstr.IntOrString`). */
export type IntOrString = number | string;

const PERCENTAGE = /^(\d{1,9})%$/;

/**
 * How many of `total` are meant, rounded as `rounding` says. Undefined for a text that is no percentage, and for a number
 * that is not whole.
 */
export function resolveIntOrPercent(value: IntOrString, total: number, rounding: 'up' | 'down'): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const percent = PERCENTAGE.exec(value)?.[1];
  if (percent === undefined) return undefined;
  const part = (Number(percent) * total) / 100;
  return rounding === 'up' ? Math.ceil(part) : Math.floor(part);
}
