import { describe, expect, it } from 'vitest';
import { parseWishFile } from './wish-file.js';

const HEAD = 'apiVersion: imageregistry.operator.openshift.io/v1\nkind: Config\nmetadata: { name: cluster }\n';

describe('parseWishFile', () => {
  it('reads one or both kinds, also in part', () => {
    const pruner = HEAD.replace('Config', 'ImagePruner');
    const { config, pruner: second } = parseWishFile(
      `${HEAD}spec: { defaultRoute: true }\n---\n${pruner}spec: { suspend: true }\n`,
      'f',
    );
    expect(config?.['spec']).toEqual({ defaultRoute: true });
    expect(second?.['spec']).toEqual({ suspend: true });
  });

  it.each([
    [
      `${HEAD}spec:\n  storage:\n    persistentVolumeClaim: { claimName: x }\n`,
      'f:6:28: spec.storage.persistentVolumeClaim: is no field of this kind; did you mean spec.storage.pvc?',
    ],
    [`${HEAD}spec:\n  replicas: two\n`, 'f:5:13: spec.replicas: expected a whole number, found the text "two"'],
    [`${HEAD}spec: [\n`, 'f:5:1: '],
    ['kind: Pod\n', 'f:1:1: expected a Config or an ImagePruner of imageregistry.operator.openshift.io/v1'],
    [`${HEAD}spec:\n  routes: [{}]\n`, 'f:5:12: spec.routes[0].name: is required'],
  ])('%j is told with its place', (text, message) => {
    expect(() => parseWishFile(text, 'f')).toThrow(message);
  });
});
