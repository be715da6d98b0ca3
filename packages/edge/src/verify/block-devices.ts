import { isRecord } from './kube-object.js';

/** A disk or partition as `lsblk -J` tells of it, with or without `-b`. */
export interface BlockDevice {
  name: string;
  type: string;
  /** As printed: `202.5G`, or bytes made so. */
  size: string;
  /** Gibibytes, and how far they may be from what is printed; undefined for text that is no size. */
  measured: { gib: number; within: number } | undefined;
  partLabel: string | undefined;
  mountPoints: string[];
  children: BlockDevice[];
}

/** Machines have dozens of devices; more nesting than disk, partition, RAID, LUKS, LVM does not occur. */
const MAX_DEPTH = 16;

/** Reads the output of `lsblk -J`; undefined for JSON that is something else. */
export function readBlockDevices(json: unknown): BlockDevice[] | undefined {
  if (!isRecord(json) || !Array.isArray(json['blockdevices'])) return undefined;
  return json['blockdevices'].flatMap((device) => readDevice(device, 0));
}

function readDevice(value: unknown, depth: number): BlockDevice[] {
  if (!isRecord(value) || typeof value['name'] !== 'string' || depth > MAX_DEPTH) return [];
  const { name, type, size, partlabel, mountpoint, mountpoints, children } = value;
  // util-linux before 2.37 has one `mountpoint`, later versions a list that may hold null.
  const points = Array.isArray(mountpoints) ? mountpoints : [mountpoint];
  return [
    {
      name,
      type: typeof type === 'string' ? type : '',
      size: sizeText(size),
      measured: measured(size),
      partLabel: typeof partlabel === 'string' ? partlabel : undefined,
      mountPoints: points.filter((point): point is string => typeof point === 'string'),
      children: Array.isArray(children) ? children.flatMap((child) => readDevice(child, depth + 1)) : [],
    },
  ];
}

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

function bytesOf(size: unknown): number | undefined {
  return typeof size === 'number' ? size : /^\d+$/.test(String(size)) ? Number(size) : undefined;
}

/** `lsblk` rounds to a tenth of the unit that it prints, which is 51 GiB to each side of a size in TiB. */
function measured(size: unknown): BlockDevice['measured'] {
  const bytes = bytesOf(size);
  if (bytes !== undefined) return { gib: bytes / 1024 ** 3, within: 0 };
  const text = String(size);
  const [gib, unit] = [gibibytesOf(text), gibibytesOf(text.replace(/^[\d.]+/, '1'))];
  return gib === undefined || unit === undefined ? undefined : { gib, within: unit / 20 };
}

function sizeText(size: unknown): string {
  const bytes = bytesOf(size);
  if (bytes === undefined) return typeof size === 'string' ? size : '';
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  const rounded = Math.round(amount * 10) / 10;
  return `${Number.isInteger(rounded) ? rounded : rounded.toFixed(1)}${UNITS[unit] ?? ''}`;
}

/** Gibibytes of a size as lsblk and df print it: `202.5G`, `1.8T`, `127M`; undefined for other text. */
export function gibibytesOf(text: string): number | undefined {
  const [, digits, unit = 'B'] = /^(\d+(?:\.\d+)?)([BKMGTP])?i?B?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * 1024 ** (UNITS.indexOf(unit) - 3);
}
