import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import type { Clevis, Luks, Tang } from './ignition-config.js';
import { checkPath } from './path-checks.js';
import { checkUrl, parseUrl } from './url.js';

/** LUKS2 keeps 48 bytes with the terminating zero. */
const MAX_LABEL_BYTES = 47;
const PINS = ['tpm2', 'tang', 'sss'];

/** Checks an encrypted volume (edge.md 1.7). */
export function checkLuks(luks: Luks, place: Path, report: Report, level: Level): void {
  if (luks.name?.includes('/')) report.error([...place, 'name'], 'luks-name-slash');
  if (Buffer.byteLength(luks.label ?? '') > MAX_LABEL_BYTES) report.error([...place, 'label'], 'luks-label-length');
  if (luks.device) checkPath(luks.device, [...place, 'device'], report);
  else report.error([...place, 'device'], 'device-missing');
  // 3.2 holds the pin by reference: an empty one is one, too.
  const custom = luks.clevis?.custom && (level < 3 || luks.clevis.custom.pin);
  if (luks.clevis && custom && usesClevis(luks.clevis)) {
    report.error([...place, 'clevis'], 'clevis-custom-exclusive');
  }
  const keyFile = luks.keyFile?.source;
  if (keyFile && checkUrl(keyFile, level)) report.error([...place, 'keys'], 'luks-key-file');
  if (luks.cex?.enabled === true) {
    if (luks.clevis && (luks.clevis.custom?.pin || usesClevis(luks.clevis))) {
      report.error([...place, 'cex'], 'cex-with-clevis');
    }
    if (keyFile) report.error([...place, 'cex'], 'cex-with-key-file');
  }
}

/** Checks a clevis pin of the user's own. */
export function checkCustom(custom: NonNullable<Clevis['custom']>, place: Path, report: Report, level: Level): void {
  const { pin = '', config = '', needsNetwork } = custom;
  if (pin === '' && config === '' && (level < 3 || needsNetwork !== true)) return;
  if (pin === '' && level >= 3) report.error([...place, 'pin'], 'clevis-no-pin');
  else if (level < 6 && !PINS.includes(pin)) report.error([...place, 'pin'], 'clevis-pin');
  if (config === '') report.error([...place, 'config'], 'clevis-no-config');
}

/** Checks a Tang server. */
export function checkTang({ url = '', thumbprint, advertisement }: Tang, place: Path, report: Report): void {
  checkTangUrl(url, [...place, 'url'], report);
  if (!thumbprint) report.error([...place, 'thumbprint'], 'tang-no-thumbprint');
  if (advertisement && !isJson(advertisement)) report.error([...place, 'advertisement'], 'tang-advertisement');
}

function checkTangUrl(url: string, place: Path, report: Report): void {
  const parsed = parseUrl(url);
  if (!parsed) report.error(place, 'url-unparsable');
  else if (parsed.scheme !== 'http' && parsed.scheme !== 'https') report.error(place, 'url-scheme');
}

function usesClevis({ tang = [], tpm2, threshold }: Clevis): boolean {
  return tang.length > 0 || tpm2 === true || (threshold !== undefined && threshold !== 0);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
