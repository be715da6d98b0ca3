import type { Code } from '../source/catalogue.js';
import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import { openshiftMinor, type Dialect } from '../schema/variants.js';
import { jsonFieldsOf, type JsonObject, type JsonValue } from '../spec/decode.js';

/** Fields that a target does not have, by their JSON names without list indexes, and what to say of them. */
type Filters = ReadonlyMap<string, Code>;

const OSTREE: Filters = new Map<string, Code>([
  ['kernelArguments', 'kernel-arguments-unsupported'],
  ['storage.disks', 'disks-unsupported'],
  ['storage.filesystems', 'filesystems-unsupported'],
  ['storage.luks', 'luks-unsupported'],
  ['storage.raid', 'raid-unsupported'],
]);

const USER_FIELDS = [
  'gecos',
  'groups',
  'homeDir',
  'noCreateHome',
  'noLogInit',
  'noUserGroup',
  'primaryGroup',
  'shell',
  'shouldExist',
  'system',
  'uid',
];

/** Reports fields that the target does not have, once at the outermost (edge.md 1.8). */
export function checkFilters(config: JsonObject, dialect: Dialect, report: Report): void {
  const filters = filtersOf(dialect);
  if (filters.size > 0) verify(config, 'Config', '', [], { filters, level: dialect.level, report });
}

interface Verification {
  filters: Filters;
  level: number;
  report: Report;
}

function verify(object: JsonObject, struct: string, prefix: string, path: Path, verification: Verification): void {
  for (const { json = '', type } of jsonFieldsOf(struct, verification.level)) {
    const value = object[json];
    if (value === undefined) continue;
    const name = `${prefix}${json}`;
    const code = verification.filters.get(name);
    if (code) {
      if (!isGenerated(value, code)) verification.report.error([...path, json], code);
    } else if (type.kind === 'struct') {
      verify(value as JsonObject, type.struct, `${name}.`, [...path, json], verification);
    } else if (type.kind === 'list') {
      (value as JsonObject[]).forEach((item, index) => {
        verify(item, type.struct, `${name}.`, [...path, json, index], verification);
      });
    }
  }
}

/** An empty compression is written by the translation itself. */
function isGenerated(value: JsonValue, code: Code): boolean {
  return code === 'file-compression-unsupported' && value === '';
}

function filtersOf(dialect: Dialect): Filters {
  switch (dialect.variant) {
    case 'fcos':
      return new Map();
    case 'flatcar':
      return dialect.level < 7
        ? new Map([['storage.luks.clevis', 'clevis-unsupported']])
        : new Map([['storage.luks.cex', 'cex-unsupported']]);
    case 'r4e':
    case 'fiot':
      return OSTREE;
    case 'openshift':
      return openshiftFilters(openshiftMinor(dialect));
  }
}

function openshiftFilters(minor: number): Filters {
  const userFields = minor < 13 ? [...USER_FIELDS, 'passwordHash'] : USER_FIELDS;
  return new Map<string, Code>([
    ...(minor >= 14 ? [['kernelArguments', 'kernel-arguments-openshift'] as const] : []),
    ['passwd.groups', 'groups-unsupported'],
    ...userFields.map((field) => [`passwd.users.${field}`, 'user-fields-unsupported'] as const),
    ['storage.directories', 'directories-unsupported'],
    ['storage.files.append', 'file-append-unsupported'],
    ...(minor < 10 ? [['storage.files.contents.compression', 'file-compression-unsupported'] as const] : []),
    ['storage.files.contents.httpHeaders', 'file-headers-unsupported'],
    ['storage.links', 'links-unsupported'],
  ]);
}
