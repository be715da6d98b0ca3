import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import type { Filesystem } from './ignition-config.js';
import { checkPath } from './path-checks.js';

/** Bytes of a label that each format keeps (its mkfs manual; mkswap by experiment). */
const LABEL_BYTES: Record<string, number | undefined> = { ext4: 16, btrfs: 256, xfs: 12, swap: 15, vfat: 11 };

/** Checks a file system (edge.md 1.7). */
export function checkFilesystem(filesystem: Filesystem, place: Path, report: Report, level: Level): void {
  if (filesystem.path) checkPath(filesystem.path, [...place, 'path'], report);
  checkPath(filesystem.device ?? '', [...place, 'device'], report);
  checkFormat(filesystem, [...place, 'format'], report, level);
  checkLabel(filesystem, [...place, 'label'], report);
}

function checkFormat(filesystem: Filesystem, place: Path, report: Report, level: Level): void {
  const { format, path, label, uuid, wipeFilesystem, mountOptions = [], options = [] } = filesystem;
  if (!format) {
    const needed = path || label || uuid || wipeFilesystem === true || mountOptions.length > 0 || options.length > 0;
    if (needed) report.error(place, 'format-missing');
  } else if (!(format in LABEL_BYTES) && !(format === 'none' && level >= 3)) report.error(place, 'format-unknown');
}

function checkLabel({ format, label }: Filesystem, place: Path, report: Report): void {
  if (!label) return;
  if (!format) {
    report.error(place, 'label-no-format');
    return;
  }
  const bytes = LABEL_BYTES[format];
  if (bytes !== undefined && Buffer.byteLength(label) > bytes) {
    const message = `filesystem labels cannot be longer than ${bytes} characters when using ${format}`;
    report.error(place, 'filesystem-label-length', message);
  }
}
