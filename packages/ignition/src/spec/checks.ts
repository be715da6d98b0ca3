import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import { ignitionVersion } from '../schema/variants.js';
import type { JsonObject } from './decode.js';
import { jsonFieldsOf } from './decode.js';
import { checkDisk, checkPartition } from './disk-checks.js';
import { checkFilesystem } from './filesystem-checks.js';
import type {
  Disk,
  Filesystem,
  IgnitionConfig,
  IgnitionSection,
  Luks,
  Partition,
  Raid,
  Resource,
  Storage,
  Tang,
  Unit,
} from './ignition-config.js';
import { checkCustom, checkLuks, checkTang } from './luks-checks.js';
import { checkDirectory, checkFile, checkNode, checkOwner, checkStorage } from './node-checks.js';
import { checkRaid } from './raid-checks.js';
import { checkHeader, checkRequiredSource, checkResource, checkVerification } from './resource-checks.js';
import { checkDropin, checkSystemd, checkUnit, checkUnitPaths } from './unit-checks.js';
import { checkPath } from './path-checks.js';
import { checkProxy } from './proxy-checks.js';

/** Checks one object of a config. */
export type Check<T> = (object: T, path: Path, report: Report, level: Level) => void;

const CHECKS: Record<string, Check<never> | undefined> = {
  Config: checkUnitPaths satisfies Check<IgnitionConfig>,
  Ignition: checkVersion,
  IgnitionConfig: checkMergedConfigs,
  TLS: checkAuthorities,
  Reference: checkReference,
  Resource: checkResource satisfies Check<Resource>,
  Verification: checkVerification,
  HTTPHeader: checkHeader,
  Proxy: checkProxy,
  Storage: checkStorage satisfies Check<Storage>,
  NodeUser: checkOwner,
  NodeGroup: checkOwner,
  Directory: checkDirectory,
  File: checkFile,
  Link: checkNode,
  Disk: checkDisk satisfies Check<Disk>,
  Partition: checkPartition satisfies Check<Partition>,
  Filesystem: checkFilesystem satisfies Check<Filesystem>,
  Luks: checkLuks satisfies Check<Luks>,
  ClevisCustom: checkCustom,
  Tang: checkTang satisfies Check<Tang>,
  Raid: checkRaid satisfies Check<Raid>,
  Systemd: checkSystemd,
  Unit: checkUnit satisfies Check<Unit>,
  Dropin: checkDropin,
};

/** Checks a config, depth first: an object, then its fields in the order of the JSON (edge.md 1.7 and 2.3). */
export function checkIgnition(config: IgnitionConfig, level: Level, report: Report): void {
  visit('Config', config as JsonObject, [], report, level);
}

function visit(struct: string, object: JsonObject, path: Path, report: Report, level: Level): void {
  (CHECKS[struct] as Check<JsonObject> | undefined)?.(object, path, report, level);
  for (const { json = '', type } of jsonFieldsOf(struct, level)) {
    const value = object[json];
    if (type.kind === 'struct') {
      if (value !== undefined || struct === 'Config')
        visit(type.struct, (value ?? {}) as JsonObject, [...path, json], report, level);
    } else if (type.kind === 'list' && Array.isArray(value)) {
      value.forEach((item, index) => visit(type.struct, item as JsonObject, [...path, json, index], report, level));
    } else if (json === 'devices' && Array.isArray(value)) {
      value.forEach((device, index) => checkPath(device as string, [...path, json, index], report));
    }
  }
}

function checkVersion({ version = '' }: IgnitionSection, path: Path, report: Report, level: Level): void {
  if (version === ignitionVersion(level)) return;
  const parsable = /^\d+\.\d+\.\d+([-+].*)?$/.test(version);
  report.error([...path, 'version'], parsable ? 'config-version-unsupported' : 'config-version-invalid');
}

/** 3.0 does not say that a hash needs a source here. */
function checkReference(resource: Resource, path: Path, report: Report, level: Level): void {
  const { verification, ...rest } = resource;
  checkResource(level === 0 ? rest : { ...rest, verification }, path, report, level);
}

function checkMergedConfigs({ merge = [] }: { merge?: Resource[] }, path: Path, report: Report, level: Level): void {
  if (level === 0) return;
  merge.forEach((resource, index) => checkRequiredSource(resource, [...path, 'merge', index], report, level));
}

function checkAuthorities(
  { certificateAuthorities = [] }: { certificateAuthorities?: Resource[] },
  path: Path,
  report: Report,
  level: Level,
): void {
  certificateAuthorities.forEach((resource, index) => {
    const at = [...path, 'certificateAuthorities', index];
    if (level > 0) checkRequiredSource(resource, at, report, level);
    // 3.0 has no message of its own for a missing source.
    else if (!resource.source) report.error([...at, 'source'], 'url-scheme');
  });
}
