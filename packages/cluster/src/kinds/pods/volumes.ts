/** Volumes of pods. */
import { objectMetaField, s } from '@longshore/apiserver';
import { corePart } from '../core/core-part.js';
import { localObjectReference } from '../core/references.js';
import { labelSelector } from '../meta.js';
import { persistentVolumeClaimSpec } from '../core/claim-schema.js';

const CORE = 'io.k8s.api.core.v1';
const keyToPath = corePart('KeyToPath', 'A key and the file that it becomes.', {
  key: s.string('The key.').required(),
  mode: s.int32('Permissions of the file.'),
  path: s.string('Relative path of the file.').required(),
});

const items = s.listOf(keyToPath, 'Which keys, and as which files; default: all.').atomic();
const optional = s.boolean('Whether it may be missing.');
const defaultMode = s.int32('Permissions of files that say nothing else.').default(0o644);

export const objectFieldSelector = s.shared(
  `${CORE}.ObjectFieldSelector`,
  'A field of the pod.',
  {
    apiVersion: s.string('The version that the path is of.').default('v1'),
    fieldPath: s.string('Path of the field: metadata.name.').required(),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

export const resourceFieldSelector = s.shared(
  `${CORE}.ResourceFieldSelector`,
  'A resource of a container.',
  {
    containerName: s.string('The container.'),
    divisor: s.quantity('Unit of the value.').default('0'),
    resource: s.string('limits.cpu, requests.memory and the like.').required(),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

const downwardAPIVolumeFile = corePart('DownwardAPIVolumeFile', 'A file with a field of the pod.', {
  fieldRef: objectFieldSelector.describe('The field.'),
  mode: s.int32('Permissions of the file.'),
  path: s.string('Relative path of the file.').required(),
  resourceFieldRef: resourceFieldSelector.describe('The resource.'),
});

const volumeProjection = corePart('VolumeProjection', 'One part of a projected volume.', {
  clusterTrustBundle: corePart('ClusterTrustBundleProjection', 'Certificates that are trusted.', {
    labelSelector: labelSelector.describe('Which bundles of the signer.'),
    name: s.string('One bundle.'),
    optional,
    path: s.string('Relative path of the file.').required(),
    signerName: s.string('All bundles of this signer.'),
  }),
  configMap: corePart('ConfigMapProjection', 'Keys of a config map.', {
    items,
    name: s.string('The config map.'),
    optional,
  }),
  downwardAPI: corePart('DownwardAPIProjection', 'Fields of the pod.', {
    items: s.listOf(downwardAPIVolumeFile, 'The files.').atomic(),
  }),
  secret: corePart('SecretProjection', 'Keys of a secret.', { items, name: s.string('The secret.'), optional }),
  serviceAccountToken: corePart('ServiceAccountTokenProjection', 'A token of the pod’s service account.', {
    audience: s.string('For whom the token is; default: the API server.'),
    expirationSeconds: s.int64('How long it lasts; it is renewed before.').default(3600),
    path: s.string('Relative path of the file.').required(),
  }),
});

const readOnly = s.boolean('Whether it can only be read.');
const fsType = s.string('Type of the file system.');

/** Sources of storage systems that few use: kept, with their settings as they are. */
export const RARE_SOURCES = [
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'glusterfs',
  'iscsi',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
] as const;

export const rareVolumeSources = Object.fromEntries(
  RARE_SOURCES.map((name) => [name, s.anyObject('A volume of this storage system.')]),
);

/** Sources that persistent volumes have too. */
export const sharedVolumeSources = {
  hostPath: corePart('HostPathVolumeSource', 'A file or directory of the node.', {
    path: s.string('Its path.').required(),
    type: s
      .string('What must be there: DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice.')
      .default(''),
  }).describe('A file or directory of the node.'),
  nfs: corePart('NFSVolumeSource', 'A directory of an NFS server.', {
    path: s.string('The exported path.').required(),
    readOnly,
    server: s.string('The server.').required(),
  }).describe('A directory of an NFS server.'),
};

export const volume = corePart('Volume', 'A directory that containers of a pod can see.', {
  name: s.string('Unique within the pod.').required(),
  ...rareVolumeSources,
  configMap: corePart('ConfigMapVolumeSource', 'Keys of a config map as files.', {
    defaultMode,
    items,
    name: s.string('The config map.'),
    optional,
  }),
  csi: corePart('CSIVolumeSource', 'A volume of a CSI driver that lives as long as the pod.', {
    driver: s.string('The driver.').required(),
    fsType,
    nodePublishSecretRef: localObjectReference.describe('Secret for the driver.'),
    readOnly,
    volumeAttributes: s.stringMap('Settings for the driver.'),
  }),
  downwardAPI: corePart('DownwardAPIVolumeSource', 'Fields of the pod as files.', {
    defaultMode,
    items: s.listOf(downwardAPIVolumeFile, 'The files.').atomic(),
  }),
  emptyDir: corePart('EmptyDirVolumeSource', 'A directory that is empty at first and goes with the pod.', {
    medium: s.string('Empty for the disk of the node, or Memory.'),
    sizeLimit: s.quantity('How much may be written.'),
  }),
  ephemeral: corePart('EphemeralVolumeSource', 'A claim that lives as long as the pod.', {
    volumeClaimTemplate: corePart('PersistentVolumeClaimTemplate', 'The claim to make.', {
      metadata: objectMetaField.describe('Labels and annotations of the claim.'),
      spec: persistentVolumeClaimSpec.describe('What is claimed.').required(),
    }),
  }),
  gitRepo: s.anyObject('A clone of a repository. No longer recommended.'),
  hostPath: sharedVolumeSources.hostPath,
  image: corePart('ImageVolumeSource', 'The content of an image.', {
    pullPolicy: s.string('Always, Never or IfNotPresent.').values('Always', 'IfNotPresent', 'Never'),
    reference: s.string('The image.'),
  }),
  nfs: sharedVolumeSources.nfs,
  persistentVolumeClaim: corePart('PersistentVolumeClaimVolumeSource', 'A claim in the namespace of the pod.', {
    claimName: s.string('The claim.').required(),
    readOnly,
  }),
  projected: corePart('ProjectedVolumeSource', 'Several sources in one directory.', {
    defaultMode,
    sources: s.listOf(volumeProjection, 'The sources.').atomic(),
  }),
  secret: corePart('SecretVolumeSource', 'Keys of a secret as files.', {
    defaultMode,
    items,
    optional,
    secretName: s.string('The secret.'),
  }),
});
