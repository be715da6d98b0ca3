import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CUSTOM_RESOURCE_DEFINITIONS } from './definitions.js';

const FILE = join(import.meta.dirname, '../../../../deploy/crds/imageregistry.operator.openshift.io.yaml');

describe('deploy/crds', () => {
  it('says what the code says: longshore operator crds prints it anew', () => {
    const documents = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => document.toJS() as unknown);
    expect(documents).toEqual(CUSTOM_RESOURCE_DEFINITIONS);
  });
});
