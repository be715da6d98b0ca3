import { parseAllDocuments } from 'yaml';
import { isObject, objectOf } from './json-object.js';
import { ReleaseError } from './release-error.js';

/** Clouds, with the kind of `spec.providerSpec` that requests for them have. */
const PROVIDER_SPECS = {
  alibabacloud: 'AlibabaCloudProviderSpec',
  aws: 'AWSProviderSpec',
  azure: 'AzureProviderSpec',
  gcp: 'GCPProviderSpec',
  ibmcloud: 'IBMCloudProviderSpec',
  kubevirt: 'KubevirtProviderSpec',
  nutanix: 'NutanixProviderSpec',
  openstack: 'OpenStackProviderSpec',
  ovirt: 'OvirtProviderSpec',
  powervs: 'IBMCloudPowerVSProviderSpec',
  vsphere: 'VSphereProviderSpec',
} as const;

export const CLOUDS = Object.keys(PROVIDER_SPECS) as Cloud[];
export type Cloud = keyof typeof PROVIDER_SPECS;

/**
 * The requests for credentials of a cloud among the manifests of a release, or of all clouds, as YAML documents by the names of
 * their files. Errors: ReleaseError INVALID for a manifest that is no YAML.
 */
export function credentialsRequests(
  manifests: ReadonlyMap<string, Buffer>,
  cloud: Cloud | undefined,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, bytes] of manifests) {
    const documents = documentsOf(name, bytes).filter(({ value }) => isRequest(value, cloud));
    if (documents.length > 0) found.set(name, documents.map(({ text }) => `---\n${text.trim()}\n`).join(''));
  }
  return found;
}

function isRequest(value: unknown, cloud: Cloud | undefined): boolean {
  if (!isObject(value) || value['kind'] !== 'CredentialsRequest') return false;
  const { kind } = objectOf(objectOf(value['spec'])['providerSpec']);
  return cloud === undefined || kind === PROVIDER_SPECS[cloud];
}

function documentsOf(name: string, bytes: Buffer): { value: unknown; text: string }[] {
  // Most manifests are of other kinds, and some are large.
  if (!bytes.includes('CredentialsRequest')) return [];
  const parsed = parseAllDocuments(bytes.toString());
  return ('empty' in parsed ? [] : parsed).map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new ReleaseError('INVALID', `${name}: ${problem.message.split('\n')[0]}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, text: document.toString({ directives: false }) };
  });
}
