import { withSavedLabels } from './installer-args.js';
import type { Intent } from './intent.js';
import type { DiskLayout } from './layout.js';

/** The fields of a node that a plan sets, in SiteConfig and ClusterInstance alike (edge.md 3.2 and 3.7). */
export interface NodeFields {
  rootDeviceHints: { deviceName: string };
  installerArgs?: string;
  ignitionConfigOverride: string;
}

/** The node's fields; the installer arguments that it has already stay. */
export function nodeFields(
  { disk }: Intent,
  { partitions }: DiskLayout,
  ignition: string,
  presentArgs?: string,
): NodeFields {
  const kept = partitions.filter(({ created }) => !created).map(({ label }) => label);
  return {
    rootDeviceHints: { deviceName: disk },
    ...(kept.length === 0 ? {} : { installerArgs: withSavedLabels(presentArgs, kept) }),
    // As a block of several lines it stays readable; the hub compares its meaning, not its text.
    ignitionConfigOverride: `${JSON.stringify(JSON.parse(ignition), undefined, 2)}\n`,
  };
}

/** The part of a SiteConfig or ClusterInstance that a plan knows; the rest, such as image set and addresses, is not its matter. */
export function installFragment({ cluster, target, bindingRules, node = cluster }: Intent, fields: NodeFields): object {
  const nodes = [{ hostName: node, ...fields }];
  if (target === 'clusterinstance') {
    return { spec: { clusterName: cluster, extraLabels: { ManagedCluster: bindingRules }, nodes } };
  }
  return { spec: { clusters: [{ clusterName: cluster, clusterLabels: bindingRules, nodes }] } };
}
