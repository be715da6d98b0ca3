import { PlanError } from './plan-error.js';

/** What a partition is for. */
export type Purpose = 'containers' | 'registry' | 'precache';

export const PURPOSES: readonly Purpose[] = ['containers', 'registry', 'precache'];

export interface PartitionIntent {
  purpose: Purpose;
  /** First MiB of the disk; absent to let the planner choose. */
  startMiB?: number;
  /** Mebibytes, or all that is left behind the start. */
  size: number | 'rest';
  /** Partition label; only `precache` partitions, which exist already, choose theirs. */
  label?: string;
}

/** Which kind of object installs the site. */
type InstallTarget = 'siteconfig' | 'clusterinstance';

/** What somebody wants of a site's disk; all else follows from it (edge.md 7, item 2). */
export interface Intent {
  site: string;
  cluster: string;
  /** Host name of the node whose disk it is; absent when the cluster has one node only. */
  node?: string;
  disk: string;
  diskSizeMiB?: number;
  /** The least that the root partition keeps. */
  rootMinMiB: number;
  partitions: PartitionIntent[];
  /** Wave of the first registry policy; the others follow. Absent: the waves of the source CRs. */
  wave?: number;
  target: InstallTarget;
  /** Name and namespace of the policies. */
  policyName: string;
  namespace: string;
  bindingRules: Record<string, string>;
}

/** What an intent needs at least; the rest has defaults. */
export type IntentInput = Partial<Omit<Intent, 'bindingRules'>> & { bindingRules?: Record<string, string> };

/** 120 GiB is what OpenShift asks of an installation disk. */
const ROOT_MIN_MIB = 120 * 1024;
/** Below, the installer's own images do not fit; SiteConfig refuses such starts (edge.md 3.6). */
const ROOT_ABSOLUTE_MIN_MIB = 25_000;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const PARTITION_LABEL = /^[A-Za-z0-9._-]{1,36}$/;
const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
/** The install service orders policies by wave as an integer (edge.md 4.3). */
const MAX_WAVE = 1_000_000;

/**
 * Completes an intent with its defaults and checks each of its values.
 * @throws PlanError
 */
export function completeIntent(input: IntentInput): Intent {
  const cluster = required(input.cluster, 'cluster', DNS_LABEL, 'a DNS label such as site-a');
  const site =
    input.site === undefined ? cluster : required(input.site, 'site', DNS_LABEL, 'a DNS label such as site-a');
  const intent: Intent = {
    site,
    cluster,
    disk: diskName(input.disk),
    rootMinMiB: input.rootMinMiB ?? ROOT_MIN_MIB,
    partitions: input.partitions ?? [],
    target: input.target ?? 'siteconfig',
    policyName: required(input.policyName ?? site, 'policyName', DNS_NAME, 'a DNS name'),
    namespace: required(input.namespace ?? 'ztp-site', 'namespace', DNS_LABEL, 'a DNS label such as ztp-site'),
    bindingRules: input.bindingRules ?? { sites: site },
  };
  if (input.node !== undefined) intent.node = required(input.node, 'node', DNS_NAME, 'a host name');
  if (input.diskSizeMiB !== undefined) intent.diskSizeMiB = input.diskSizeMiB;
  if (input.wave !== undefined) intent.wave = wave(input.wave);
  if (intent.rootMinMiB < ROOT_ABSOLUTE_MIN_MIB) {
    throw new PlanError(`the root partition needs at least ${ROOT_ABSOLUTE_MIN_MIB} MiB`, 'rootMin');
  }
  checkPartitions(intent.partitions);
  checkBindingRules(intent.bindingRules);
  return intent;
}

function required(value: string | undefined, key: string, form: RegExp, what: string): string {
  if (value === undefined || value === '') throw new PlanError(`${key} is missing; expected ${what}`, key);
  if (!form.test(value)) throw new PlanError(`${key}: expected ${what}, found ${JSON.stringify(value)}`, key);
  return value;
}

/** A disk's stable name: by-path or by-id, also a bare WWN; kernel names change from boot to boot (EL005). */
function diskName(disk: string | undefined): string {
  if (disk === undefined) throw new PlanError('disk is missing; expected /dev/disk/by-path/… or a WWN', 'disk');
  const wwn = /^(?:wwn-)?(0x[0-9a-f]{16,32})$/.exec(disk)?.[1];
  if (wwn !== undefined) return `/dev/disk/by-id/wwn-${wwn}`;
  if (/^\/dev\/(?!disk\/)/.test(disk)) {
    throw new PlanError(
      `${disk} may name another disk after the next boot; use its name in /dev/disk/by-path or its WWN`,
      'disk',
    );
  }
  if (!/^\/dev\/disk\/by-(path|id)\/[\w.:+@=-]{1,200}$/.test(disk)) {
    throw new PlanError(
      `expected /dev/disk/by-path/…, /dev/disk/by-id/… or a WWN, found ${JSON.stringify(disk)}`,
      'disk',
    );
  }
  return disk;
}

function wave(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_WAVE) return value;
  throw new PlanError(`the wave must be a whole number from 1 to ${MAX_WAVE}, found ${value}`, 'wave');
}

function checkPartitions(partitions: readonly PartitionIntent[]): void {
  if (partitions.length === 0) {
    throw new PlanError('no partition is wanted; give containers, registry or precache', 'partitions');
  }
  for (const [index, { purpose, size, label, startMiB }] of partitions.entries()) {
    const path = `partitions[${index}]`;
    if (partitions.findIndex((other) => other.purpose === purpose) !== index) {
      throw new PlanError(`there is a partition for ${purpose} already`, `${path}.purpose`);
    }
    if (purpose === 'precache') {
      if (size === 'rest') throw new PlanError('a pre-cached partition exists already; say its size', `${path}.size`);
      if (startMiB !== undefined) {
        throw new PlanError(
          'a pre-cached partition stands at the end of the disk; leave its start out',
          `${path}.start`,
        );
      }
    } else if (label !== undefined) {
      throw new PlanError('only the label of a precache partition can be chosen', `${path}.label`);
    }
    if (label !== undefined && !PARTITION_LABEL.test(label)) {
      throw new PlanError(
        'a partition label has 1 to 36 letters, digits, dots, dashes or underscores',
        `${path}.label`,
      );
    }
    if (label !== undefined && RESERVED_LABELS.includes(label)) {
      throw new PlanError(`the label ${label} belongs to another partition`, `${path}.label`);
    }
  }
}

/** Labels of the OS image's partitions (edge.md 1.7) and of those that a plan makes. */
const RESERVED_LABELS = ['BIOS-BOOT', 'EFI-SYSTEM', 'boot', 'root', 'var-lib-containers', 'var-imageregistry'];

function checkBindingRules(rules: Record<string, string>): void {
  for (const [key, value] of Object.entries(rules)) {
    if (!LABEL_KEY.test(key) || !value.split(',').every((one) => LABEL_VALUE.test(one))) {
      throw new PlanError(`${key}=${value} is no label of a cluster`, 'bindingRules');
    }
  }
  if (Object.keys(rules).length === 0) {
    throw new PlanError('without a rule the policies would bind to every cluster', 'bindingRules');
  }
}
