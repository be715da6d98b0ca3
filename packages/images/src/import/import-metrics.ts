import type { HttpPath } from '@longshore/apiserver';
import { Counter, Registry } from 'prom-client';
import type { Count } from './counts.js';
import type { ImportCounters } from './import-counters.js';

const LABELS = ['scheduled', 'registry'];

/** `/metrics` of an API server whose controllers import images, in Prometheus' text format (registry.md 7.1). */
export function importMetrics(counters: ImportCounters): HttpPath {
  const registers = [new Registry()];
  const counter = <Labels extends object>(
    name: string,
    help: string,
    labelNames: string[],
    read: () => Count<Labels>[],
  ) =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.inc({ ...labels }, value);
      },
    });
  counter('openshift_imagestreamcontroller_success_count', 'Images that were imported', LABELS, () =>
    counters.success(),
  );
  counter('openshift_imagestreamcontroller_error_count', 'Imports of images that failed', [...LABELS, 'reason'], () =>
    counters.errors(),
  );
  const { signatures } = counters;
  counter('longshore_image_signatures_imported_total', 'Signatures that images were given', ['registry'], () =>
    signatures.imported(),
  );
  counter(
    'longshore_image_signature_imports_failed_total',
    'Questions after signatures that failed',
    ['registry', 'reason'],
    () => signatures.failed(),
  );
  return {
    path: '/metrics',
    async handle(_request, response) {
      const [registry] = registers as [Registry];
      response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
    },
  };
}
