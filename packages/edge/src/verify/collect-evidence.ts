import type { ResourceType } from '@longshore/kube';
import type { ClusterReader } from './cluster-reader.js';
import { type CollectedFile, type Evidence, readEvidence } from './evidence.js';
import type { SiteExpectation } from './expectation.js';
import { fieldOf, kubeObjectsIn } from './kube-object.js';

/** The two clusters that know of a site; what is absent is not asked. */
export interface SiteReaders {
  hub?: ClusterReader;
  site?: ClusterReader;
}

type Source = [kind: string, type: ResourceType, namespace: string | undefined];

const resource = (group: string, version: string, name: string): ResourceType => ({ group, version, resource: name });
const NODES = resource('', 'v1', 'nodes');

function hubSources({ cluster }: SiteExpectation): Source[] {
  return [
    ['BareMetalHost', resource('metal3.io', 'v1alpha1', 'baremetalhosts'), cluster],
    ['Policy', resource('policy.open-cluster-management.io', 'v1', 'policies'), cluster],
  ];
}

function siteSources({ registry }: SiteExpectation): Source[] {
  if (registry === undefined) return [];
  return [
    ['StorageClass', resource('storage.k8s.io', 'v1', 'storageclasses'), undefined],
    ['PersistentVolume', resource('', 'v1', 'persistentvolumes'), undefined],
    ['PersistentVolumeClaim', resource('', 'v1', 'persistentvolumeclaims'), registry.claimNamespace],
    ['Config', resource('imageregistry.operator.openshift.io', 'v1', 'configs'), undefined],
    ['Pod', resource('', 'v1', 'pods'), registry.claimNamespace],
  ];
}

/** What is asked of the node, by the name under which it counts as a collected file. */
const NODE_COMMANDS: [file: string, command: string[]][] = [
  ['lsblk.json', ['lsblk', '-J', '-b']],
  ['df.txt', ['df', '-B1']],
  ['mounts.txt', ['cat', '/proc/mounts']],
];

/** Collects from the clusters what a verification needs, added to what was collected as files. Errors are those of the readers. */
export async function collectEvidence(
  { hub, site }: SiteReaders,
  expectation: SiteExpectation,
  files: readonly CollectedFile[],
  signal: AbortSignal,
): Promise<Evidence> {
  const nodeFiles = site?.runOnNode === undefined ? [] : await askNode(site, expectation, signal);
  const evidence = readEvidence([...files, ...nodeFiles]);
  if (hub !== undefined) await askCluster(hub, hubSources(expectation), evidence, signal);
  if (site !== undefined) await askCluster(site, siteSources(expectation), evidence, signal);
  return evidence;
}

async function askCluster(
  reader: ClusterReader,
  sources: readonly Source[],
  evidence: Evidence,
  signal: AbortSignal,
): Promise<void> {
  for (const [kind, type, namespace] of sources) {
    const items = await reader.list(type, namespace, signal);
    evidence.kinds.add(kind);
    evidence.objects.push(...items.flatMap(kubeObjectsIn));
  }
}

async function askNode(
  reader: ClusterReader,
  { node }: SiteExpectation,
  signal: AbortSignal,
): Promise<CollectedFile[]> {
  const run = reader.runOnNode?.bind(reader);
  const name = node ?? fieldOf((await reader.list(NODES, undefined, signal))[0], 'metadata', 'name');
  if (run === undefined || typeof name !== 'string') return [];
  const files: CollectedFile[] = [];
  for (const [file, command] of NODE_COMMANDS) files.push({ name: file, text: await run(name, command, signal) });
  return files;
}
