import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  boolean,
  bytes,
  int32,
  int64,
  intOrString,
  listOf,
  object,
  quantity,
  shared,
  string,
  stringMap,
  time,
} from './builder.js';
import { decodingError } from './decode.js';

const item = shared('io.k8s.api.core.v1.Item', 'An item.', { name: string(''), count: int32('') });
const { schema } = object('A thing.', {
  spec: shared('io.k8s.api.core.v1.ThingSpec', 'Its specification.', {
    items: listOf(item, ''),
    labels: stringMap(''),
    on: boolean(''),
    big: int64(''),
    size: quantity(''),
    port: intOrString(''),
    since: time(''),
    blob: bytes(''),
  }),
});

describe('decodingError', () => {
  it.each<[unknown, string | undefined]>([
    [
      { spec: { items: [{ name: 'a', count: 1 }], labels: { a: 'b' }, on: true, big: 2 ** 40, size: 1, port: 'http' } },
      undefined,
    ],
    [{ spec: null }, undefined],
    [[], 'json: cannot unmarshal array into Go value of type Thing'],
    [{ spec: 'x' }, 'json: cannot unmarshal string into Go struct field Thing.spec of type v1.ThingSpec'],
    [
      { spec: { items: {} } },
      'json: cannot unmarshal object into Go struct field ThingSpec.spec.items of type []v1.Item',
    ],
    [
      { spec: { items: [{ name: 1 }] } },
      'json: cannot unmarshal number into Go struct field Item.spec.items.name of type string',
    ],
    [
      { spec: { items: [{ count: 'x' }] } },
      'json: cannot unmarshal string into Go struct field Item.spec.items.count of type int32',
    ],
    [
      { spec: { items: [{ count: 1.5 }] } },
      'json: cannot unmarshal number 1.5 into Go struct field Item.spec.items.count of type int32',
    ],
    [
      { spec: { items: [{ count: 2 ** 31 }] } },
      'json: cannot unmarshal number 2147483648 into Go struct field Item.spec.items.count of type int32',
    ],
    [
      { spec: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ThingSpec.spec.labels of type string',
    ],
    [{ spec: { on: 'yes' } }, 'json: cannot unmarshal string into Go struct field ThingSpec.spec.on of type bool'],
    [{ spec: { port: true } }, 'json: cannot unmarshal bool into Go value of type int32'],
    [
      { spec: { size: '1x' } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [{ spec: { since: 'now' } }, 'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"'],
    [{ spec: { blob: 'ab*=' } }, 'illegal base64 data at input byte 2'],
    [{ spec: { blob: 'YW\nJj' } }, undefined],
    [
      { metadata: { labels: { a: true } } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
  ])('%j', (value, expected) => {
    expect(decodingError(value, schema, 'Thing')).toBe(expected);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.object({ key: fc.constantFrom('spec', 'items', 'metadata', 'labels', 'size', 'since', 'blob') }),
        (value) => {
          decodingError(value, schema, 'Thing');
        },
      ),
    );
  });
});
