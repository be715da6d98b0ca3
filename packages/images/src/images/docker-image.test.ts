import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDockerImage } from './docker-image.js';

const read = (config: unknown) => readDockerImage(Buffer.from(JSON.stringify(config)));

describe('readDockerImage', () => {
  it('reads what Docker and OCI write', () => {
    const container = {
      Hostname: 'h',
      User: '1001',
      Memory: 1024,
      ExposedPorts: { '8080/tcp': {} },
      Tty: true,
      Env: ['A=b'],
      Cmd: ['run'],
      Volumes: { '/data': {} },
      WorkingDir: '/app',
      Entrypoint: ['/entry'],
      Labels: { 'io.k8s.display-name': 'App' },
    };
    const config = {
      architecture: 'arm64',
      os: 'linux',
      author: 'somebody',
      comment: 'c',
      container: 'abc',
      container_config: { ...container, Cmd: ['/bin/sh'] },
      created: '2026-01-02T03:04:05.678901234+02:00',
      docker_version: '27.0',
      parent: 'sha256:0',
      config: container,
      rootfs: { type: 'layers', diff_ids: [] },
    };
    expect(read(config)).toEqual({
      Architecture: 'arm64',
      Author: 'somebody',
      Comment: 'c',
      Container: 'abc',
      ContainerConfig: { ...container, Cmd: ['/bin/sh'] },
      Created: '2026-01-02T01:04:05Z',
      DockerVersion: '27.0',
      Parent: 'sha256:0',
      Config: container,
    });
  });

  it.each<[what: string, config: unknown, description: object]>([
    ['empty fields', { author: '', config: { Env: [], Labels: {}, Tty: false, Memory: 0, Cmd: null } }, { Config: {} }],
    ['a wrong type', { author: 7, architecture: ['amd64'], created: 'yesterday', config: 'none' }, {}],
    [
      'wrong items',
      { config: { Env: ['A=b', 1, null], Labels: { a: 'b', c: 3 } } },
      { Config: { Env: ['A=b'], Labels: { a: 'b' } } },
    ],
    ['a list', [1], {}],
    ['null', null, {}],
  ])('leaves out %s', (_what, config, description) => {
    expect(read(config)).toEqual(description);
  });

  it.each<[what: string, bytes: Uint8Array]>([
    ['no JSON', Buffer.from('{"a":')],
    ['no text', Buffer.from([0x22, 0xff, 0x22])],
    ['nothing', Buffer.alloc(0)],
    ['depths', Buffer.from('['.repeat(1_000_000))],
    ['too much', Buffer.from(JSON.stringify({ author: 'a'.repeat(4 * 2 ** 20) }))],
  ])('says nothing of %s', (_what, bytes) => {
    expect(readDockerImage(bytes)).toEqual({});
  });

  it('does not let a label reach the prototype', () => {
    const { Config } = readDockerImage(Buffer.from('{"config":{"Labels":{"__proto__":"x"}}}'));
    expect(JSON.stringify(Config)).toBe('{"Labels":{"__proto__":"x"}}');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('drops the great parts when an Image would become too great', () => {
    const large = { Labels: { a: 'b'.repeat(300_000) } };
    const small = { Labels: { a: 'b' } };
    expect(read({ author: 'a', container_config: large, config: large })).toEqual({ Author: 'a', Config: large });
    const huge = { Labels: { a: 'b'.repeat(600_000) } };
    expect(read({ author: 'a', container_config: small, config: huge })).toEqual({ Author: 'a' });
    expect(read({ author: 'a'.repeat(600_000) })).toEqual({});
  });

  it('never fails, and is small', () => {
    const value = fc.oneof(fc.jsonValue(), fc.record({ config: fc.jsonValue(), container_config: fc.jsonValue() }));
    fc.assert(
      fc.property(value, (config) => {
        const description = read(config);
        expect(JSON.stringify(description).length).toBeLessThan(600_000);
        expect(JSON.parse(JSON.stringify(description))).toEqual(description);
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readDockerImage(bytes)));
  });
});
