import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a fleet of `count` sites: `sites/*.yaml` and `policies/*.yaml`, each with one cluster, or with four policies. */
export async function writeFleet(folder: string, count: number): Promise<string[]> {
  await mkdir(join(folder, 'sites'), { recursive: true });
  await mkdir(join(folder, 'policies'));
  const files: string[] = [];
  for (let number = 1; number <= count; number++) {
    const file = join('sites', `site-${number}.yaml`);
    await writeFile(join(folder, file), siteConfig(number));
    await writeFile(join(folder, 'policies', `site-${number}.yaml`), policyTemplate(number));
    files.push(file);
  }
  return files;
}

function siteConfig(number: number): string {
  return `apiVersion: ran.openshift.io/v1
kind: SiteConfig
metadata:
  name: site-${number}
  namespace: site-${number}
spec:
  baseDomain: edge.example.net
  pullSecretRef: {name: pull-secret}
  clusterImageSetNameRef: img4.16.3-x86-64
  sshPublicKey: ssh-ed25519 AAAA edge
  clusters:
  - clusterName: sno-${number}
    networkType: OVNKubernetes
    clusterLabels: {sites: site-${number}, common: "true"}
    clusterNetwork: [{cidr: 10.128.0.0/14, hostPrefix: 23}]
    machineNetwork: [{cidr: 192.0.2.0/24}]
    serviceNetwork: [172.30.0.0/16]
    additionalNTPSources: [192.0.2.1]
    installConfigOverrides: '{"capabilities":{"baselineCapabilitySet":"None"}}'
    nodes:
    - hostName: node1.sno-${number}.edge.example.net
      bmcAddress: redfish-virtualmedia+https://192.0.2.5/redfish/v1/Systems/1
      bmcCredentialsName: {name: bmc-node1}
      bootMACAddress: "02:00:00:00:00:01"
      bootMode: UEFI
      rootDeviceHints: {deviceName: /dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0}
      diskPartition:
      - device: /dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0
        partitions: [{mount_point: /var/imageregistry, size: 102500, start: 344844}]
      nodeNetwork:
        interfaces: [{name: eno1, macAddress: "02:00:00:00:00:01"}]
        config:
          interfaces:
          - name: eno1
            type: ethernet
            state: up
            ipv4: {enabled: true, address: [{ip: 192.0.2.10, prefix-length: 24}]}
          routes: {config: [{destination: 0.0.0.0/0, next-hop-address: 192.0.2.1, next-hop-interface: eno1}]}
`;
}

function policyTemplate(number: number): string {
  const wave = 'annotations: {ran.openshift.io/ztp-deploy-wave: "100"}';
  return `apiVersion: ran.openshift.io/v1
kind: PolicyGenTemplate
metadata: {name: site-${number}, namespace: ztp-site}
spec:
  bindingRules: {sites: site-${number}}
  mcp: master
  sourceFiles:
  - {fileName: StorageClass.yaml, policyName: class, metadata: {name: image-registry-sc, ${wave}}}
  - fileName: StoragePVC.yaml
    policyName: claim
    metadata: {name: image-registry-pvc, namespace: openshift-image-registry, ${wave}}
    spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 100Gi}}, storageClassName: image-registry-sc}
  - {fileName: ImageRegistryPV.yaml, policyName: volume, metadata: {${wave}}}
  - fileName: ImageRegistryConfig.yaml
    policyName: config
    metadata: {${wave}}
    spec: {storage: {pvc: {claim: image-registry-pvc}}}
`;
}
