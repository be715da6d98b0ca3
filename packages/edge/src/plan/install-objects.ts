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

/** A SiteConfig or ClusterInstance with what the plan sets and nothing else: to be completed, or merged by `--into`. */
export function installObject(intent: Intent, fields: NodeFields): object {
  const { site, cluster, target, node = cluster } = intent;
  const nodes = [{ hostName: node, ...fields }];
  if (target === 'clusterinstance') {
    return {
      apiVersion: 'siteconfig.open-cluster-management.io/v1alpha1',
      kind: 'ClusterInstance',
      metadata: { name: cluster, namespace: cluster },
      spec: { clusterName: cluster, nodes },
    };
  }
  return {
    apiVersion: 'ran.openshift.io/v1',
    kind: 'SiteConfig',
    metadata: { name: site, namespace: site },
    spec: { clusters: [{ clusterName: cluster, clusterLabels: intent.bindingRules, nodes }] },
  };
}
