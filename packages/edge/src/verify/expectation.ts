/** What a site must look like when its plan has been carried out: `verification.json` of a plan (edge.md 5). */
export interface SiteExpectation {
  /** Form of this file, so that an old one is not misread. */
  version: 1;
  site: string;
  cluster: string;
  node?: string;
  disk: string;
  /** The node's Ignition override as the hub must have it. */
  ignition: unknown;
  /** Size of the root partition as `lsblk` prints it, such as `243.6`. */
  rootGiB?: string;
  partitions: ExpectedPartition[];
  registry?: ExpectedRegistry;
  /** Names of the policies that the hub copies into the cluster's namespace. */
  policies: string[];
}

export interface ExpectedPartition {
  label: string;
  mountPoint: string;
  /** As `lsblk` prints it, such as `202.5`; absent when the disk's size was not known. */
  sizeGiB?: string;
  mountOptions: string[];
}

export interface ExpectedRegistry {
  storageClass: string;
  volume: string;
  claim: string;
  claimNamespace: string;
  storage: string;
  path: string;
}
