import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { IgnitionSection } from './ignition-config.js';
import { parseUrl } from './url.js';

/** Checks the proxies (edge.md 1.7). */
export function checkProxy(proxy: NonNullable<IgnitionSection['proxy']>, place: Path, report: Report): void {
  checkOne(proxy.httpProxy, [...place, 'httpProxy'], report);
  checkOne(proxy.httpsProxy, [...place, 'httpsProxy'], report);
  if (proxy.httpsProxy && parseUrl(proxy.httpsProxy)?.scheme === 'http') {
    report.warning([...place, 'httpsProxy'], 'proxy-insecure');
  }
}

function checkOne(proxy: string | undefined, place: Path, report: Report): void {
  if (proxy === undefined) return;
  const url = parseUrl(proxy);
  if (!url) report.error(place, 'url-unparsable');
  else if (url.scheme !== 'http' && url.scheme !== 'https') report.error(place, 'proxy-scheme');
}
