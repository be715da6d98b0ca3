import {
  boolean,
  integer,
  labels,
  list,
  string,
  strings,
  struct,
  sugar,
  type Field,
  type Level,
  type Struct,
} from './field.js';

const NODE = [
  struct('group', 'NodeGroup'),
  boolean('overwrite', { about: 'replace what is there' }),
  string('path', { plain: true, about: 'absolute path on the machine' }),
  struct('user', 'NodeUser'),
];

const OWNER = [integer('id'), string('name')];

const RESOURCE = [
  string('compression', { about: '"gzip", or empty' }),
  list('http_headers', 'HTTPHeader', { since: 1 }),
  sugar(string('inline', { about: 'the contents' })),
  sugar(string('local', { since: 1, about: 'a file below the files directory' })),
  string('source', { about: 'an http, https, tftp, s3, arn, gs or data URL' }),
  struct('verification', 'Verification'),
];

/** Ignition 3.0 knows no compression here, and Butane 1.0 neither inline contents. */
const REFERENCE = [
  string('compression', { since: 1 }),
  list('http_headers', 'HTTPHeader', { since: 1 }),
  sugar(string('inline', { since: 1 })),
  sugar(string('local', { since: 1 })),
  string('source'),
  struct('verification', 'Verification'),
];

/**
 * All objects of Butane and Ignition configs, each with the level at which a field appeared (edge.md 1.4). Decoding,
 * unused keys, translation, duplicates, merging, encoding and the JSON schemas all read this table.
 */
const STRUCTS = {
  Config: {
    fields: [
      struct('ignition', 'Ignition'),
      struct('kernel_arguments', 'KernelArguments', { since: 3 }),
      struct('passwd', 'Passwd'),
      struct('storage', 'Storage'),
      struct('systemd', 'Systemd'),
    ],
  },
  Ignition: {
    fields: [
      struct('config', 'IgnitionConfig'),
      struct('proxy', 'Proxy', { since: 1 }),
      struct('security', 'Security'),
      struct('timeouts', 'Timeouts'),
    ],
  },
  IgnitionConfig: { fields: [list('merge', 'Reference'), struct('replace', 'Reference')] },
  Reference: { fields: REFERENCE, key: 'source' },
  Resource: { fields: RESOURCE, key: 'source' },
  Verification: { fields: [string('hash', { about: 'sha512- or sha256-, and the hexadecimal sum' })] },
  HTTPHeader: { fields: [string('name', { plain: true }), string('value')], key: 'name' },
  Proxy: { fields: [string('http_proxy'), string('https_proxy'), strings('no_proxy')] },
  Security: { fields: [struct('tls', 'TLS')] },
  TLS: { fields: [list('certificate_authorities', 'Reference')] },
  Timeouts: { fields: [integer('http_response_headers'), integer('http_total')] },
  KernelArguments: {
    fields: [strings('should_exist'), strings('should_not_exist')],
    shared: ['shouldExist', 'shouldNotExist'],
  },
  Passwd: { fields: [list('groups', 'PasswdGroup'), list('users', 'PasswdUser')] },
  PasswdGroup: {
    fields: [
      integer('gid'),
      string('name', { plain: true }),
      string('password_hash'),
      boolean('should_exist', { since: 2 }),
      boolean('system'),
    ],
    key: 'name',
  },
  PasswdUser: {
    fields: [
      string('gecos'),
      strings('groups'),
      string('home_dir'),
      string('name', { plain: true }),
      boolean('no_create_home'),
      boolean('no_log_init'),
      boolean('no_user_group'),
      string('password_hash'),
      string('primary_group'),
      strings('ssh_authorized_keys'),
      sugar(strings('ssh_authorized_keys_local', { since: 4, about: 'files below the files directory' })),
      string('shell'),
      boolean('should_exist', { since: 2 }),
      boolean('system'),
      integer('uid'),
    ],
    key: 'name',
  },
  Storage: {
    fields: [
      list('directories', 'Directory'),
      list('disks', 'Disk'),
      list('files', 'File'),
      list('filesystems', 'Filesystem'),
      list('links', 'Link'),
      list('luks', 'Luks', { since: 2 }),
      list('raid', 'Raid'),
      sugar(list('trees', 'Tree', { since: 1 })),
    ],
    shared: ['directories', 'files', 'links'],
  },
  NodeUser: { fields: OWNER },
  NodeGroup: { fields: OWNER },
  Directory: { fields: [...NODE, integer('mode', { about: 'octal, with a leading zero' })], key: 'path' },
  File: {
    fields: [
      ...NODE,
      list('append', 'Resource', { append: true }),
      struct('contents', 'Resource'),
      integer('mode', { about: 'octal, with a leading zero' }),
    ],
    key: 'path',
  },
  Link: { fields: [...NODE, boolean('hard'), string('target', { plain: 2 })], key: 'path' },
  Disk: {
    fields: [
      string('device', { plain: true, about: 'absolute path; by-id and by-path are stable' }),
      list('partitions', 'Partition'),
      boolean('wipe_table', { about: 'remove all partitions first' }),
    ],
    key: 'device',
  },
  Partition: {
    fields: [
      string('guid'),
      string('label'),
      integer('number', { about: '0 or absent: the next free one' }),
      boolean('resize', { since: 2 }),
      boolean('should_exist'),
      integer('size_mib', { about: '0: as large as possible' }),
      integer('start_mib', { about: '0: start of the largest free block' }),
      string('type_guid'),
      boolean('wipe_partition_entry'),
    ],
  },
  Filesystem: {
    fields: [
      string('device', { plain: true }),
      string('format', { about: 'ext4, btrfs, xfs, vfat, swap or none' }),
      string('label'),
      strings('mount_options', { since: 1, append: true }),
      strings('options', { append: true, about: 'for mkfs' }),
      string('path'),
      string('uuid'),
      boolean('wipe_filesystem'),
      sugar(boolean('with_mount_unit', { since: 1, about: 'write and enable a mount or swap unit' })),
    ],
    key: 'device',
  },
  Luks: {
    fields: [
      struct('cex', 'Cex', { since: 5 }),
      struct('clevis', 'Clevis', { reference: 2 }),
      string('device'),
      boolean('discard', { since: 4 }),
      struct('key_file', 'Resource'),
      string('label'),
      string('name', { plain: true }),
      strings('open_options', { since: 4, append: true }),
      strings('options', { append: true }),
      string('uuid'),
      boolean('wipe_volume'),
    ],
    key: 'name',
  },
  Cex: { fields: [boolean('enabled')] },
  Clevis: {
    fields: [
      struct('custom', 'ClevisCustom', { reference: 2 }),
      list('tang', 'Tang'),
      integer('threshold'),
      boolean('tpm2'),
    ],
  },
  ClevisCustom: {
    fields: [string('config', { plain: 2 }), boolean('needs_network'), string('pin', { plain: 2 })],
  },
  Tang: {
    fields: [string('advertisement', { since: 4 }), string('thumbprint'), string('url', { plain: true })],
    key: 'url',
  },
  Raid: {
    fields: [
      strings('devices'),
      string('level', { plain: 2 }),
      string('name', { plain: true }),
      strings('options', { append: true }),
      integer('spares'),
    ],
    key: 'name',
  },
  Tree: {
    fields: [
      integer('dir_mode', { since: 6 }),
      integer('file_mode', { since: 6 }),
      struct('group', 'NodeGroup', { since: 6 }),
      string('local', { about: 'a directory below the files directory' }),
      string('path', { about: 'where it goes; default /' }),
      struct('user', 'NodeUser', { since: 6 }),
    ].map(sugar),
  },
  Systemd: { fields: [list('units', 'Unit'), sugar(list('quadlets', 'Quadlet', { since: 7 }))] },
  Unit: {
    fields: [
      string('contents'),
      sugar(string('contents_local', { since: 4, about: 'a file below the files directory' })),
      list('dropins', 'Dropin'),
      boolean('enabled'),
      boolean('mask'),
      string('name', { plain: true, about: 'with its extension' }),
    ],
    key: 'name',
  },
  Dropin: {
    fields: [
      string('contents'),
      sugar(string('contents_local', { since: 4, about: 'a file below the files directory' })),
      string('name', { plain: true, about: 'ends in .conf' }),
    ],
    key: 'name',
  },
  Quadlet: {
    fields: [
      string('contents'),
      string('contents_local'),
      list('dropins', 'Dropin'),
      string('name'),
      boolean('rootful', { about: 'for the system, not for users' }),
    ].map(sugar),
  },
  BootDevice: {
    fields: [
      string('layout', { about: 'aarch64, ppc64le, s390x-eckd, s390x-virt, s390x-zfcp or x86_64' }),
      struct('luks', 'BootDeviceLuks'),
      struct('mirror', 'BootDeviceMirror'),
    ].map(sugar),
  },
  BootDeviceLuks: {
    fields: [
      struct('cex', 'Cex', { since: 5 }),
      string('device', { since: 5 }),
      boolean('discard', { since: 4 }),
      list('tang', 'Tang'),
      integer('threshold'),
      boolean('tpm2'),
    ],
  },
  BootDeviceMirror: { fields: [sugar(strings('devices'))] },
  Grub: { fields: [sugar(list('users', 'GrubUser'))] },
  GrubUser: { fields: [string('name'), string('password_hash')].map(sugar) },
  Metadata: { fields: [sugar(string('name')), labels('labels')] },
  OpenShift: {
    fields: [
      strings('extensions', { append: true }),
      boolean('fips'),
      strings('kernel_arguments', { append: true }),
      string('kernel_type', { about: 'default or realtime' }),
    ],
  },
} satisfies Record<string, Struct>;

export type StructName = keyof typeof STRUCTS;

/** The object of that name. */
export function structOf(name: string): Struct {
  return STRUCTS[name as StructName];
}

/** The fields that an object has at a level, in order. */
export function fieldsOf(name: string, level: Level): readonly Field[] {
  const cached = FIELDS_AT[level]?.get(name);
  if (cached) return cached;
  const fields = structOf(name).fields.filter(({ since }) => since <= level);
  (FIELDS_AT[level] ??= new Map()).set(name, fields);
  return fields;
}

const FIELDS_AT: Map<string, readonly Field[]>[] = [];
