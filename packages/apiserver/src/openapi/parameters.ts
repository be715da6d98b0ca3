/** The query parameters of each action, by which clients find out what they may send. */

export interface Parameter {
  name: string;
  in: 'query' | 'path';
  type: 'string' | 'integer' | 'boolean';
  description: string;
  required?: true;
}

const query = (name: string, description: string, type: Parameter['type'] = 'string'): Parameter => ({
  name,
  in: 'query',
  type,
  description,
});

const PRETTY = query('pretty', 'Whether to indent the answer.');
const DRY_RUN = query('dryRun', 'All: do everything but store.');
const FIELD_MANAGER = query('fieldManager', 'Name of who makes the change.');
const FIELD_VALIDATION = query(
  'fieldValidation',
  'Ignore, Warn (default) or Strict: what unknown and duplicate fields do.',
);

const LISTING = [
  query('allowWatchBookmarks', 'Whether watches may tell of progress without a change.', 'boolean'),
  query('continue', 'Token of the page before.'),
  query('fieldSelector', 'Which objects, by their fields.'),
  query('labelSelector', 'Which objects, by their labels.'),
  query('limit', 'At most so many per page.', 'integer'),
  query('resourceVersion', 'The version that the answer must be at, or not older than.'),
  query('resourceVersionMatch', 'Exact or NotOlderThan.'),
  query('sendInitialEvents', 'Whether a watch begins with what is there.', 'boolean'),
  query('timeoutSeconds', 'When the answer ends.', 'integer'),
  query('watch', 'Whether to stay and tell of changes.', 'boolean'),
];

const DELETION = [
  DRY_RUN,
  query('gracePeriodSeconds', 'Seconds that the object is given to end.', 'integer'),
  query('orphanDependents', 'Replaced by propagationPolicy.', 'boolean'),
  query('propagationPolicy', 'Orphan, Background or Foreground.'),
];

export const PARAMETERS = {
  get: [PRETTY],
  list: [PRETTY, ...LISTING],
  post: [PRETTY, DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION],
  put: [PRETTY, DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION],
  patch: [PRETTY, DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, query('force', 'For server-side apply only.', 'boolean')],
  delete: [PRETTY, ...DELETION],
  deletecollection: [PRETTY, ...LISTING, ...DELETION],
} as const satisfies Record<string, readonly Parameter[]>;

export type Action = keyof typeof PARAMETERS;

export const NAME: Parameter = {
  name: 'name',
  in: 'path',
  type: 'string',
  description: 'Name of the object.',
  required: true,
};
export const NAMESPACE: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'Namespace of the object.',
  required: true,
};
