import { describe, expect, it } from 'vitest';
import { readFields } from '../protobuf/wire.js';
import { object, string } from '../schema/builder.js';
import { encodeDocument } from './document-protobuf.js';
import { writeDocument } from './document.js';

const document = writeDocument(
  [
    {
      group: 'apps',
      version: 'v1',
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      scope: 'Namespaced',
      schema: object('A widget.', { spec: object('What it should be.', { size: string('Its size.').required() }) })
        .schema,
      backend: { type: 'stored' },
    },
  ],
  'v2',
  { title: 'Test', version: 'v1' },
);

/** The values of a field of a message that are messages or strings. */
const values = (bytes: Buffer, field: number): Buffer[] =>
  [...readFields(bytes)].flatMap((each) => (each.number === field && each.type === 'bytes' ? [each.value] : []));

/** What a list of names holds under one of them. */
function underName(bytes: Buffer, field: number, name: string): Buffer {
  const entry = values(bytes, field).find((each) => values(each, 1)[0]?.toString() === name);
  const [value] = entry === undefined ? [] : values(entry, 2);
  if (value === undefined) throw new Error(`nothing is called ${name}`);
  return value;
}

describe('encodeDocument', () => {
  const bytes = encodeDocument(document);

  it('says which version of OpenAPI it is', () => {
    expect(values(bytes, 1).map(String)).toEqual(['2.0']);
  });

  it('holds the schema of each kind with its group, version and kind', () => {
    const widget = underName(values(bytes, 9)[0]!, 1, 'io.k8s.api.apps.v1.Widget');
    const kinds = values(underName(widget, 31, 'x-kubernetes-group-version-kind'), 2);
    expect(kinds.map((each) => JSON.parse(each.toString()) as unknown)).toEqual([
      [{ group: 'apps', kind: 'Widget', version: 'v1' }],
    ]);
    const spec = underName(values(widget, 25)[0]!, 1, 'spec');
    expect(values(spec, 19).map(String)).toEqual(['size']);
    const size = underName(values(spec, 25)[0]!, 1, 'size');
    expect(values(values(size, 22)[0]!, 1).map(String)).toEqual(['string']);
  });

  it('lets clients find out which parameters a patch takes', () => {
    const path = underName(values(bytes, 8)[0]!, 2, '/apis/apps/v1/namespaces/{namespace}/widgets/{name}');
    const references = values(values(path, 8)[0]!, 8).flatMap((item) => values(item, 2));
    expect(references.map((each) => values(each, 1)[0]?.toString())).toContain('#/parameters/fieldValidation');
    const shared = underName(values(bytes, 10)[0]!, 1, 'fieldValidation');
    const [inQuery] = values(values(shared, 2)[0]!, 3);
    expect(values(inQuery!, 4).map(String)).toEqual(['fieldValidation']);
  });
});
