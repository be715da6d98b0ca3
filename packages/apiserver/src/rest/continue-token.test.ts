import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContinueExpired, formatContinue, parseContinue } from './continue-token.js';

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('continue tokens', () => {
  it('say again what was said', () => {
    const revision = fc.option(fc.integer({ min: 1 }), { nil: undefined });
    fc.assert(
      fc.property(revision, fc.string(), (revision, after) => {
        expect(parseContinue(formatContinue({ revision, after }))).toEqual({ revision, after });
      }),
    );
  });

  it.each([
    'x'.repeat(5000),
    'not base64',
    token(null),
    token({ v: 'other', rv: 1, start: 'a\0' }),
    token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a\0' }),
    token({ v: 'meta.k8s.io/v1', rv: 1.5, start: 'a\0' }),
    token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a' }),
    token({ v: 'meta.k8s.io/v1', rv: 1, start: 7 }),
  ])('that were never given out are refused (%#)', (text) => {
    expect(() => parseContinue(text)).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
  });

  it('stand in the answer when they are too old', () => {
    expect(new ContinueExpired('next').toStatus()).toMatchObject({ code: 410, metadata: { continue: 'next' } });
  });
});
