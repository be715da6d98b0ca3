import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from './decode-message.js';
import { messageNamed, messageOfKind } from './messages.js';
import { ProtobufError, readVarint } from './wire.js';

/** A field of a message, as a client writes it. */
type Part = [number, string | number | Buffer | Part[]];

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function encode(parts: Part[]): Buffer {
  return Buffer.concat(
    parts.flatMap(([number, value]) => {
      if (typeof value === 'number') return [encodeVarint(number * 8), encodeVarint(value)];
      const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.isBuffer(value) ? value : encode(value);
      return [encodeVarint(number * 8 + 2), encodeVarint(bytes.length), bytes];
    }),
  );
}

function envelope(apiVersion: string, kind: string, object: Part[]): Buffer {
  const parts: Part[] = [
    [
      1,
      [
        [1, apiVersion],
        [2, kind],
      ],
    ],
    [2, object],
    [3, ''],
    [4, ''],
  ];
  return Buffer.concat([Buffer.from('k8s\0'), encode(parts)]);
}

describe('decodeProtobuf', () => {
  it('reads what kubectl create namespace sends', () => {
    const bytes = Buffer.from(
      '6b3873000a0f0a02763112094e616d65737061636512190a110a016112001a00' +
        '22002a00320038004200' +
        '12001a020a001a002200',
      'hex',
    );
    expect(decodeProtobuf(bytes, '', 'v1', 'Namespace')).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'a' },
      spec: {},
      status: {},
    });
  });

  it('reads packed lists of any length', () => {
    const groups = Buffer.alloc(500_000, 7);
    const bytes = envelope('v1', 'Pod', [[2, [[14, [[4, groups]]]]]]);
    const { spec } = decodeProtobuf(bytes, '', 'v1', 'Pod') as { spec: { securityContext: Record<string, number[]> } };
    const numbers = spec.securityContext.supplementalGroups;
    expect([numbers?.length, numbers?.at(-1)]).toEqual([500_000, 7]);
  });

  it('tells zeros that count from those that only stand there', () => {
    const spec: Part[] = [
      [1, 0],
      [5, 0],
      [7, 0],
      [
        3,
        [
          [
            2,
            [
              [3, 'Always'],
              [4, 0],
            ],
          ],
        ],
      ],
    ];
    const bytes = envelope('apps/v1', 'Deployment', [
      [
        1,
        [
          [1, 'web'],
          [8, []],
        ],
      ],
      [2, spec],
    ]);
    expect(decodeProtobuf(bytes, 'apps', 'v1', 'Deployment')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 0, template: { spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 0 } } },
    });
  });

  it('reads maps, bytes, lists, quantities, ports and what stands inline', () => {
    const probe: Part[] = [
      [
        1,
        [
          [
            2,
            [
              [1, '/ready'],
              [
                2,
                [
                  [1, 1],
                  [2, 0],
                  [3, 'http'],
                ],
              ],
            ],
          ],
        ],
      ],
      [2, 5],
    ];
    const container: Part[] = [
      [1, 'c'],
      [3, 'run'],
      [3, 'fast'],
      [
        8,
        [
          [
            2,
            [
              [1, 'memory'],
              [2, [[1, '1Gi']]],
            ],
          ],
        ],
      ],
      [11, probe],
    ];
    const volume: Part[] = [
      [1, 'v'],
      [2, [[1, [[1, '/data']]]]],
    ];
    const pod = envelope('v1', 'Pod', [
      [
        1,
        [
          [1, 'p'],
          [
            11,
            [
              [1, 'k'],
              [2, 'v'],
            ],
          ],
        ],
      ],
      [
        2,
        [
          [1, volume],
          [2, container],
        ],
      ],
    ]);
    expect(decodeProtobuf(pod, '', 'v1', 'Pod')).toMatchObject({
      metadata: { name: 'p', labels: { k: 'v' } },
      spec: {
        volumes: [{ name: 'v', hostPath: { path: '/data' } }],
        containers: [
          {
            name: 'c',
            command: ['run', 'fast'],
            resources: { requests: { memory: '1Gi' } },
            readinessProbe: { httpGet: { path: '/ready', port: 'http' }, initialDelaySeconds: 5 },
          },
        ],
      },
    });
    const secret = envelope('v1', 'Secret', [
      [
        2,
        [
          [1, 'key'],
          [2, Buffer.from([0, 255])],
        ],
      ],
    ]);
    expect(decodeProtobuf(secret, '', 'v1', 'Secret')).toMatchObject({ data: { key: 'AP8=' } });
  });

  it('reads options of deletions in any version', () => {
    const bytes = envelope('apps/v1', 'DeleteOptions', [
      [1, 0],
      [2, [[1, 'uid']]],
      [4, 'Foreground'],
      [5, 'All'],
    ]);
    expect(decodeProtobuf(bytes, 'meta.k8s.io', 'v1', 'DeleteOptions')).toMatchObject({
      gracePeriodSeconds: 0,
      preconditions: { uid: 'uid' },
      propagationPolicy: 'Foreground',
      dryRun: ['All'],
    });
  });

  it('passes over fields that it does not know', () => {
    const bytes = envelope('v1', 'ConfigMap', [
      [99, 'new'],
      [98, 7],
      [
        2,
        [
          [1, 'k'],
          [2, 'v'],
        ],
      ],
    ]);
    expect(decodeProtobuf(bytes, '', 'v1', 'ConfigMap')).toMatchObject({ data: { k: 'v' } });
  });

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        const bytes = envelope('v1', 'Pod', [[2, Buffer.from(raw)]]);
        try {
          decodeProtobuf(bytes, '', 'v1', 'Pod');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
    );
    expect(() => decodeProtobuf(Buffer.from('{}'), '', 'v1', 'Pod')).toThrow(ProtobufError);
  });

  it('reads numbers of either sign', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = encodeVarint(value);
        expect(readVarint(bytes, 0)).toEqual({ value, end: bytes.length });
      }),
    );
  });
});

describe('the table of messages', () => {
  const TYPES = new Set([
    'string',
    'bytes',
    'int',
    'bool',
    'time',
    'microTime',
    'quantity',
    'intOrString',
    'strings',
    'raw',
  ]);

  it.each(['core.v1.Pod', 'core.v1.Secret', 'apps.v1.StatefulSet', 'batch.v1.CronJob', 'rbac.v1.ClusterRoleBinding'])(
    'has all that %s is made of',
    (root) => {
      const open = [root];
      const seen = new Set<string>();
      for (let name = open.pop(); name !== undefined; name = open.pop()) {
        if (seen.has(name)) continue;
        seen.add(name);
        const message = messageNamed(name);
        expect(message, name).toBeDefined();
        for (const { type } of message?.values() ?? []) if (!TYPES.has(type)) open.push(type);
      }
    },
  );

  it.each([
    ['', 'v1', 'ConfigMap', 'core.v1.ConfigMap'],
    ['rbac.authorization.k8s.io', 'v1', 'Role', 'rbac.v1.Role'],
    ['apps.openshift.io', 'v1', 'Deployment', undefined],
    ['apps', 'v1', 'Nothing', undefined],
  ])('names the kind %s/%s %s', (group, version, kind, name) => {
    expect(messageOfKind(group, version, kind)).toBe(name);
  });
});
