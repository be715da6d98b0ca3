import type { Report } from '../source/report.js';
import { openshiftMinor, type Dialect } from '../schema/variants.js';
import type { IgnitionConfig } from '../spec/ignition-config.js';
import { traced, tracedList, type Traced, type TracedObject } from '../spec/traced.js';
import { parseUrl } from '../spec/url.js';
import { replaceGrubAppend } from './grub.js';
import { isTrue, objectIn, stringIn, stringsIn, type Values } from './values.js';

const FIPS_CIPHER = ['--cipher', 'aes-cbc-essiv:sha256'];

/** What a MachineConfig holds beside the Ignition config, by its key in `spec`. */
export interface MachineConfigFields {
  extensions?: string[];
  fips?: boolean;
  kernelArguments?: string[];
  kernelType?: string;
}

/** Changes a config as the cluster needs it: the cipher that FIPS allows, and the boot loader's file (edge.md 1.8). */
export function adaptToCluster(config: TracedObject, values: Values, dialect: Dialect): void {
  const minor = openshiftMinor(dialect);
  if (minor >= 23) replaceGrubAppend(config);
  if (minor < 20 && isTrue(objectIn(values, 'openshift'), 'fips')) addFipsCipher(config);
}

/** Reports what the cluster refuses; done before the fields that it does not have (edge.md 1.8). */
export function checkClusterSupport(
  { storage = {}, passwd = {} }: IgnitionConfig,
  dialect: Dialect,
  report: Report,
): void {
  const minor = openshiftMinor(dialect);
  storage.filesystems?.forEach(({ format }, index) => {
    if (format === 'btrfs') report.error(['storage', 'filesystems', index, 'format'], 'btrfs-unsupported');
  });
  storage.filesystems?.forEach(({ format }, index) => {
    if (format === 'none' && minor >= 14) {
      report.error(['storage', 'filesystems', index, 'format'], 'format-none-unsupported');
    }
  });
  storage.files?.forEach(({ contents = {}, mode = 0 }, index) => {
    const url = contents.source === undefined ? undefined : parseUrl(contents.source);
    if (url && url.scheme !== 'data') {
      report.error(['storage', 'files', index, 'contents', 'source'], 'file-scheme-unsupported');
    }
    if (minor >= 10 && (mode & ~0o777) !== 0) {
      report.error(['storage', 'files', index, 'mode'], 'file-special-mode-unsupported');
    }
  });
  passwd.users?.forEach(({ name }, index) => {
    if (name !== 'core') report.error(['passwd', 'users', index, 'name'], 'user-name-unsupported');
  });
}

/** The fields of the `openshift` section that are set. */
function machineConfigFields(values: Values): MachineConfigFields {
  const openshift = objectIn(values, 'openshift');
  const extensions = stringsIn(openshift, 'extensions');
  const kernelArguments = stringsIn(openshift, 'kernel_arguments');
  const kernelType = stringIn(openshift, 'kernel_type');
  return {
    ...(extensions.length > 0 ? { extensions: [...extensions] } : {}),
    ...(typeof openshift.fips === 'boolean' ? { fips: openshift.fips } : {}),
    ...(kernelArguments.length > 0 ? { kernelArguments: [...kernelArguments] } : {}),
    ...(kernelType === undefined ? {} : { kernelType }),
  };
}

/** The MachineConfig around an Ignition config. */
export function machineConfig(ignition: IgnitionConfig, values: Values): Record<string, unknown> {
  const metadata = objectIn(values, 'metadata');
  return {
    apiVersion: 'machineconfiguration.openshift.io/v1',
    kind: 'MachineConfig',
    metadata: { labels: objectIn(metadata, 'labels'), name: stringIn(metadata, 'name') ?? '' },
    spec: { config: ignition, ...machineConfigFields(values) },
  };
}

/** Warns of what is lost when only the Ignition config is written; an empty list counts, too. */
export function reportElidedFields(values: Values, report: Report): void {
  const openshift = objectIn(values, 'openshift');
  for (const name of ['kernel_arguments', 'extensions', 'fips', 'kernel_type']) {
    if (openshift[name] !== undefined) report.warning(['openshift', name], 'field-elided');
  }
}

/** Reports what stands twice in a list of the `openshift` section, in the order of the MachineConfig's fields. */
export function findDuplicateFields(values: Values, report: Report): void {
  const openshift = objectIn(values, 'openshift');
  for (const name of ['kernel_arguments', 'extensions']) {
    const items = stringsIn(openshift, name);
    const seen = new Set<string>();
    items.forEach((item, index) => {
      if (seen.has(item)) report.error(['openshift', name, index], 'duplicate');
      seen.add(item);
    });
  }
}

/** FIPS 140 does not allow the default mode of the cipher; a cipher of the author's stays. */
function addFipsCipher(config: TracedObject): void {
  const storage = config.fields.get('storage');
  const luks = storage?.kind === 'object' ? storage.fields.get('luks') : undefined;
  for (const volume of luks?.kind === 'list' ? luks.items : []) {
    if (volume.kind !== 'object') continue;
    const given = volume.fields.get('options');
    const options = given?.kind === 'list' ? given.items : [];
    if (options.some(namesCipher)) continue;
    const added = FIPS_CIPHER.map((option) => traced(option, ['openshift', 'fips']));
    volume.fields.set('options', tracedList(given?.from ?? ['openshift', 'fips'], [...options, ...added]));
  }
}

function namesCipher(option: Traced): boolean {
  if (option.kind !== 'scalar') return false;
  const text = String(option.value);
  return text === '--cipher' || text.startsWith('--cipher=') || text === '-c';
}
