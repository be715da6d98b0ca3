import { ageSince, invalidValue, s, type Field, type TableColumn } from '@longshore/apiserver';
import type { KubeObject, StatusCause } from '@longshore/kube';
import type { Event as Fields } from 'kubernetes-types/core/v1.js';
import { column, wide } from '../columns.js';
import { defineKind } from '../kind.js';
import { objectReference } from './references.js';

type Event = KubeObject & Omit<Fields, 'apiVersion' | 'kind' | 'metadata'>;

const CORE = 'io.k8s.api.core.v1';

const series: Field = s.shared(`${CORE}.EventSeries`, 'How often it happened in a row.', {
  count: s.int32('How often.'),
  lastObservedTime: s.microTime('When last.'),
});

function source({ source: { component, host } = {}, reportingComponent, reportingInstance }: Event): string {
  const who = component || reportingComponent || '';
  const where = host || reportingInstance;
  return where ? `${who}, ${where}` : who;
}

const firstTime = ({ firstTimestamp, eventTime }: Event) => firstTimestamp ?? eventTime;
const lastTime = (event: Event) =>
  event.series ? event.series.lastObservedTime : (event.lastTimestamp ?? firstTime(event));

function target({ involvedObject: { kind = '', name = '' } = {} }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

/** As `printEvent` of Kubernetes has them: how often and since when is only shown by `-o wide`, and so is the name. */
const columns: TableColumn<Event>[] = [
  column('Last Seen', (event, now) => ageSince(lastTime(event), now)),
  column('Type', ({ type }) => type ?? ''),
  column('Reason', ({ reason }) => reason ?? ''),
  column('Object', target),
  wide('Subobject', ({ involvedObject }) => involvedObject?.fieldPath ?? ''),
  wide('Source', source),
  column('Message', ({ message }) => (message ?? '').trim()),
  wide('First Seen', (event, now) => ageSince(firstTime(event), now)),
  wide('Count', ({ series: row, count }) => (row ? (row.count ?? 0) : count || 1)),
  wide('Name', ({ metadata }) => metadata.name),
];

function validate({ metadata, involvedObject }: Event): StatusCause[] {
  const { namespace } = metadata;
  const of = involvedObject?.namespace ?? '';
  if (of === '' && namespace !== 'default' && namespace !== 'kube-system') {
    return [invalidValue('involvedObject.namespace', of, 'does not match event.namespace')];
  }
  if (of !== '' && of !== namespace) {
    return [invalidValue('involvedObject.namespace', of, 'does not match event.namespace')];
  }
  return [];
}

const involved =
  (field: 'kind' | 'namespace' | 'name' | 'uid' | 'apiVersion' | 'resourceVersion' | 'fieldPath') =>
  ({ involvedObject }: Event) =>
    involvedObject?.[field] ?? '';

/**
 * Events of the core group. Those of `events.k8s.io`, which are the same objects in another form, are not served: clients
 * are answered as for any group that is not there, and the recorders of Kubernetes' own libraries then write these.
 */
export const events = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  description: 'What happened to an object.',
  fields: {
    action: s.string('What was done.'),
    count: s.int32('How often it happened.'),
    eventTime: s.microTime('When it was noticed first.'),
    firstTimestamp: s.time('When it was recorded first.'),
    involvedObject: objectReference.describe('The object.'),
    lastTimestamp: s.time('When it was recorded last.'),
    message: s.string('What happened, in words.'),
    reason: s.string('What happened, in one word.'),
    related: objectReference.describe('Another object that has to do with it.'),
    reportingComponent: s.string('Who tells it.'),
    reportingInstance: s.string('Which of these tells it.'),
    series: series.describe('How often it happened in a row.'),
    source: s.shared(`${CORE}.EventSource`, 'Who tells it.', {
      component: s.string('The component.'),
      host: s.string('The node.'),
    }),
    type: s.string('Normal or Warning.'),
  },
  columns,
  selectableFields: {
    'involvedObject.kind': involved('kind'),
    'involvedObject.namespace': involved('namespace'),
    'involvedObject.name': involved('name'),
    'involvedObject.uid': involved('uid'),
    'involvedObject.apiVersion': involved('apiVersion'),
    'involvedObject.resourceVersion': involved('resourceVersion'),
    'involvedObject.fieldPath': involved('fieldPath'),
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source: from, reportingComponent }) => from?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  stored: { validate, generation: false, createOnUpdate: true },
});
