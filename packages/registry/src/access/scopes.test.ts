import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access } from './access.js';
import { formatScopes, parseScopes, ScopeError } from './scopes.js';

describe('parseScopes', () => {
  it.each([
    [[], []],
    [[''], []],
    [['repository:ns/name:pull,push'], [{ type: 'repository', name: 'ns/name', actions: ['pull', 'push'] }]],
    [['repository(plugin):ns/name:pull'], [{ type: 'repository', name: 'ns/name', actions: ['pull'] }]],
    [['repository:host:5000/ns/name:pull'], [{ type: 'repository', name: 'host:5000/ns/name', actions: ['pull'] }]],
    [['registry:catalog:*'], [{ type: 'registry', name: 'catalog', actions: ['*'] }]],
    [['metrics::get'], [{ type: 'metrics', name: '', actions: ['get'] }]],
    [['aws:thing:fly'], [{ type: 'aws', name: 'thing', actions: ['fly'] }]],
    [
      ['repository:a:pull  repository:b:push'],
      [
        { type: 'repository', name: 'a', actions: ['pull'] },
        { type: 'repository', name: 'b', actions: ['push'] },
      ],
    ],
    [
      ['repository:a:pull', 'repository:b:pull', 'repository:a:pull,push'],
      [
        { type: 'repository', name: 'a', actions: ['pull', 'push'] },
        { type: 'repository', name: 'b', actions: ['pull'] },
      ],
    ],
  ])('reads %j', (parameters, expected) => {
    expect(parseScopes(parameters)).toEqual(expected);
  });

  it.each([
    ['repository'],
    ['repository:name'],
    [':name:pull'],
    ['repository::pull'],
    ['repository:name:'],
    ['repository:name:pull,'],
    ['repository:name:PULL'],
    ['repository:na"me:pull'],
    ['repository:na\\me:pull'],
    ['repository:näme:pull'],
    ['repository:na\nme:pull'],
    ['Repository:name:pull'],
    ['repository(plugin:name:pull'],
    ['repository:name:' + Array(17).fill('pull').join(',')],
    ['repository:' + 'a'.repeat(1024) + ':pull'],
    [Array.from({ length: 65 }, (_, at) => `repository:r${at}:pull`).join(' ')],
    [Array.from({ length: 20 }, () => `repository:${'a'.repeat(900)}:pull`).join(' ')],
  ])('refuses %.60j', (parameter) => {
    expect(() => parseScopes([parameter])).toThrow(ScopeError);
  });

  it('throws nothing else, and does not quote what it refuses', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 12 })), (parameters) => {
        try {
          parseScopes(parameters);
        } catch (error) {
          expect(error).toBeInstanceOf(ScopeError);
          for (const parameter of parameters) expect((error as ScopeError).message).not.toContain(parameter);
        }
      }),
    );
  });

  it('reads back what formatScopes writes', () => {
    const access = fc.record<Access>({
      type: fc.constant('repository'),
      name: fc.stringMatching(/^[a-z]{1,3}(:[0-9]{2})?(\/[a-z]{1,3})?$/),
      action: fc.constantFrom('pull', 'push', 'delete', '*'),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 20 }), (wanted) => {
        const triples = (list: string[]) => [...new Set(list)].sort();
        const read = parseScopes([formatScopes(wanted)]);
        expect(triples(read.flatMap(({ name, actions }) => actions.map((action) => `${name} ${action}`)))).toEqual(
          triples(wanted.map(({ name, action }) => `${name} ${action}`)),
        );
      }),
    );
  });
});

describe('formatScopes', () => {
  it('merges the rights of a resource', () => {
    const wanted: Access[] = [
      { type: 'repository', name: 'a/b', action: 'pull' },
      { type: 'repository', name: 'a/b', action: 'push' },
      { type: 'repository', name: 'c/d', action: 'pull' },
    ];
    expect(formatScopes(wanted)).toBe('repository:a/b:pull,push repository:c/d:pull');
  });
});
