import type { StrictRule } from '../generators/findings.js';

/** What the strict mode of the SiteConfig generator looks at: what the reference passes over, and what it refuses. */
export const SITE_RULES = [
  { id: 'SC001', severity: 'error', title: 'the file is not YAML, or resources cannot be made of it' },
  { id: 'SC002', severity: 'error', title: 'a value has another type than its field, or a key stands twice' },
  { id: 'SC003', severity: 'error', title: 'there is no such field' },
  { id: 'SC004', severity: 'error', title: 'apiVersion is not ran.openshift.io/v1 or v2' },
  { id: 'SC005', severity: 'error', title: 'a cluster has no name, that of another one, or one that is no DNS label' },
  { id: 'SC006', severity: 'error', title: 'neither site nor cluster name a cluster image set' },
  { id: 'SC007', severity: 'error', title: 'a cluster has no node with the role master' },
  { id: 'SC008', severity: 'error', title: 'a field does not take this value' },
  { id: 'SC009', severity: 'error', title: 'installConfigOverrides is not a JSON object' },
  { id: 'SC010', severity: 'warning', title: 'a field overwrites what installConfigOverrides says' },
  { id: 'SC011', severity: 'error', title: 'ignitionConfigOverride is not a JSON object' },
  { id: 'SC012', severity: 'error', title: 'the install service takes Ignition 3.1.0 and 3.2.0 only' },
  {
    id: 'SC013',
    severity: 'error',
    title: 'installerArgs is not a JSON list of arguments that the install service takes',
  },
  { id: 'SC014', severity: 'error', title: 'crTemplates names a kind that is not generated at this level' },
  {
    id: 'SC015',
    severity: 'error',
    title: 'crSuppression or crAnnotations name a kind that is not generated at this level',
  },
  { id: 'SC016', severity: 'error', title: 'a partition has no place, size or mount point that is possible' },
  { id: 'SC017', severity: 'error', title: 'partitions of the shorthand get in each other’s way' },
  {
    id: 'SC018',
    severity: 'warning',
    title: 'searchPaths switches off the manifests for diskPartition, diskEncryption and cpuset',
  },
  { id: 'SC019', severity: 'error', title: 'the filter of extra manifests cannot be applied' },
  { id: 'SC020', severity: 'warning', title: 'the field has no effect' },
  { id: 'SC021', severity: 'warning', title: 'the field is deprecated' },
  { id: 'SC022', severity: 'error', title: 'documents after the first are passed over' },
  { id: 'SC023', severity: 'error', title: 'a label is none that Kubernetes takes' },
  { id: 'SC024', severity: 'error', title: 'a host has no name, that of another one, or one that is no DNS name' },
  {
    id: 'SC025',
    severity: 'warning',
    title: 'annotations of an outer level are lost, since a nearer level names the kind',
  },
  { id: 'SC026', severity: 'warning', title: 'a manifest has more than one document; only the first is kept' },
  { id: 'SC027', severity: 'error', title: 'a template of crTemplates does not fit the resource that it is for' },
] as const satisfies readonly StrictRule[];

export type SiteRuleId = (typeof SITE_RULES)[number]['id'];
