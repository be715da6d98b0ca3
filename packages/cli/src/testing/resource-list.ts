/** A list with the smallest SiteConfig, as generators read it from standard input. */
export const SITE_CONFIG_LIST = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: ran.openshift.io/v2
  kind: SiteConfig
  metadata: {name: site-a}
  spec:
    clusterImageSetNameRef: img4.16.3
    clusters: [{clusterName: sno-a, nodes: [{hostName: node1}]}]
`;
