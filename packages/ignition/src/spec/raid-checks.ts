import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import type { Raid } from './ignition-config.js';

const WITHOUT_SPARES = ['linear', 'raid0', '0', 'stripe'];
const LEVELS = [...WITHOUT_SPARES, 'raid1', '1', 'mirror', 'raid4', '4', 'raid5', '5', 'raid6', '6', 'raid10', '10'];

/** Checks a RAID array (edge.md 1.7). */
export function checkRaid(
  { level: raidLevel = '', spares, devices = [] }: Raid,
  place: Path,
  report: Report,
  level: Level,
): void {
  const at = [...place, 'level'];
  if (raidLevel === '' && level >= 3) report.error(at, 'raid-no-level');
  else if (!LEVELS.includes(raidLevel)) report.error(at, 'raid-level');
  else if (WITHOUT_SPARES.includes(raidLevel) && spares) report.error(at, 'raid-spares');
  if (devices.length === 0) report.error([...place, 'devices'], 'raid-no-devices');
}
