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

/** A partition whose place and size are both given. Ends are inclusive; a size of 0 ends at its start (edge.md 1.7). */
interface Extent {
  index: number;
  start: number;
  end: number;
}

/** The index of the first partition that overlaps the first one that overlaps any. */
function overlap(partitions: Partition[]): number | undefined {
  const placed = partitions.flatMap(({ startMiB, sizeMiB }, index): Extent[] => {
    if (!startMiB || sizeMiB === undefined) return [];
    return [{ index, start: startMiB, end: sizeMiB === 0 ? startMiB : startMiB + sizeMiB - 1 }];
  });
  const overlapping = overlappingExtents(placed);
  const first = placed.find((extent) => overlapping.has(extent));
  return first && placed.find((other) => other !== first && touch(first, other))?.index;
}

function touch(one: Extent, other: Extent): boolean {
  return one.start <= other.end && other.start <= one.end;
}

/** Side by side in the order of their starts, an extent overlaps one before it, or the next one. */
function overlappingExtents(placed: Extent[]): Set<Extent> {
  const sorted = placed.toSorted((one, other) => one.start - other.start);
  const overlapping = new Set<Extent>();
  let end = -Infinity;
  sorted.forEach((extent, at) => {
    const next = sorted[at + 1];
    if (extent.start <= end || (next && next.start <= extent.end)) overlapping.add(extent);
    end = Math.max(end, extent.end);
  });
  return overlapping;
}

/** The words of the message are older than the rule: the number counts. */
function hasUnnumberedBesideAbsent(partitions: Partition[]): boolean {
  return partitions.some(({ shouldExist }) => shouldExist === false) && partitions.some(({ number }) => !number);
}
