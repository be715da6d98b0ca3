import type { Path } from '../source/diagnostic.js';
import type { Level } from '../schema/field.js';
import type { JsonObject } from '../spec/decode.js';
import { mergeTraced } from '../spec/merge.js';
import { traced, tracedList, tracedObject, type Traced, type TracedObject } from '../spec/traced.js';
import type { Translator } from './translator.js';
import { isTrue, objectIn, objectsIn, stringIn, stringsIn, type Values } from './values.js';

const RESERVED_TYPE = '8DA63339-0007-60C0-C436-083AC8230908';
const BIOS_TYPE = '21686148-6449-6E6F-744E-656564454649';
const PREP_TYPE = '9E1A2D38-C612-4316-AA26-8B49521E5A8B';
const ESP_TYPE = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';

const SOURCE: Path = ['boot_device'];
const MIRROR: Path = ['boot_device', 'mirror'];
const LUKS: Path = ['boot_device', 'luks'];

/** The partitions before boot and root, as the images of each architecture have them (edge.md 1.5). */
const FIRST: Record<string, [label: string, sizeMiB: number, type: string]> = {
  x86_64: ['bios', 1, BIOS_TYPE],
  ppc64le: ['prep', 4, PREP_TYPE],
};
const BOOT_SIZE_MIB = 384;

/** Adds the mirrored or encrypted root disk; the user's storage is merged over it. */
export function addBootDevice(config: TracedObject, values: Values, translator: Translator): TracedObject {
  const device = objectIn(values, 'boot_device');
  const layout = stringIn(device, 'layout') ?? 'x86_64';
  const luks = objectIn(device, 'luks');
  const disks = stringsIn(objectIn(device, 'mirror'), 'devices');
  const encrypted =
    isTrue(luks, 'tpm2') || objectsIn(luks, 'tang').length > 0 || isTrue(objectIn(luks, 'cex'), 'enabled');
  if (!encrypted && disks.length === 0) return config;
  const storage = tracedObject(SOURCE);
  const filesystems: Traced[] = [];
  if (disks.length > 0) addMirror(storage, filesystems, disks, layout);
  if (encrypted) storage.fields.set('luks', rootVolume(luks, layout, disks.length > 0, translator));
  const root = encrypted ? '/dev/mapper/root' : '/dev/md/md-root';
  filesystems.push(traced(filesystem(root, 'xfs', 'root'), SOURCE));
  storage.fields.set('filesystems', tracedList(SOURCE, filesystems));
  return mergeStorage(storage, config, translator.dialect.level);
}

/** Merges a config over generated storage. */
export function mergeStorage(storage: TracedObject, config: TracedObject, level: Level): TracedObject {
  return mergeTraced(tracedObject([], [['storage', storage]]), config, level);
}

function addMirror(storage: TracedObject, filesystems: Traced[], disks: readonly string[], layout: string): void {
  const hasEsp = layout === 'x86_64' || layout === 'aarch64';
  const traces = disks.map((device, index) => {
    const from = [...MIRROR, 'devices', index];
    if (hasEsp) filesystems.push(traced(filesystem(partlabel('esp', index), 'vfat', `esp-${index + 1}`), from));
    return traced({ device, wipeTable: true, partitions: partitions(index + 1, layout, hasEsp) }, from);
  });
  storage.fields.set('disks', tracedList([...MIRROR, 'devices'], traces));
  const arrays = [
    {
      name: 'md-boot',
      level: 'raid1',
      devices: disks.map((_, index) => partlabel('boot', index)),
      options: ['--metadata=1.0'],
    },
    { name: 'md-root', level: 'raid1', devices: disks.map((_, index) => partlabel('root', index)) },
  ];
  storage.fields.set('raid', traced(arrays, MIRROR));
  filesystems.push(traced(filesystem('/dev/md/md-boot', 'ext4', 'boot'), MIRROR));
}

function partitions(number: number, layout: string, hasEsp: boolean): JsonObject[] {
  const [label, sizeMiB, typeGuid] = FIRST[layout] ?? ['reserved', 1, RESERVED_TYPE];
  return [
    { label: `${label}-${number}`, sizeMiB, typeGuid },
    hasEsp
      ? { label: `esp-${number}`, sizeMiB: 127, typeGuid: ESP_TYPE }
      : { label: `reserved-${number}`, sizeMiB: 1, typeGuid: RESERVED_TYPE },
    { label: `boot-${number}`, sizeMiB: BOOT_SIZE_MIB },
    { label: `root-${number}` },
  ];
}

function partlabel(name: string, index: number): string {
  return `/dev/disk/by-partlabel/${name}-${index + 1}`;
}

function filesystem(device: string, format: string, label: string): JsonObject {
  return { device, format, label, wipeFilesystem: true };
}

function rootVolume(luks: Values, layout: string, mirrored: boolean, translator: Translator): Traced {
  const device = rootDevice(stringIn(luks, 'device') ?? '', layout, mirrored);
  const volume = traced({ device, label: 'luks-root', name: 'root', wipeVolume: true }, LUKS) as TracedObject;
  if (luks.discard !== undefined) volume.fields.set('discard', traced(isTrue(luks, 'discard'), [...LUKS, 'discard']));
  if (isTrue(objectIn(luks, 'cex'), 'enabled')) {
    volume.fields.set('cex', translator.object('Cex', objectIn(luks, 'cex'), [...LUKS, 'cex']));
  } else volume.fields.set('clevis', translator.object('Clevis', clevisPart(luks), LUKS));
  return tracedList(LUKS, [volume]);
}

function clevisPart({ tang, threshold, tpm2 }: Values): Values {
  return { tang, threshold, tpm2 };
}

function rootDevice(disk: string, layout: string, mirrored: boolean): string {
  if (layout === 's390x-eckd') return `${disk}2`;
  if (layout === 's390x-zfcp') return `${disk}4`;
  return mirrored ? '/dev/md/md-root' : '/dev/disk/by-partlabel/root';
}
