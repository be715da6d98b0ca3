import type { ObjectAccess } from '@longshore/apiserver';
import type { TokenIssuer } from '../../identity/service-accounts/token-issuer.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { ContainerConfigError } from '../process/container-config-error.js';

export interface TokenOptions {
  objects: Pick<ObjectAccess, 'get'>;
  issuer: Pick<TokenIssuer, 'bound' | 'audiences'>;
  /** Milliseconds since 1970. */
  now: () => number;
}

interface HeldToken {
  token: string;
  renewAt: number;
}

/** Kubelets renew when 80 % of the time are over (`pkg/kubelet/token`). */
const RENEW_AT = 0.8;

/** The tokens of pods, by pod, audience and time: asked for as often as one likes, signed only when it is time. */
export class PodTokens {
  private readonly held = new Map<string, Map<string, HeldToken>>();

  constructor(private readonly options: TokenOptions) {}

  /** Errors: ContainerConfigError when there is no such service account (any more). */
  async token(pod: Pod, audience: string | undefined, seconds: number): Promise<string> {
    const { objects, issuer, now } = this.options;
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    const key = JSON.stringify([audience, seconds]);
    const ofPod = this.held.get(uid) ?? new Map<string, HeldToken>();
    const held = ofPod.get(key);
    if (held !== undefined && held.renewAt > now()) return held.token;
    const { serviceAccountName = 'default', nodeName = '' } = pod.spec;
    const account = await objects.get('serviceaccounts', namespace, serviceAccountName);
    if (account === undefined) throw new ContainerConfigError(`serviceaccount "${serviceAccountName}" not found`);
    const node = await objects.get('nodes', '', nodeName);
    const claims = {
      namespace,
      serviceaccount: { name: serviceAccountName, uid: account.metadata.uid ?? '' },
      pod: { name, uid },
      ...(node && { node: { name: nodeName, uid: node.metadata.uid ?? '' } }),
    };
    const begin = now();
    const { token, expires } = await issuer.bound(claims, audience ? [audience] : issuer.audiences, seconds);
    ofPod.set(key, { token, renewAt: begin + (expires.getTime() - begin) * RENEW_AT });
    this.held.set(uid, ofPod);
    return token;
  }

  forget(uid: string): void {
    this.held.delete(uid);
  }
}
