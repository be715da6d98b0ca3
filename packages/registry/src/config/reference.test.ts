import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderConfigReference } from './reference.js';

const page = new URL('../../../../docs/reference/configuration.md', import.meta.url);

describe('renderConfigReference', () => {
  // When this fails, write what renderConfigReference returns to docs/reference/configuration.md.
  it('is what the committed page says', () => {
    expect(readFileSync(page, 'utf8')).toBe(renderConfigReference());
  });

  it.each([
    ['a key', '| `storage.delete.enabled` '],
    ['its variable', '`REGISTRY_STORAGE_DELETE_ENABLED`'],
    ['keys of a list', '| `longshore.auth.rules[].repository` '],
    ['what is refused', '| `storage.s3` '],
  ])('has %s', (_, cell) => {
    expect(renderConfigReference()).toContain(cell);
  });
});
