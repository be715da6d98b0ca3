import { escapePath, type IgnitionConfig, mergeIgnition } from '@longshore/ignition';
import { PlanError } from './plan-error.js';
import type { SitePlan } from './site-plan.js';
import { USAGES } from './layout.js';

/**
 * The override of a node that has one already: what an earlier plan has put there is replaced, everything else stays. A unit of
 * the same name as that of a kept partition is somebody's own loader and wins.
 * @throws PlanError when the present text is no Ignition that the install service takes
 */
export function mergedOverride(present: string | undefined, { ignition, layout }: SitePlan): string {
  if (present === undefined || present.trim() === '') return ignition;
  const labels = [USAGES.containers, USAGES.registry, ...layout.partitions].map(({ label }) => label);
  const planned = JSON.parse(ignition) as IgnitionConfig;
  const others = withoutPlanned(parsed(present), labels, unitsOf(planned));
  if (isEmpty(others)) return ignition;
  const own = new Set(unitsOf(others).map(({ name }) => name));
  const ours = { ...planned, systemd: { units: unitsOf(planned).filter(({ name }) => !own.has(name)) } };
  const { output, failure, report } = mergeIgnition(JSON.stringify(others), JSON.stringify(ours), { override: true });
  if (output !== undefined && failure === undefined) return output;
  const reasons = report.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new PlanError(`the plan does not go together with the present ignitionConfigOverride: ${failure}: ${reasons}`);
}

function parsed(text: string): IgnitionConfig {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, as for JSON that is no object.
  }
  throw new PlanError(
    'the present ignitionConfigOverride is no JSON object; mend it first (longshore edge lint says where)',
  );
}

function unitsOf({ systemd }: IgnitionConfig): NonNullable<NonNullable<IgnitionConfig['systemd']>['units']> {
  return systemd?.units ?? [];
}

/** What is left without partitions of these labels, their file systems, and units that a plan has made. */
function withoutPlanned(
  config: IgnitionConfig,
  labels: readonly string[],
  planned: ReturnType<typeof unitsOf>,
): IgnitionConfig {
  const { storage = {}, systemd = {} } = config;
  const devices = labels.map((label) => `/dev/disk/by-partlabel/${label}`);
  const madeByPlan = [USAGES.containers, USAGES.registry].map(({ mountPoint }) => `${escapePath(mountPoint)}.mount`);
  const disks = (storage.disks ?? [])
    .map((disk) => ({
      ...disk,
      partitions: disk.partitions?.filter(({ label }) => !labels.includes(label ?? '')) ?? [],
    }))
    .filter(({ partitions, wipeTable }) => partitions.length > 0 || wipeTable === true);
  const filesystems = storage.filesystems?.filter(({ device }) => !devices.includes(device ?? '')) ?? [];
  const units = unitsOf(config).filter(
    ({ name, contents }) =>
      !madeByPlan.includes(name ?? '') && !planned.some((ours) => ours.name === name && ours.contents === contents),
  );
  return {
    ...config,
    storage: withoutEmpty({ ...storage, disks, filesystems }),
    systemd: withoutEmpty({ ...systemd, units }),
  };
}

function withoutEmpty<T extends object>(section: T): T {
  return Object.fromEntries(
    Object.entries(section).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  ) as T;
}

/** Nothing but a version. */
function isEmpty({ ignition, ...sections }: IgnitionConfig): boolean {
  const hasMore = Object.keys(ignition ?? {}).some((key) => key !== 'version');
  return (
    !hasMore && Object.values(sections).every((section) => section === undefined || Object.keys(section).length === 0)
  );
}
