/** An Ignition 3 config. Every field but the version may be absent; which exist depends on the version (edge.md 1.4). */
export interface IgnitionConfig {
  ignition?: IgnitionSection;
  kernelArguments?: { shouldExist?: string[]; shouldNotExist?: string[] };
  passwd?: { groups?: PasswdGroup[]; users?: PasswdUser[] };
  storage?: Storage;
  systemd?: { units?: Unit[] };
}

export interface IgnitionSection {
  config?: { merge?: Resource[]; replace?: Resource };
  proxy?: { httpProxy?: string; httpsProxy?: string; noProxy?: string[] };
  security?: { tls?: { certificateAuthorities?: Resource[] } };
  timeouts?: { httpResponseHeaders?: number; httpTotal?: number };
  version?: string;
}

export interface Resource {
  compression?: string;
  httpHeaders?: HttpHeader[];
  source?: string;
  verification?: { hash?: string };
}

export interface HttpHeader {
  name?: string;
  value?: string;
}

export interface PasswdGroup {
  gid?: number;
  name?: string;
  passwordHash?: string;
  shouldExist?: boolean;
  system?: boolean;
}

export interface PasswdUser {
  gecos?: string;
  groups?: string[];
  homeDir?: string;
  name?: string;
  noCreateHome?: boolean;
  noLogInit?: boolean;
  noUserGroup?: boolean;
  passwordHash?: string;
  primaryGroup?: string;
  shell?: string;
  shouldExist?: boolean;
  sshAuthorizedKeys?: string[];
  system?: boolean;
  uid?: number;
}

export interface Storage {
  directories?: Directory[];
  disks?: Disk[];
  files?: File[];
  filesystems?: Filesystem[];
  links?: Link[];
  luks?: Luks[];
  raid?: Raid[];
}

export interface Owner {
  id?: number;
  name?: string;
}

export interface Node {
  group?: Owner;
  overwrite?: boolean;
  path?: string;
  user?: Owner;
}

export interface Directory extends Node {
  mode?: number;
}

export interface File extends Node {
  append?: Resource[];
  contents?: Resource;
  mode?: number;
}

export interface Link extends Node {
  hard?: boolean;
  target?: string;
}

export interface Disk {
  device?: string;
  partitions?: Partition[];
  wipeTable?: boolean;
}

export interface Partition {
  guid?: string;
  label?: string;
  number?: number;
  resize?: boolean;
  shouldExist?: boolean;
  sizeMiB?: number;
  startMiB?: number;
  typeGuid?: string;
  wipePartitionEntry?: boolean;
}

export interface Filesystem {
  device?: string;
  format?: string;
  label?: string;
  mountOptions?: string[];
  options?: string[];
  path?: string;
  uuid?: string;
  wipeFilesystem?: boolean;
}

export interface Luks {
  cex?: { enabled?: boolean };
  clevis?: Clevis;
  device?: string;
  discard?: boolean;
  keyFile?: Resource;
  label?: string;
  name?: string;
  openOptions?: string[];
  options?: string[];
  uuid?: string;
  wipeVolume?: boolean;
}

export interface Clevis {
  custom?: { config?: string; needsNetwork?: boolean; pin?: string };
  tang?: Tang[];
  threshold?: number;
  tpm2?: boolean;
}

export interface Tang {
  advertisement?: string;
  thumbprint?: string;
  url?: string;
}

export interface Raid {
  devices?: string[];
  level?: string;
  name?: string;
  options?: string[];
  spares?: number;
}

export interface Unit {
  contents?: string;
  dropins?: Dropin[];
  enabled?: boolean;
  mask?: boolean;
  name?: string;
}

export interface Dropin {
  contents?: string;
  name?: string;
}
