import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ImportCounters } from './import-counters.js';
import { importMetrics } from './import-metrics.js';

describe('/metrics', () => {
  it('tells how many images were imported, each time it is asked', async () => {
    const counters = new ImportCounters();
    const metrics = importMetrics(counters);
    const read = async () => {
      let page = '';
      const response = { writeHead: () => response, end: (text: string) => (page = text) };
      const context = { user: { username: '', groups: [] }, path: '/metrics', query: new URLSearchParams() };
      const signal = new AbortController().signal;
      await metrics.handle({} as IncomingMessage, response as unknown as ServerResponse, { ...context, signal });
      return page.split('\n').filter((line) => line.startsWith('openshift'));
    };
    expect(await read()).toEqual([]);
    const images = ['Success', 'Failure'].map((status) => ({
      tag: 'v1',
      status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status, reason: 'NotFound' },
    }));
    const from = { kind: 'DockerImage' as const, name: 'quay.io/org/app:v1' };
    counters.count(
      {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStreamImport',
        metadata: {},
        spec: { import: true, images: [{ from }, { from }] },
        status: { images } as object,
      },
      true,
    );
    for (let times = 0; times < 2; times++) {
      expect(await read()).toEqual([
        'openshift_imagestreamcontroller_success_count{scheduled="true",registry="quay.io"} 1',
        'openshift_imagestreamcontroller_error_count{scheduled="true",registry="quay.io",reason="NotFound"} 1',
      ]);
    }
  });
});
