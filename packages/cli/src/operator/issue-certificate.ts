import type { ServingCertificate } from '@longshore/operator';

const DAYS = 365;

/** A certificate from an authority that vouches for nothing else, and whose key nobody keeps. */
export async function issueCertificate(names: readonly string[]): Promise<ServingCertificate> {
  const { createAuthority, issueLeaf } = await import('@longshore/cluster');
  const now = new Date();
  const authority = await createAuthority('image-registry', DAYS, now);
  const request = { commonName: names[0] ?? '', usage: 'server', names, days: DAYS, now } as const;
  return { ...(await issueLeaf(authority, request)), authority: authority.certificate };
}
