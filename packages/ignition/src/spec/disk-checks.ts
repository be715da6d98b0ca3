import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Disk, Partition } from './ignition-config.js';
import { checkPath } from './path-checks.js';

const GUID = /^(|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/;
/** A GPT entry has room for 36 UTF-16 units; the reference counts bytes. */
const MAX_LABEL_BYTES = 36;

/** Checks a disk and how its partitions go together (edge.md 1.7). */
export function checkDisk({ device = '', partitions = [] }: Disk, place: Path, report: Report): void {
  if (device === '') {
    report.error([...place, 'device'], 'device-missing');
    return;
  }
  checkPath(device, [...place, 'device'], report);
  const at = [...place, 'partitions'];
  const sameNumber = repeated(partitions, ({ number }) => number || undefined);
  if (sameNumber !== undefined) report.error([...at, sameNumber], 'partition-numbers');
  const overlapping = overlap(partitions);
  if (overlapping !== undefined) report.error([...at, overlapping], 'partitions-overlap');
  if (hasUnnumberedBesideAbsent(partitions)) report.error(at, 'partition-zero-with-absent');
  const sameLabel = repeated(partitions, ({ label }) => label);
  if (sameLabel !== undefined) report.error([...at, sameLabel], 'partition-labels');
}

/** Checks one partition. */
export function checkPartition(partition: Partition, place: Path, report: Report): void {
  const { label, number, shouldExist, guid, typeGuid, startMiB, sizeMiB } = partition;
  const described = label !== undefined || guid || typeGuid || startMiB !== undefined || sizeMiB !== undefined;
  if (shouldExist === false && described) report.error(place, 'partition-absent-with-fields');
  if (!number && label === undefined) report.error(place, 'partition-unnamed');
  if (label !== undefined) {
    if (Buffer.byteLength(label) > MAX_LABEL_BYTES) report.error([...place, 'label'], 'partition-label-length');
    else if (label.includes(':')) report.error([...place, 'label'], 'partition-label-colon');
  }
  if (guid !== undefined && !GUID.test(guid)) report.error([...place, 'guid'], 'guid-form');
  if (typeGuid !== undefined && !GUID.test(typeGuid)) report.error([...place, 'typeGuid'], 'guid-form');
}

function repeated<K>(partitions: Partition[], keyOf: (partition: Partition) => K | undefined): number | undefined {
  const seen = new Set<K>();
  for (const [index, partition] of partitions.entries()) {
    const key = keyOf(partition);
    if (key === undefined) continue;
    if (seen.has(key)) return index;
    seen.add(key);
  }
  return undefined;
}

/** Ends are inclusive; a size of 0 ends at its start; what has no start or no size is not compared (edge.md 1.7). */
function overlap(partitions: Partition[]): number | undefined {
  const placed = partitions.flatMap(({ startMiB, sizeMiB }, index) => {
    if (!startMiB || sizeMiB === undefined) return [];
    return [{ index, start: startMiB, end: sizeMiB === 0 ? startMiB : startMiB + sizeMiB - 1 }];
  });
  const sorted = placed.toSorted((a, b) => a.start - b.start || a.index - b.index);
  for (const one of placed) {
    const other = firstOverlap(one, placed, sorted);
    if (other !== undefined) return other;
  }
  return undefined;
}

interface Extent {
  index: number;
  start: number;
  end: number;
}

/** The reference compares each pair; one look at the sorted list tells whether any pair overlaps at all. */
function firstOverlap(one: Extent, placed: Extent[], sorted: Extent[]): number | undefined {
  if (!sorted.some((extent, at) => at > 0 && (sorted[at - 1]?.end ?? -1) >= extent.start)) return undefined;
  return placed.find((other) => other !== one && one.start <= other.end && other.start <= one.end)?.index;
}

/** The words of the message are older than the rule: the number counts. */
function hasUnnumberedBesideAbsent(partitions: Partition[]): boolean {
  return partitions.some(({ shouldExist }) => shouldExist === false) && partitions.some(({ number }) => !number);
}
