import { describe, expect, it } from 'vitest';
import { UnitNames } from './unit-names.js';

describe('UnitNames', () => {
  const names = new UnitNames(['precache-ocp-images.service', 'var-mnt.mount', 'load.service', 'load-all.timer']);

  it.each([
    ['precache-ocp.service', 'precache-ocp-images.service'],
    ['precache-ocp-images.services', 'precache-ocp-images.service'],
    ['precache-ocp.services', 'precache-ocp-images.service'],
    ['precache-ocp-images-now.service', 'precache-ocp-images.service'],
    ['load-all-now.timer', 'load-all.timer'],
    ['loads.service', undefined],
    ['load.service', undefined],
    ['load.timer', undefined],
    ['load-all.service', 'load.service'],
    ['var-mnt.service', undefined],
    ['precache.service', undefined],
    ['x'.repeat(256), undefined],
    ['', undefined],
  ])('takes %j for %j', (word, name) => {
    expect(names.similarTo(word)).toBe(name);
  });

  it('finds among many names', () => {
    const many = new UnitNames(Array.from({ length: 20_000 }, (_, n) => `unit-a-${n}.service`));
    const found = Array.from({ length: 20_000 }, (_, n) => many.similarTo(`unit-a-${n}.services`));
    expect(found.every((name, n) => name === `unit-a-${n}.service`)).toBe(true);
  });
});
