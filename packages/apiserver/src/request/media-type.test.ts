import { describe, expect, it } from 'vitest';
import { negotiate } from './media-type.js';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

describe('negotiate', () => {
  it.each([
    [undefined, 'json', 'objects'],
    ['*/*', 'json', 'objects'],
    ['application/json, */*', 'json', 'objects'],
    ['application/yaml', 'yaml', 'objects'],
    ['application/json;q=0.5, application/yaml', 'yaml', 'objects'],
    ['application/vnd.kubernetes.protobuf,application/json', 'json', 'objects'],
    [`${TABLE},${TABLE.replace('v1', 'v1beta1')},application/json`, 'json', 'Table'],
    ['application/json;as=Table;v=v1;g=example.com,application/json', 'json', 'objects'],
    ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'json', 'PartialObjectMetadataList'],
  ])('%s', (accept, encoding, as) => {
    expect(negotiate(accept)).toMatchObject({ encoding, as });
  });

  it.each(['application/vnd.kubernetes.protobuf', 'text/html', 'application/json;q=0', ',', 'constructor'])(
    'has nothing for %s',
    (accept) => {
      expect(negotiate(accept)).toBeUndefined();
    },
  );
});
