import { PlanError } from './plan-error.js';

const UNITS: Record<string, number> = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 };

/**
 * Mebibytes from text such as `102500`, `102500MiB`, `250 GiB` or `1.5TiB`.
 * @throws PlanError
 */
export function parseSize(text: string, path = ''): number {
  const [, digits = '', unit = 'MiB'] = /^(\d{1,9}(?:\.\d{1,3})?) ?(MiB|GiB|TiB)?$/.exec(text.trim()) ?? [];
  const mib = Number(digits) * (UNITS[unit] ?? 1);
  if (digits === '' || !Number.isInteger(mib) || mib <= 0) {
    throw new PlanError(
      `expected a size in whole MiB such as 102500, 102500MiB or 250GiB, found ${JSON.stringify(text)}`,
      path,
    );
  }
  return mib;
}

/** A size for people, as `lsblk` rounds it: `202.5 GiB`, or whole MiB below one GiB. */
export function formatMiB(mib: number): string {
  return mib < 1024 ? `${mib} MiB` : `${roundedGiB(mib)} GiB`;
}

/** Gibibytes with one decimal, as `lsblk` prints them (edge.md 5). */
export function roundedGiB(mib: number): string {
  return (Math.round((mib / 1024) * 10) / 10).toFixed(1);
}
