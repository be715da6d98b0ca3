import type { Schema } from '@longshore/kube';
import { BACKEND_FIELDS } from '../names.js';
import { choice, duration, fields, flag, int32, text } from './fields.js';

const NAME = '^[0-9a-z]+(-[0-9a-z]+)*$';
const DNS_SUBDOMAIN = String.raw`^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`;
const HTTP_URL = String.raw`^$|^https?://[^\s/?#]+[^\s]*$`;
const AZURE_RESOURCE = '^[0-9A-Za-z][0-9A-Za-z_.-]*[0-9A-Za-z_]$';

const s3 = fields('A bucket of Amazon S3 or of something that speaks its protocol.', {
  bucket: text('Its name; default: made from the name of the cluster.'),
  chunkSizeMiB: int32('Size of the parts of an upload; default: 10.', { minimum: 5, maximum: 5120 }),
  cloudFront: fields(
    'CloudFront in front of it.',
    {
      baseURL: text('Address of the distribution.'),
      duration: duration('How long an address is valid; default: 20m.'),
      keypairID: text('The key pair that AWS knows.'),
      privateKey: fields(
        'Secret with its private key.',
        { key: text('Key in it.'), name: text('Its name.', { default: '' }), optional: flag('Has no effect.') },
        { required: ['key'], 'x-kubernetes-map-type': 'atomic' },
      ),
    },
    { required: ['baseURL', 'keypairID', 'privateKey'] },
  ),
  encrypt: flag('Whether the store encrypts what it keeps.'),
  keyID: text('KMS key with which it encrypts.'),
  region: text('Its region; any text for stores other than Amazon.'),
  regionEndpoint: text('Address of a store other than Amazon: https://minio.example.com', { pattern: HTTP_URL }),
  trustedCA: fields('Config map in openshift-config with ca-bundle.crt for that address.', {
    name: text('Its name.', { maxLength: 253, pattern: DNS_SUBDOMAIN, default: '' }),
  }),
  virtualHostedStyle: flag('Whether the bucket is part of the host name.'),
});

const swift = fields('A container of OpenStack Swift.', {
  authURL: text('Address of Keystone.'),
  authVersion: text('Version of its API.'),
  container: text('Name of the container.'),
  domain: text('Domain by name.'),
  domainID: text('Domain by id.'),
  regionName: text('Its region.'),
  tenant: text('Project by name.'),
  tenantID: text('Project by id.'),
});

const gcs = fields('A bucket of Google Cloud Storage.', {
  bucket: text('Its name; default: made from the name of the cluster.'),
  keyID: text('KMS key with which it encrypts.'),
  projectID: text('Its project.'),
  region: text('Its location.'),
});

const azure = fields('A container of Azure Blob Storage.', {
  accountName: text('Its account.'),
  cloudName: text('Which Azure: AzurePublicCloud, AzureUSGovernmentCloud and so on.'),
  container: text('Its name.', { minLength: 3, maxLength: 63, pattern: NAME }),
  networkAccess: fields(
    'From where it is reached.',
    {
      internal: fields('The private endpoint.', {
        networkResourceGroupName: text('Resource group of the network.', {
          minLength: 1,
          maxLength: 90,
          pattern: '^[0-9A-Za-z_.-](?:[0-9A-Za-z_.-]*[0-9A-Za-z_-])?$',
        }),
        privateEndpointName: text('Its name.', { minLength: 2, maxLength: 64, pattern: AZURE_RESOURCE }),
        subnetName: text('Its subnet.', {
          minLength: 1,
          maxLength: 80,
          pattern: '^[0-9A-Za-z](?:[0-9A-Za-z_.-]*[0-9A-Za-z_])?$',
        }),
        vnetName: text('Its network.', { minLength: 2, maxLength: 64, pattern: AZURE_RESOURCE }),
      }),
      type: choice('Internal or External.', ['Internal', 'External'], { default: 'External' }),
    },
    {
      default: { type: 'External' },
      anyOf: [{ properties: { type: { enum: ['Internal'] } } }, { not: { required: ['internal'] } }],
    },
  ),
});

const ibmcos = fields('A bucket of IBM Cloud Object Storage.', {
  bucket: text('Its name.'),
  location: text('Its location.'),
  resourceGroupName: text('Its resource group.'),
  resourceKeyCRN: text('The key by which it is reached.', {
    pattern: '^crn:.+:.+:.+:cloud-object-storage:.+:.+:.+:resource-key:.+$',
  }),
  serviceInstanceCRN: text('The service instance that it is in.', {
    pattern: '^crn:.+:.+:.+:cloud-object-storage:.+:.+:.+::$',
  }),
});

const kms = fields('The key.', { keyID: text('Its id.', { minLength: 1 }) }, { required: ['keyID'] });

/** The driver was removed in 2024: the shape is known, so that old objects can be read, and refused in a specification. */
const oss = fields('A bucket of Alibaba Cloud; no longer supported.', {
  bucket: text('Its name.', { minLength: 3, maxLength: 63, pattern: NAME }),
  encryption: fields(
    'How it encrypts.',
    { kms, method: choice('KMS or AES256.', ['KMS', 'AES256'], { default: 'AES256' }) },
    {
      anyOf: [
        { properties: { method: { enum: ['KMS'] } }, required: ['kms'] },
        { properties: { method: { not: { enum: ['KMS'] } } }, not: { required: ['kms'] } },
      ],
    },
  ),
  endpointAccessibility: choice('From where it is reached.', ['Internal', 'Public', ''], { default: 'Internal' }),
  region: text('Its region.'),
});

const properties: Record<string, Schema> = {
  azure,
  emptyDir: fields('Space of the pod, gone with it: for one replica and for trying out only.', {}),
  gcs,
  ibmcos,
  managementState: text('Whether the operator sets up the store, and deletes it when the registry is removed.', {
    pattern: '^(Managed|Unmanaged)$',
  }),
  oss,
  pvc: fields('A volume.', { claim: text('Claim in openshift-image-registry; default: one that the operator makes.') }),
  s3,
  swift,
};

/** `spec.storage`: at most one backend (operator.md 1.2). */
export const specStorage: Schema = {
  ...fields('Where images are kept: exactly one of the backends.', {
    ...properties,
    oss: { ...oss, not: {} },
  }),
  oneOf: [
    ...BACKEND_FIELDS.map((field) => ({ required: [field] })),
    { not: { anyOf: BACKEND_FIELDS.map((field) => ({ required: [field] })) } },
  ],
};

/** `status.storage`: what was applied last. */
export const statusStorage: Schema = fields('Where images are kept now.', properties);
