import { duplicateValue, forbiddenField, invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import { checkDnsLabel, Quantity, type StatusCause } from '@longshore/kube';
import type { KeyToPath, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import { problems } from '../checks.js';
import { RARE_SOURCES } from './volumes.js';
import { checkFieldRef } from './env-validation.js';

const SOURCES = [
  'emptyDir',
  'hostPath',
  'configMap',
  'secret',
  'persistentVolumeClaim',
  'projected',
  'downwardAPI',
  'nfs',
  'csi',
  'ephemeral',
  'image',
  'gitRepo',
  ...RARE_SOURCES,
] as const;
type Source = (typeof SOURCES)[number];

const FILE_MODE = 'must be a number between 0 and 0777 (octal), both inclusive';
const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** What a pod may mount: each volume by its name. */
export function checkVolumes(spec: PodSpec, path: string): StatusCause[] {
  const seen = new Set<string>();
  return (spec.volumes ?? []).flatMap((volume, at) => {
    const field = `${path}[${at}]`;
    const causes = checkSource(volume, field);
    const { name } = volume;
    if (!name) return [...causes, requiredValue(`${field}.name`)];
    causes.push(...problems(`${field}.name`, name, checkDnsLabel(name)));
    if (seen.has(name)) causes.push(duplicateValue(`${field}.name`, name));
    seen.add(name);
    return causes;
  });
}

function checkSource(volume: Volume, field: string): StatusCause[] {
  const given = SOURCES.filter((source) => source in volume);
  const causes = given
    .slice(1)
    .map((source) => forbiddenField(`${field}.${source}`, 'may not specify more than 1 volume type'));
  const [first] = given;
  if (first === undefined) return [requiredValue(field, 'must specify a volume type')];
  return [...causes, ...checkOne(first, volume, `${field}.${first}`)];
}

function checkOne(source: Source, volume: Volume, field: string): StatusCause[] {
  switch (source) {
    case 'configMap': {
      const { name, defaultMode, items } = volume.configMap ?? {};
      return [
        ...required(name, `${field}.name`),
        ...checkMode(defaultMode, `${field}.defaultMode`),
        ...checkItems(items, field),
      ];
    }
    case 'secret': {
      const { secretName, defaultMode, items } = volume.secret ?? {};
      return [
        ...required(secretName, `${field}.secretName`),
        ...checkMode(defaultMode, `${field}.defaultMode`),
        ...checkItems(items, field),
      ];
    }
    case 'hostPath': {
      const { path = '', type } = volume.hostPath ?? {};
      const causes = path.split('/').includes('..')
        ? [invalidValue(`${field}.path`, path, "must not contain '..'")]
        : [];
      if (type !== undefined && !HOST_PATH_TYPES.includes(type)) {
        causes.push(unsupportedValue(`${field}.type`, type, HOST_PATH_TYPES));
      }
      return causes;
    }
    case 'emptyDir': {
      const { sizeLimit } = volume.emptyDir ?? {};
      const isNegative = sizeLimit !== undefined && Quantity.parse(String(sizeLimit)).nanos < 0n;
      return isNegative
        ? [forbiddenField(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
        : [];
    }
    case 'projected':
      return checkProjected(volume, field);
    case 'downwardAPI':
      return (volume.downwardAPI?.items ?? []).flatMap((item, at) => [
        ...checkFilePath(item.path, `${field}.items[${at}].path`),
        ...(item.fieldRef ? checkFieldRef(item.fieldRef, `${field}.items[${at}].fieldRef`, 'volume') : []),
      ]);
    case 'nfs': {
      const { path = '/' } = volume.nfs ?? {};
      return path.startsWith('/') ? [] : [invalidValue(`${field}.path`, path, 'must be an absolute path')];
    }
    default:
      return [];
  }
}

function required(value: string | undefined, field: string): StatusCause[] {
  return value ? [] : [requiredValue(field)];
}

function checkMode(mode: number | undefined, field: string): StatusCause[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalidValue(field, mode, FILE_MODE)] : [];
}

function checkItems(items: KeyToPath[] | undefined, field: string): StatusCause[] {
  return (items ?? []).flatMap(({ path, mode }, at) => [
    ...checkFilePath(path, `${field}.items[${at}].path`),
    ...checkMode(mode, `${field}.items[${at}].mode`),
  ]);
}

/** A relative path that stays below where it begins. */
function checkFilePath(path: string, field: string): StatusCause[] {
  if (!path) return [];
  const causes = checkRelativePath(path, field);
  if (path.split('/')[0]?.startsWith('..') && path.split('/')[0] !== '..') {
    causes.push(invalidValue(field, path, "must not start with '..'"));
  }
  return causes;
}

/** As sub-paths of mounts are. */
export function checkRelativePath(path: string, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (path.startsWith('/')) causes.push(invalidValue(field, path, 'must be a relative path'));
  if (path.split('/').includes('..')) causes.push(invalidValue(field, path, "must not contain '..'"));
  return causes;
}

const PROJECTIONS = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle'] as const;

function checkProjected({ projected }: Volume, field: string): StatusCause[] {
  const causes = checkMode(projected?.defaultMode, `${field}.defaultMode`);
  for (const [at, source] of (projected?.sources ?? []).entries()) {
    const path = `${field}.sources[${at}]`;
    const given = PROJECTIONS.filter((kind) => kind in source);
    for (const kind of given.slice(1)) {
      causes.push(forbiddenField(`${path}.${kind}`, 'may not specify more than 1 volume type'));
    }
    if (given.length === 0) causes.push(requiredValue(path, 'must specify a projected volume type'));
    const { configMap, secret, serviceAccountToken: token } = source;
    if (secret)
      causes.push(...required(secret.name, `${path}.secret.name`), ...checkItems(secret.items, `${path}.secret`));
    if (configMap)
      causes.push(
        ...required(configMap.name, `${path}.configMap.name`),
        ...checkItems(configMap.items, `${path}.configMap`),
      );
    if (token) causes.push(...checkToken(token.expirationSeconds, `${path}.serviceAccountToken`));
  }
  return causes;
}

function checkToken(seconds = 3600, field: string): StatusCause[] {
  const path = `${field}.expirationSeconds`;
  if (seconds < 600) return [invalidValue(path, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > 2 ** 32) return [invalidValue(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}
