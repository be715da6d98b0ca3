import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepts, matchesEtag } from './accept.js';

const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const OTHER = 'application/vnd.oci.image.index.v1+json';

describe('accepts', () => {
  it.each([
    [undefined, true],
    ['', true],
    [' ', true],
    [TYPE, true],
    [TYPE.toUpperCase(), true],
    [OTHER, false],
    [`${OTHER}, ${TYPE}`, true],
    [`${OTHER},${TYPE};q=0.1`, true],
    ['*/*', true],
    ['application/*', true],
    ['text/*', false],
    ['text/html', false],
    [`${TYPE};q=0`, false],
    [`${TYPE} ; Q=0.000`, false],
    [`${TYPE};q=0.001`, true],
    [`${TYPE};charset=utf-8`, true],
    [`*/*, ${TYPE};q=0`, false],
    [`application/*;q=0, */*`, false],
    [`application/*;q=0, ${TYPE}`, true],
    [`*/*;q=0, application/*`, true],
    [`${TYPE};q=0, ${TYPE}`, true],
    [',', false],
    [';q=1', false],
  ])('%s: %s', (header, accepted) => {
    expect(accepts(header, TYPE)).toBe(accepted);
  });

  it('takes types that hold capitals for what they are', () => {
    expect(accepts('application/vnd.example.thing+json', 'application/vnd.Example.Thing+json')).toBe(true);
  });

  it('survives anything', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (header, type) => typeof accepts(header, type) === 'boolean'));
  });
});

describe('matchesEtag', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;

  it.each([
    [undefined, false],
    ['', false],
    [DIGEST, true],
    [`"${DIGEST}"`, true],
    [`W/"${DIGEST}"`, true],
    [`"other", "${DIGEST}"`, true],
    [`"other"`, false],
    ['*', true],
    [`"${DIGEST}x"`, false],
    [DIGEST.toUpperCase(), false],
  ])('%s: %s', (header, matches) => {
    expect(matchesEtag(header, DIGEST)).toBe(matches);
  });
});
