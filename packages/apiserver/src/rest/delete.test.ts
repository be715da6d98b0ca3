import { describe, expect, it } from 'vitest';
import type { DeleteOptions } from './delete-options.js';
import { finalizersFor } from './delete.js';

const [FOREGROUND, ORPHAN] = ['foregroundDeletion', 'orphan'];

describe('finalizersFor', () => {
  it.each<[string[], DeleteOptions, 'background' | 'orphan', string[]]>([
    [['x/y'], {}, 'background', ['x/y']],
    [['x/y'], {}, 'orphan', ['x/y', ORPHAN]],
    [['x/y'], { propagationPolicy: 'Background' }, 'orphan', ['x/y']],
    [['x/y'], { propagationPolicy: 'Foreground' }, 'background', ['x/y', FOREGROUND]],
    [['x/y'], { propagationPolicy: 'Orphan' }, 'background', ['x/y', ORPHAN]],
    [['x/y'], { orphanDependents: true }, 'background', ['x/y', ORPHAN]],
    [['x/y'], { orphanDependents: false }, 'orphan', ['x/y']],
    // What was asked before holds until something else is asked.
    [[FOREGROUND], {}, 'orphan', [FOREGROUND]],
    [[ORPHAN], {}, 'background', [ORPHAN]],
    [[ORPHAN], { propagationPolicy: 'Foreground' }, 'background', [FOREGROUND]],
    [[FOREGROUND], { propagationPolicy: 'Background' }, 'background', []],
  ])('%j with %j, by default %s: %j', (finalizers, options, byDefault, expected) => {
    const object = { apiVersion: 'v1', kind: 'X', metadata: { finalizers } };
    expect(finalizersFor(object, options, byDefault)).toEqual(expected);
  });
});
