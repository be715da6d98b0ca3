import { installConfigAnnotation } from './install-config.js';
import type { SiteCluster, SiteConfig } from './site-config.js';
import { SiteError } from './site-error.js';

/** What a site's clusters are generated from, besides their fields. */
export interface ClusterPlan {
  cluster: SiteCluster;
  index: number;
  imageSet: string;
  installConfig: string;
}

const API_GROUP = 'ran.openshift.io';

/** The version of the format. Throws SiteError for others. */
export function siteVersion({ apiVersion }: SiteConfig): 'v1' | 'v2' {
  if (apiVersion === `${API_GROUP}/v1`) return 'v1';
  if (apiVersion === `${API_GROUP}/v2`) return 'v2';
  throw new SiteError(`Not valid siteConfig ApiVersion ${apiVersion}`, ['apiVersion']);
}

/** Checks the clusters of a site in the reference's order (edge.md 3.7). Throws SiteError. */
export function planClusters(site: SiteConfig, strict: boolean): ClusterPlan[] {
  const names = new Set<string>();
  return site.spec.clusters.map((cluster, index) => {
    const fail = (message: string, field: string) =>
      new SiteError(`Error: ${message}`, ['spec', 'clusters', index, field]);
    const name = `${site.metadata.name}/${cluster.clusterName}`;
    if (cluster.clusterName === '') throw fail(`Missing cluster name at site ${site.metadata.name}`, 'clusterName');
    if (names.has(cluster.clusterName)) throw fail(`Repeated Cluster Name ${name}`, 'clusterName');
    names.add(cluster.clusterName);
    const installConfig = installConfigAnnotation(cluster.networkType, cluster.installConfigOverrides, strict);
    if (installConfig.problem !== undefined) throw fail(installConfig.problem, 'installConfigOverrides');
    const imageSet = cluster.clusterImageSetNameRef || site.spec.clusterImageSetNameRef;
    if (imageSet === '') {
      throw fail(`Site and cluster clusterImageSetNameRef cannot be empty ${name}`, 'clusterImageSetNameRef');
    }
    cluster.nodes.forEach(({ ironicInspect, hostName }, node) => {
      if (ironicInspect === 'disabled' || ironicInspect === 'enabled') return;
      throw new SiteError(`Error: ironicInspect must be either disabled or enabled ${name}/${hostName}`, [
        ...['spec', 'clusters', index, 'nodes', node, 'ironicInspect'],
      ]);
    });
    return { cluster, index, imageSet, installConfig: installConfig.text };
  });
}
