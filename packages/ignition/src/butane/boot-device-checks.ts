import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Dialect } from '../schema/variants.js';
import { isTrue, objectIn, objectsIn, stringIn, stringsIn, type Values } from './values.js';

/** Where CEX volumes find their key; OpenShift wants it told to the kernel. */
export const CEX_KERNEL_ARGUMENT = 'rd.luks.key=/etc/luks/cex.key';

const LAYOUTS = ['aarch64', 'ppc64le', 'x86_64'];
const ALL_LAYOUTS = ['aarch64', 'ppc64le', 's390x-eckd', 's390x-virt', 's390x-zfcp', 'x86_64'];

/** Checks `boot_device`: its layout, and what goes with it (edge.md 1.7). */
export function checkBootDevice(device: Values, path: Path, report: Report, dialect: Dialect): void {
  const layout = stringIn(device, 'layout');
  const mirrored = stringsIn(objectIn(device, 'mirror'), 'devices').length > 0;
  if (layout !== undefined) checkLayout(layout, device, [...path, 'layout'], mirrored, report, dialect);
  else if (mirrored) reportMissingLayout([...path, 'mirror'], report, dialect);
  checkEncryption(objectIn(device, 'luks'), layout, path, report, dialect);
  checkMirror(objectIn(device, 'mirror'), [...path, 'mirror'], report);
}

/** Checks `boot_device.mirror`. The reference does so twice, and tells it twice. */
export function checkMirror(mirror: Values, path: Path, report: Report): void {
  if (stringsIn(mirror, 'devices').length === 1) report.error([...path, 'devices'], 'mirror-too-few');
}

function reportMissingLayout(path: Path, report: Report, { level }: Dialect): void {
  if (level >= 6) report.error(path, 'layout-missing');
  else report.warning(path, 'layout-missing');
}

function checkLayout(
  layout: string,
  device: Values,
  path: Path,
  mirrored: boolean,
  report: Report,
  { level }: Dialect,
): void {
  const layouts = level >= 5 ? ALL_LAYOUTS : LAYOUTS;
  if (!layouts.includes(layout)) {
    report.error(path, 'layout-unknown', `layout must be one of: ${layouts.join(', ')}`);
  }
  if (level < 5) return;
  const needed = { 's390x-eckd': /\/dev\/dasd[a-z]$/, 's390x-zfcp': /\/dev\/sd[a-z]$/ }[layout];
  const disk = stringIn(objectIn(device, 'luks'), 'device');
  if (needed && !disk) report.error(path, 'boot-luks-no-device');
  else if (needed && disk && !needed.test(disk)) report.error(path, 'boot-luks-bad-device');
  if (layout.startsWith('s390x') && mirrored) report.error(path, 'mirror-s390x');
}

function checkEncryption(
  luks: Values,
  layout: string | undefined,
  path: Path,
  report: Report,
  { level }: Dialect,
): void {
  const clevis = objectsIn(luks, 'tang').length > 0 || isTrue(luks, 'tpm2');
  const cex = isTrue(objectIn(luks, 'cex'), 'enabled');
  if (cex) {
    if (layout === undefined) report.error([...path, 'luks', 'cex'], 'cex-architecture');
    else if (!layout.startsWith('s390x')) report.error([...path, 'layout'], 'cex-architecture');
    if (clevis) report.error([...path, 'luks'], 'cex-with-clevis');
  }
  if (level >= 6 && stringIn(luks, 'device') && !cex && !clevis) {
    report.error([...path, 'luks', 'luks'], 'boot-luks-no-method');
  }
}
