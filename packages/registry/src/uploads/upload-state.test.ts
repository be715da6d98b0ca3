import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UploadStates } from './upload-state.js';

const states = new UploadStates(Buffer.alloc(32, 1));
const STATE = { repository: 'team/app', id: 'a3f1', offset: 12345678901 };

describe('UploadStates', () => {
  it('opens what it has sealed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat({ max: Number.MAX_SAFE_INTEGER }), (repository, id, offset) => {
        const sealed = states.seal({ repository, id, offset });
        expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(states.open(sealed, repository, id)).toEqual({ repository, id, offset });
      }),
    );
  });

  it.each([
    ['another repository', states, 'team/other', STATE.id],
    ['another upload', states, STATE.repository, 'b3f1'],
    ['another secret', new UploadStates(Buffer.alloc(32, 2)), STATE.repository, STATE.id],
  ])('does not open a state of %s', (_what, opener, repository, id) => {
    expect(opener.open(states.seal(STATE), repository, id)).toBeUndefined();
  });

  it('does not open a state in which any bit was changed', () => {
    const sealed = Buffer.from(states.seal(STATE), 'base64url');
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(states.open(changed.toString('base64url'), STATE.repository, STATE.id)).toBeUndefined();
    }
  });

  it('does not open, and survives, anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => states.open(text, '', '') === undefined));
    fc.assert(
      fc.property(fc.nat({ max: 100 }), (n) => states.open(randomBytes(n).toString('base64url'), '', '') === undefined),
    );
  });
});
