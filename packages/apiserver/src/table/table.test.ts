import { describe, expect, it } from 'vitest';
import { Printer } from './table.js';

const now = new Date('2026-01-01T00:01:00Z');
const object = {
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { n: 2.5, on: true, list: ['a', 'b'], when: '2026-01-01T00:00:30Z', text: 'hi' },
};

describe('Printer', () => {
  it('prints name and age when a kind says nothing', () => {
    const printer = new Printer({});
    expect(printer.columns).toMatchObject([
      { name: 'Name', format: 'name' },
      { name: 'Age', type: 'date' },
    ]);
    expect(printer.cells(object, now)).toEqual(['x', '60s']);
  });

  it.each([
    ['string', '.spec.text', 'hi'],
    ['string', '.spec.list', '["a","b"]'],
    ['string', '.spec.n', '2.5'],
    ['integer', '.spec.n', 2],
    ['integer', '.spec.text', null],
    ['number', '.spec.n', 2.5],
    ['boolean', '.spec.on', true],
    ['date', '.spec.when', '30s'],
    ['string', '.spec.none', null],
  ] as const)('prints a %s at %s', (type, value, cell) => {
    expect(new Printer({ columns: [{ name: 'C', type, value }] }).cells(object, now)).toEqual(['x', cell]);
  });

  it.each([
    ['has its place', false, ['Reason', 'Name']],
    ['of a custom resource is another', true, ['Name', 'Reason', 'Name']],
  ])('a column for the name %s', (_what, custom, names) => {
    const columns = ['Reason', 'Name'].map((name) => ({ name, type: 'string' as const, value: '.spec.text' }));
    expect(new Printer({ columns, custom }).columns.map(({ name }) => name)).toEqual(names);
  });
});
