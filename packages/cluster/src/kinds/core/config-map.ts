import { forbiddenField, invalidValue, s } from '@longshore/apiserver';
import { jsonEqual, type KubeObject, type StatusCause } from '@longshore/kube';
import type { ConfigMap as Fields } from 'kubernetes-types/core/v1.js';
import { configKeyProblems, problems } from '../checks.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { checkDataSize, decodedBytes, textBytes } from './data-size.js';

type ConfigMap = KubeObject & Pick<Fields, 'data' | 'binaryData' | 'immutable'>;

export const IMMUTABLE_SET = 'field is immutable when `immutable` is set';

function validate({ data = {}, binaryData = {} }: ConfigMap): StatusCause[] {
  const check = (name: string, bag: object, other: object, otherName: string) =>
    Object.keys(bag).flatMap((key) => {
      const field = `${name}[${key}]`;
      const causes = problems(field, key, configKeyProblems(key));
      if (Object.hasOwn(other, key)) causes.push(invalidValue(field, key, `duplicate of key present in ${otherName}`));
      return causes;
    });
  return [
    ...check('data', data, binaryData, 'binaryData'),
    ...check('binaryData', binaryData, data, 'data'),
    ...checkDataSize(textBytes(data) + decodedBytes(binaryData), ''),
  ];
}

function validateUpdate(map: ConfigMap, old: ConfigMap): StatusCause[] {
  if (!old.immutable) return [];
  const causes: StatusCause[] = [];
  if (!map.immutable) causes.push(forbiddenField('immutable', IMMUTABLE_SET));
  if (!jsonEqual(map.data ?? {}, old.data ?? {})) causes.push(forbiddenField('data', IMMUTABLE_SET));
  if (!jsonEqual(map.binaryData ?? {}, old.binaryData ?? {})) causes.push(forbiddenField('binaryData', IMMUTABLE_SET));
  return causes;
}

export const configMaps = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  description: 'Settings for pods.',
  fields: {
    binaryData: s.mapOf(s.bytes(''), 'Values that are no text, in Base64.'),
    data: s.stringMap('Values that are text.'),
    immutable: s.boolean('Whether the values stay as they are for ever.'),
  },
  columns: [
    column(
      'Data',
      ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
      'string',
    ),
    age,
  ],
  stored: { validate, validateUpdate },
});
