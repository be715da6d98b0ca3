import { gibibytesOf } from './block-devices.js';

/** One line of `df`. */
export interface DiskUsage {
  device: string;
  /** Gibibytes; df rounds up when it prints for people, by less than `stepGiB`. */
  sizeGiB: number;
  stepGiB: number;
  /** As the size, rounded up by less than `usedStepGiB`; 0 for blocks of 1 KiB or less, which no push fits into. */
  usedGiB: number;
  usedStepGiB: number;
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
    const [stepGiB, usedStep] = [stepOf(`${size}${unit}`), stepOf(`${used}${unit}`)];
    const usedStepGiB = usedStep <= KIB_IN_GIB ? 0 : usedStep;
    return [{ device, sizeGiB, stepGiB, usedGiB, usedStepGiB, mountPoint: mountPoint.join(' ') }];
  });
}

const KIB_IN_GIB = 1 / 1024 ** 2;

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
