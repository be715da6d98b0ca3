import { writePrivateFile } from '@longshore/kube/private-file';
import { stringify } from 'yaml';
import type { KeyPair } from './certificate.js';

export interface KubeconfigContent {
  /** `https://127.0.0.1:6443` */
  server: string;
  /** PEM. */
  authority: string;
  user: string;
  certificate: KeyPair;
  namespace?: string;
}

const CLUSTER = 'longshore';

/** The text of a kubeconfig with one context, `longshore`, that needs no other file. */
function kubeconfigText({ server, authority, user, certificate, namespace = 'default' }: KubeconfigContent): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: CLUSTER, cluster: { server, 'certificate-authority-data': base64(authority) } }],
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(certificate.certificate),
            'client-key-data': base64(certificate.key),
          },
        },
      ],
      contexts: [{ name: CLUSTER, context: { cluster: CLUSTER, user, namespace } }],
      'current-context': CLUSTER,
    },
    { lineWidth: 0 },
  );
}

/** Writes it with mode 0600, in one step. */
export function writeKubeconfig(path: string, content: KubeconfigContent): Promise<void> {
  return writePrivateFile(path, kubeconfigText(content));
}
