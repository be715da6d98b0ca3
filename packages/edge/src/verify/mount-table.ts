import { gibibytesOf } from './block-devices.js';

/** One line of `df`. */
export interface DiskUsage {
  device: string;
  /** Gibibytes; df rounds up when it prints for people, by less than `stepGiB`. */
  sizeGiB: number;
  stepGiB: number;
  usedGiB: number;
  mountPoint: string;
}

const MAX_LINES = 10_000;

/** Reads the output of `df`, `df -P`, `df -h` or `df -B1`; undefined for text that is something else. */
export function readDiskUsage(text: string): DiskUsage[] | undefined {
  const [head = '', ...lines] = text.split('\n', MAX_LINES);
  if (!/^Filesystem\s/.test(head)) return undefined;
  // Without -h the header says the unit: 1K-blocks, 1B-blocks, 1M-blocks.
  const unit = /\s1024-blocks\s/.test(head) ? 'K' : (/\s1([KMGB])-blocks\s/.exec(head)?.[1] ?? '');
  return lines.flatMap((line) => {
    const [device, size, used, , , ...mountPoint] = line.trim().split(/\s+/);
    const sizeGiB = gibibytesOf(`${size}${unit}`);
    const usedGiB = gibibytesOf(`${used}${unit}`);
    if (device === undefined || sizeGiB === undefined || usedGiB === undefined) return [];
    return [{ device, sizeGiB, stepGiB: stepOf(`${size}${unit}`), usedGiB, mountPoint: mountPoint.join(' ') }];
  });
}

/** What the last digit counts: `1.7T` tenths of a TiB, `101G` whole GiB. */
function stepOf(size: string): number {
  const one = gibibytesOf(size.replace(/^[\d.]+/, '1')) ?? 0;
  return size.includes('.') ? one / 10 : one;
}

/** Mount options by path. */
export type MountOptions = Map<string, string[]>;

/** Reads `/proc/mounts`; undefined for text that is something else. */
export function readMounts(text: string): MountOptions | undefined {
  const lines = text.split('\n', MAX_LINES).filter((line) => line !== '');
  const fields = lines.map((line) => line.split(' '));
  if (fields.length === 0 || !fields.every((field) => field.length === 6 && /^\d$/.test(field[5] ?? '')))
    return undefined;
  return new Map(fields.map(([, path = '', , options = '']) => [path, options.split(',')]));
}
