/** What a login calls its entries in a kubeconfig: as `oc login` does, so that both replace each other's. */
export interface ContextNames {
  cluster: string;
  user: string;
  context: string;
}

/** `https://api.example.com:6443`, `alice`, `shop` -> `shop/api-example-com:6443/alice`. */
export function contextNames(server: URL, username: string, namespace: string): ContextNames {
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  const cluster = `${server.hostname.replaceAll('.', '-')}:${port}`;
  const short = username.split('/')[0] ?? username;
  return { cluster, user: `${short}/${cluster}`, context: `${namespace}/${cluster}/${short}` };
}

/** The URL of an API server as people type it: `127.0.0.1:6443` is one with https. Undefined when it is none. */
export function serverUrl(text: string): URL | undefined {
  const full = text.includes('://') ? text : `https://${text}`;
  if (!/^https?:/.test(full) || !URL.canParse(full)) return undefined;
  const url = new URL(full);
  return url.username === '' && url.search === '' && url.hash === '' ? url : undefined;
}
