import { describe, expect, it } from 'vitest';
import { contextNames, serverUrl } from './context-names.js';

describe('contextNames', () => {
  it.each([
    ['https://api.example.com:6443', 'alice', 'shop', 'shop/api-example-com:6443/alice'],
    ['https://api.example.com', 'alice', 'shop', 'shop/api-example-com:443/alice'],
    [
      'https://127.0.0.1:6443',
      'system:serviceaccount:shop:ci',
      'shop',
      'shop/127-0-0-1:6443/system:serviceaccount:shop:ci',
    ],
    ['https://api:6443', 'corp/alice', 'shop', 'shop/api:6443/corp'],
  ])('names those of %s and %s as oc does', (server, user, namespace, context) => {
    const names = contextNames(new URL(server), user, namespace);
    expect(names.context).toBe(context);
    expect(names.user).toBe(`${context.split('/')[2]}/${names.cluster}`);
  });
});

describe('serverUrl', () => {
  it.each([
    ['127.0.0.1:6443', 'https://127.0.0.1:6443/'],
    ['api.example.com', 'https://api.example.com/'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['https://api.example.com/prefix', 'https://api.example.com/prefix'],
  ])('reads %s', (text, url) => {
    expect(serverUrl(text)?.href).toBe(url);
  });

  it.each(['', 'https://', 'https://alice:secret@api', 'https://api?x=1', 'ftp://api', 'a b'])('refuses %j', (text) => {
    expect(serverUrl(text)).toBeUndefined();
  });
});
