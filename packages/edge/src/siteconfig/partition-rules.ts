import type { Path } from '../yaml/decode.js';
import type { SiteFindings } from './check-site.js';
import { cleanMountPoint, partitionLabel, partitionProblems } from './disk-partition.js';
import { mastersOf, type SiteCluster } from './site-config.js';

const MAX_LABEL = 36;

/** The rules of the partition shorthand (edge.md 3.6), each at the field that breaks it. */
export function checkPartitions(cluster: SiteCluster, path: Path, findings: SiteFindings): void {
  const withPartitions = cluster.nodes.flatMap(({ diskPartition }, index) =>
    diskPartition === undefined ? [] : [index],
  );
  const [first, second] = withPartitions;
  if (first === undefined) return;
  const at = (node: number) => [...path, 'nodes', node, 'diskPartition'];
  if (mastersOf(cluster).length > 1) {
    findings.at('SC017', at(first), 'diskPartition is for single nodes', 'use ignitionConfigOverride of the nodes');
  }
  if (second !== undefined) {
    findings.at(
      'SC017',
      at(second),
      `only the partitions of nodes[${first}] get a manifest`,
      'use ignitionConfigOverride here',
    );
  } else if (new Set(cluster.nodes.map(({ role }) => role)).size > 1) {
    findings.at('SC017', at(first), 'each role of the cluster gets this partition, also those without the disk');
  }
  for (const node of withPartitions) checkNode(cluster, node, at(node), findings);
}

function checkNode({ nodes }: SiteCluster, index: number, path: Path, findings: SiteFindings): void {
  const labels = new Map<string, string>();
  nodes[index]?.diskPartition?.forEach(({ device, partitions }, d) => {
    if (device === '') findings.at('SC016', [...path, d], 'device is missing');
    partitions.forEach((partition, p) => {
      const at = [...path, d, 'partitions', p];
      for (const { field, text } of partitionProblems(partition)) findings.at('SC016', [...at, field], text);
      checkLabel(partition.mount_point, [...at, 'mount_point'], labels, findings);
      const overlapped = partitions.slice(0, p).find(({ start, size }) => {
        return partition.start < start + size && start < partition.start + partition.size;
      });
      if (overlapped !== undefined) {
        findings.at('SC017', [...at, 'start'], `the partition of ${overlapped.mount_point} has this place already`);
      }
    });
  });
}

function checkLabel(mountPoint: string, path: Path, labels: Map<string, string>, findings: SiteFindings): void {
  const label = partitionLabel(mountPoint);
  const other = labels.get(label);
  if (other !== undefined)
    findings.at('SC017', path, `the partition label ${label} is that of ${other}, too`, 'choose another path');
  if (Buffer.byteLength(label) > MAX_LABEL) {
    findings.at(
      'SC017',
      path,
      `the partition label ${label} has more than ${MAX_LABEL} bytes`,
      'choose a shorter path',
    );
  }
  labels.set(label, cleanMountPoint(mountPoint));
}
