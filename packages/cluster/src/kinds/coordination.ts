import { invalidValue, s } from '@longshore/apiserver';
import type { Lease, StatusCause } from '@longshore/kube';
import { age, column } from './columns.js';
import { defineKind } from './kind.js';

function validate({ spec }: Lease): StatusCause[] {
  const { leaseDurationSeconds, leaseTransitions } = spec ?? {};
  const causes: StatusCause[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    causes.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    causes.push(invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  }
  return causes;
}

export const leases = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  description: 'What only one of several may hold at a time.',
  fields: {
    spec: s.shared('io.k8s.api.coordination.v1.LeaseSpec', 'Who holds it, and until when.', {
      acquireTime: s.microTime('Since when.'),
      holderIdentity: s.string('Who.'),
      leaseDurationSeconds: s.int32('How long it holds without being renewed.'),
      leaseTransitions: s.int32('How often it has changed hands.'),
      preferredHolder: s.string('Who should have it next.'),
      renewTime: s.microTime('When it was renewed last.'),
      strategy: s.string('How the holder is chosen.'),
    }),
  },
  columns: [column('Holder', ({ spec }) => spec?.holderIdentity ?? ''), age],
  stored: { validate, generation: false, createOnUpdate: true, unconditionalUpdate: false },
});
