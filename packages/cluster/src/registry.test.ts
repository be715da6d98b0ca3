import { describe, expect, it } from 'vitest';
import { reachableAt } from './registry.js';

describe('reachableAt', () => {
  it.each([
    ['127.0.0.1:5000', [], '127.0.0.1:5000'],
    ['0.0.0.0:5000', [], '127.0.0.1:5000'],
    ['0.0.0.0:5000', ['images.example.com', 'other'], 'images.example.com:5000'],
    [':5000', ['images.example.com'], 'images.example.com:5000'],
    ['[::]:5000', ['fd00::1'], '[fd00::1]:5000'],
    ['images.example.com:5000', ['other'], 'images.example.com:5000'],
  ])('of %s with the names %j is %s', (address, names, name) => {
    expect(reachableAt(address, names)).toBe(name);
  });
});
