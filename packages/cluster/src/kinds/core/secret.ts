import { forbiddenField, invalidValue, requiredValue, s } from '@longshore/apiserver';
import { jsonEqual, type KubeObject, type StatusCause } from '@longshore/kube';
import type { Secret as Fields } from 'kubernetes-types/core/v1.js';
import { checkImmutable, configKeyProblems, problems } from '../checks.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { IMMUTABLE_SET } from './config-map.js';
import { checkDataSize, decodedBytes } from './data-size.js';

export type Secret = KubeObject & Pick<Fields, 'data' | 'stringData' | 'immutable' | 'type'>;

const SERVICE_ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** Keys that a secret of a type must have; of several groups, one of each. */
const REQUIRED_KEYS: Record<string, readonly (readonly string[])[]> = {
  'kubernetes.io/dockercfg': [['.dockercfg']],
  'kubernetes.io/dockerconfigjson': [['.dockerconfigjson']],
  'kubernetes.io/basic-auth': [['username', 'password']],
  'kubernetes.io/ssh-auth': [['ssh-privatekey']],
  'kubernetes.io/tls': [['tls.crt'], ['tls.key']],
};
const JSON_KEYS = ['.dockercfg', '.dockerconfigjson'];

function setDefaults(secret: Secret): void {
  secret.type ??= 'Opaque';
  const { stringData } = secret;
  if (stringData) {
    const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    secret.data = { ...secret.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
    delete secret.stringData;
  }
}

function validate({ metadata, data = {}, type = '' }: Secret): StatusCause[] {
  const causes = Object.keys(data).flatMap((key) => problems(`data[${key}]`, key, configKeyProblems(key)));
  causes.push(...checkDataSize(decodedBytes(data), 'data'));
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[SERVICE_ACCOUNT_ANNOTATION]) {
    causes.push(requiredValue(`metadata.annotations[${SERVICE_ACCOUNT_ANNOTATION}]`));
  }
  for (const keys of Object.hasOwn(REQUIRED_KEYS, type) ? (REQUIRED_KEYS[type] ?? []) : []) {
    const present = keys.filter((key) => Object.hasOwn(data, key));
    if (present.length === 0) causes.push(...keys.map((key) => requiredValue(`data[${key}]`)));
    for (const key of present) if (JSON_KEYS.includes(key)) causes.push(...checkJson(key, data[key] ?? ''));
  }
  return causes;
}

function checkJson(key: string, encoded: string): StatusCause[] {
  const text = Buffer.from(encoded, 'base64').toString();
  try {
    JSON.parse(text);
    return [];
  } catch {
    const first = text.trim().charAt(0);
    const words =
      first === '' || '{["'.includes(first)
        ? 'unexpected end of JSON input'
        : `invalid character '${first}' looking for beginning of value`;
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', words)];
  }
}

function validateUpdate(secret: Secret, old: Secret): StatusCause[] {
  const causes = checkImmutable(secret.type, old.type, 'type');
  if (!old.immutable) return causes;
  if (!secret.immutable) causes.push(forbiddenField('immutable', IMMUTABLE_SET));
  if (!jsonEqual(secret.data ?? {}, old.data ?? {})) causes.push(forbiddenField('data', IMMUTABLE_SET));
  return causes;
}

export const secrets = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  description: 'Values that few may see: passwords, tokens, keys.',
  fields: {
    data: s.mapOf(s.bytes(''), 'The values, in Base64.'),
    immutable: s.boolean('Whether the values stay as they are for ever.'),
    stringData: s.stringMap('Values as text, for writing only; they become part of data.'),
    type: s.string('What is in it; some types must have certain keys. Default: Opaque.'),
  },
  columns: [
    column('Type', ({ type }) => type ?? ''),
    column('Data', ({ data = {} }) => Object.keys(data).length, 'string'),
    age,
  ],
  selectableFields: { type: ({ type }) => type ?? '' },
  stored: { setDefaults, validate, validateUpdate },
});
