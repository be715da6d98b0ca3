import { describe, expect, it } from 'vitest';
import { Closing } from './closing.js';

describe('Closing', () => {
  it('ends what began last first, each once, and tells the first failure', async () => {
    const closing = new Closing();
    const ended: string[] = [];
    const step = (name: string, error?: Error) => async () => {
      ended.push(name);
      if (error) throw error;
    };
    closing.add(step('store'));
    closing.add(step('server', new Error('later')));
    closing.add(step('registry', new Error('first')));
    await expect(closing.close()).rejects.toThrow('first');
    await closing.close();
    expect(ended).toEqual(['registry', 'server', 'store']);
  });
});
