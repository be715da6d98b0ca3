import { describe, expect, it } from 'vitest';
import { locationName, parseImageLocation, wantedReference } from './image-location.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseImageLocation', () => {
  it.each([
    ['quay.io/org/app:v1', 'registry', 'quay.io', 'org/app', 'v1', 'quay.io/org/app:v1'],
    ['busybox', 'registry', 'docker.io', 'busybox', 'latest', 'docker.io/busybox:latest'],
    [`localhost:5000/a@${digest}`, 'registry', 'localhost:5000', 'a', digest, `localhost:5000/a@${digest}`],
    ['file://openshift/release:4.1', 'file', undefined, 'openshift/release', '4.1', 'file://openshift/release:4.1'],
    ['file://quay.io/app', 'file', undefined, 'quay.io/app', 'latest', 'file://quay.io/app:latest'],
  ])('reads %s', (text, kind, registry, repository, wanted, name) => {
    const location = parseImageLocation(text);
    expect(location).toMatchObject({ kind, text, reference: { repository } });
    expect(location.reference.registry).toBe(registry);
    expect(wantedReference(location)).toBe(wanted);
    expect(locationName(location)).toBe(name);
  });

  it.each([
    ['oci-archive:a.tar', ''],
    ['oci:folder:org/app:v1', 'org/app:v1'],
    ['dir:folder', ''],
    ['s3://s3.example.com/us-east-1/mirror/org/app', 'latest'],
  ])('reads the place %s', (text, wanted) => {
    const location = parseImageLocation(text);
    expect(location).toMatchObject({ kind: 'place', text });
    expect(wantedReference(location)).toBe(wanted);
    expect(locationName(location)).toBe(text);
  });

  it.each([
    '',
    'oci:',
    'oci:folder:v*',
    'https://quay.io/a',
    'quay.io/A',
    's3://a/b',
    'file://',
    'file://../etc',
    'file:///etc/passwd',
    'a:b:c',
  ])('refuses %j as wrong use', (text) => {
    expect(() => parseImageLocation(text)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
  });
});
