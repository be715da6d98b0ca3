import { type DiskLayout, ROOT_START_MIB } from './layout.js';
import { formatMiB } from './size.js';

/** A stretch of the disk as both pictures show it. */
export interface DiskStretch {
  label: string;
  startMiB: number | undefined;
  sizeMiB: number | undefined;
  note: string;
  kind: 'system' | 'root' | 'created' | 'kept' | 'free';
}

/** The whole disk from its first MiB on: the OS image's partitions (edge.md 5), ours, and what stays free. */
export function stretchesOf({ diskMiB, rootMiB, partitions }: DiskLayout): DiskStretch[] {
  const stretches: DiskStretch[] = [
    { label: 'BIOS-BOOT', startMiB: 1, sizeMiB: 1, note: '', kind: 'system' },
    { label: 'EFI-SYSTEM', startMiB: 2, sizeMiB: 127, note: '', kind: 'system' },
    { label: 'boot', startMiB: 129, sizeMiB: 384, note: '/boot', kind: 'system' },
    { label: 'root', startMiB: ROOT_START_MIB, sizeMiB: rootMiB, note: '/', kind: 'root' },
  ];
  let at = rootMiB === undefined ? undefined : ROOT_START_MIB + rootMiB;
  for (const { label, startMiB, actualMiB, mountPoint, mountOptions, created } of partitions) {
    const gap = startMiB === undefined || at === undefined ? 0 : startMiB - at;
    if (gap > 1) stretches.push({ label: 'free', startMiB: at, sizeMiB: gap, note: '', kind: 'free' });
    const note = `${mountPoint} (xfs, ${mountOptions.join(',')}), ${created ? 'made at first boot' : 'kept by the installer'}`;
    stretches.push({ label, startMiB, sizeMiB: actualMiB, note, kind: created ? 'created' : 'kept' });
    at = startMiB === undefined || actualMiB === undefined ? undefined : startMiB + actualMiB;
  }
  if (at !== undefined && diskMiB !== undefined && diskMiB - at > 1) {
    stretches.push({ label: 'free', startMiB: at, sizeMiB: diskMiB - at, note: '', kind: 'free' });
  }
  return stretches;
}

const BAR_WIDTH = 72;
const FILL = { system: '.', root: ' ', created: '#', kept: '%', free: '-' } as const;

/** The disk as a bar to scale and a table, for terminals. */
export function diskText(layout: DiskLayout): string {
  const stretches = stretchesOf(layout);
  const size = layout.diskMiB === undefined ? 'size unknown' : `${formatMiB(layout.diskMiB)}, ${layout.diskMiB} MiB`;
  const bar = barOf(stretches, layout.diskMiB);
  const rows = stretches.map(({ label, startMiB, sizeMiB, note, kind }) =>
    [
      FILL[kind],
      label.padEnd(20),
      (startMiB === undefined ? '?' : String(startMiB)).padStart(10),
      (sizeMiB === undefined ? 'the rest' : formatMiB(sizeMiB)).padStart(11),
      note,
    ]
      .join(' ')
      .trimEnd(),
  );
  const head = `  ${'partition'.padEnd(20)} ${'start MiB'.padStart(10)} ${'size'.padStart(11)} mounted at`;
  return [`${layout.disk} (${size})`, ...bar, head, ...rows, ''].join('\n');
}

function barOf(stretches: readonly DiskStretch[], diskMiB: number | undefined): string[] {
  if (diskMiB === undefined) return [];
  const cells = stretches
    .filter(({ kind }) => kind !== 'system')
    .map(({ label, sizeMiB = 0, kind }) => {
      const width = Math.max(1, Math.round((sizeMiB / diskMiB) * BAR_WIDTH));
      const name = label.length + 2 <= width ? ` ${label} ` : '';
      const left = Math.floor((width - name.length) / 2);
      return FILL[kind].repeat(left) + name + FILL[kind].repeat(width - name.length - left);
    });
  const edge = `+${cells.map((cell) => '-'.repeat(cell.length)).join('+')}+`;
  return [edge, `|${cells.join('|')}|`, edge];
}
