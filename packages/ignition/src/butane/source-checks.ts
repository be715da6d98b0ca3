import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Field } from '../schema/field.js';
import { fieldsOf } from '../schema/structs.js';
import { openshiftMinor, type Dialect } from '../schema/variants.js';
import { checkBootDevice, checkMirror, CEX_KERNEL_ARGUMENT } from './boot-device-checks.js';
import { looksDecimal } from './decimal-mode.js';
import { checkEmbeddedConfig, isConfigReference } from './embedded-config.js';
import { isTemplateInstance, QUADLET_EXTENSIONS } from './quadlets.js';
import { isTrue, integerIn, objectIn, objectsIn, stringIn, stringsIn, type Values } from './values.js';

type Check = (values: Values, path: Path, report: Report, dialect: Dialect) => void;

const BOOT_DISK = '/dev/disk/by-id/coreos-boot-disk';
const ROLE_LABEL = 'machineconfiguration.openshift.io/role';

/** The checks of each object, by its name in the schema (edge.md 1.7). */
const CHECKS: Record<string, Check | undefined> = {
  Resource: checkResource,
  Reference: checkReference,
  Directory: (directory, path, report) => checkMode(directory, true, path, report),
  File: (file, path, report) => checkMode(file, false, path, report),
  Filesystem: checkFilesystem,
  Tree: (tree, path, report) => {
    if (!stringIn(tree, 'local')) report.error(path, 'tree-no-local');
  },
  Unit: checkUnitSources,
  Dropin: checkUnitSources,
  Quadlet: checkQuadlet,
  BootDevice: checkBootDevice,
  BootDeviceMirror: checkMirror,
  GrubUser: (user, path, report) => {
    if (!stringIn(user, 'name')) report.error([...path, 'name'], 'grub-no-name');
    if (!stringIn(user, 'password_hash')) report.error([...path, 'password_hash'], 'grub-no-password');
  },
  Metadata: (metadata, path, report) => {
    if (!stringIn(metadata, 'name')) report.error([...path, 'name'], 'machineconfig-no-name');
    if (!objectIn(metadata, 'labels')[ROLE_LABEL]) report.error([...path, 'labels'], 'machineconfig-no-role');
  },
  OpenShift: (openshift, path, report) => {
    if (!['', 'default', 'realtime'].includes(stringIn(openshift, 'kernel_type') ?? '')) {
      report.error([...path, 'kernel_type'], 'kernel-type');
    }
  },
};

/** Checks what stands in the YAML, depth first: an object, then its fields in the order of the schema (edge.md 1.2, stage 4). */
export function checkSource(config: Values, dialect: Dialect, report: Report): void {
  checkConfig(config, dialect, report);
  visitFields(config, dialect.sections, [], report, dialect);
}

function visit(name: string, values: Values, path: Path, report: Report, dialect: Dialect): void {
  CHECKS[name]?.(values, path, report, dialect);
  visitFields(values, fieldsOf(name, dialect.level), path, report, dialect);
}

function visitFields(values: Values, fields: readonly Field[], path: Path, report: Report, dialect: Dialect): void {
  for (const { name, type } of fields) {
    if (type.kind === 'struct') {
      const always = name === 'metadata' || name === 'openshift';
      if (always || values[name] !== undefined) {
        visit(type.struct, objectIn(values, name), [...path, name], report, dialect);
      }
    } else if (type.kind === 'list') {
      objectsIn(values, name).forEach((item, index) => {
        visit(type.struct, item, [...path, name, index], report, dialect);
      });
    }
  }
}

/** What concerns several sections. Each variant has its own; that of OpenShift replaces that of fcos (edge.md 1.10, gap 1). */
function checkConfig(config: Values, dialect: Dialect, report: Report): void {
  if (dialect.variant === 'fcos' && dialect.level >= 5) {
    checkReuseByLabel(config, report);
    checkMountPaths(config, report);
  }
  if (openshiftMinor(dialect) >= 19) checkCexKernelArgument(config, report);
}

/** Partitions that are created anew on each run because only a label tells them (edge.md 1.7). */
export function checkReuseByLabel(config: Values, report: Report): void {
  const mirrored = new Set(stringsIn(objectIn(objectIn(config, 'boot_device'), 'mirror'), 'devices'));
  objectsIn(objectIn(config, 'storage'), 'disks').forEach((disk, index) => {
    const device = stringIn(disk, 'device') ?? '';
    if (device === BOOT_DISK || mirrored.has(device) || isTrue(disk, 'wipe_table')) return;
    objectsIn(disk, 'partitions').forEach((partition, number) => {
      if (!integerIn(partition, 'number') && partition.label !== undefined) {
        report.warning(['storage', 'disks', index, 'partitions', number, 'number'], 'reuse-by-label');
      }
    });
  });
}

function checkMountPaths(config: Values, report: Report): void {
  for (const path of forbiddenMountPaths(config)) report.error(path, 'mount-path-forbidden');
}

/** Paths of file systems with a mount unit elsewhere than below /etc and /var, which are not kept over updates. */
export function forbiddenMountPaths(config: Values): Path[] {
  return objectsIn(objectIn(config, 'storage'), 'filesystems').flatMap((filesystem, index) => {
    const path = stringIn(filesystem, 'path');
    const forbidden = path !== undefined && !/^\/(etc|var)(\/|$)/.test(path) && isTrue(filesystem, 'with_mount_unit');
    return forbidden ? [['storage', 'filesystems', index, 'path']] : [];
  });
}

function checkCexKernelArgument(config: Values, report: Report): void {
  const boot = isTrue(objectIn(objectIn(objectIn(config, 'boot_device'), 'luks'), 'cex'), 'enabled');
  const root = objectsIn(objectIn(config, 'storage'), 'luks').some(
    (luks) => stringIn(luks, 'name') === 'root' && isTrue(objectIn(luks, 'cex'), 'enabled'),
  );
  const given = stringsIn(objectIn(config, 'openshift'), 'kernel_arguments').includes(CEX_KERNEL_ARGUMENT);
  if ((boot || root) && !given) report.error(['openshift', 'kernel_arguments'], 'cex-no-kernel-argument');
}

/** Returns false when several sources are set. The place is that of the source, or of the inline contents. */
function checkResource(resource: Values, path: Path, report: Report, { level }: Dialect): boolean {
  const set = ['inline', 'local', 'source'].filter((name) => resource[name] !== undefined);
  if (set.length <= 1) return true;
  report.error([...path, set.includes('source') && level > 0 ? 'source' : 'inline'], 'too-many-sources');
  return false;
}

function checkReference(reference: Values, path: Path, report: Report, dialect: Dialect): void {
  const inline = stringIn(reference, 'inline');
  if (!checkResource(reference, path, report, dialect)) return;
  if (inline !== undefined && isConfigReference(path)) {
    checkEmbeddedConfig(inline, path, 'inline', dialect.level, report);
  }
}

function checkMode(node: Values, directory: boolean, path: Path, report: Report): void {
  const mode = integerIn(node, 'mode');
  if (mode !== undefined && looksDecimal(mode, directory)) report.warning([...path, 'mode'], 'decimal-mode');
}

function checkFilesystem(filesystem: Values, path: Path, report: Report, { level }: Dialect): void {
  if (!isTrue(filesystem, 'with_mount_unit')) return;
  const format = stringIn(filesystem, 'format');
  const noPath = !stringIn(filesystem, 'path');
  // Up to base 0.3 swap had no unit of its own, and both faults are told, the path first.
  if (level <= 2 && noPath) report.error([...path, 'path'], 'mount-no-path');
  if (!format) report.error([...path, 'format'], 'mount-no-format');
  else if (level > 2 && format !== 'swap' && noPath) report.error([...path, 'path'], 'mount-no-path');
}

function checkUnitSources(unit: Values, path: Path, report: Report): void {
  if (unit.contents_local !== undefined && unit.contents !== undefined) {
    report.error([...path, 'contents_local'], 'too-many-unit-sources');
  }
}

function checkQuadlet(quadlet: Values, path: Path, report: Report): void {
  checkUnitSources(quadlet, path, report);
  const name = stringIn(quadlet, 'name') ?? '';
  const source = ['contents', 'contents_local'].find((field) => quadlet[field] !== undefined);
  if (source && isTemplateInstance(name)) report.error([...path, source], 'quadlet-instance-contents');
  if (!QUADLET_EXTENSIONS.some((extension) => name.endsWith(extension))) {
    report.error([...path, 'name'], 'quadlet-extension');
  }
}
