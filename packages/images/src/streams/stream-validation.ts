import { duplicateValue, forbiddenField, invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import { checkPathSegment, type ImageStream, type StatusCause, type TagReference } from '@longshore/kube';
import { InvalidReferenceError, isTag, parseReference, type Reference } from '@longshore/oci';
import { referencedPart } from './tag-names.js';

const NAME_PATTERN = '[a-z0-9]+(?:[._-][a-z0-9]+)*';
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const MAX_REPOSITORY = 255;
/** What a tag is, in the words of a message. */
export const TAG_RULE =
  'must be 1 to 128 letters, digits, "_", "." and "-", and must start with a letter, a digit or "_"';
const REFERENCE_FORMS = 'must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>';

/** Problems of the name of a stream (registry.md 3.3). */
export function checkStreamName(name: string, namespace: string): StatusCause[] {
  const field = 'metadata.name';
  const problems = checkPathSegment(name);
  if (problems.length === 0 && !NAME.test(name)) problems.push(`must match ${JSON.stringify(NAME_PATTERN)}`);
  if (`${namespace}/${name}`.length > MAX_REPOSITORY) {
    problems.push(`'namespace/name' cannot be longer than ${MAX_REPOSITORY} characters`);
  }
  return problems.map((problem) => invalidValue(field, name, problem));
}

/** Problems of a specification as a whole; those of single tags are told by {@link checkTagReference}. */
export function checkSpec({ spec }: ImageStream): StatusCause[] {
  const causes: StatusCause[] = [];
  const { dockerImageRepository: repository = '', tags = [] } = spec;
  if (repository !== '') causes.push(...checkRepository(repository));
  const names = new Set<string>();
  for (const [at, { name = '' }] of tags.entries()) {
    const field = `spec.tags[${at}].name`;
    if (names.has(name)) causes.push(duplicateValue(field, name));
    else if (name !== '' && !isTag(name)) causes.push(invalidValue(field, name, TAG_RULE));
    names.add(name);
  }
  return causes;
}

function checkRepository(repository: string): StatusCause[] {
  const field = 'spec.dockerImageRepository';
  const reference = readPullSpec(repository);
  if (typeof reference === 'string') return [invalidValue(field, repository, reference)];
  return [
    ...(reference.tag === undefined
      ? []
      : [invalidValue(field, repository, 'the repository name may not contain a tag')]),
    ...(reference.digest === undefined
      ? []
      : [invalidValue(field, repository, 'the repository name may not contain an ID')]),
  ];
}

/** Problems of what a tag should be (registry.md 3.3). `path`: where it stands. */
export function checkTagReference(tag: TagReference, path: string): StatusCause[] {
  const { from, importPolicy = {}, referencePolicy } = tag;
  const causes = from === undefined ? [] : checkFrom(tag, path);
  const { importMode = '' } = importPolicy;
  if (!['', 'Legacy', 'PreserveOriginal'].includes(importMode)) {
    const field = `${path}.importPolicy.importMode`;
    causes.push(
      invalidValue(field, importMode, `invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'`),
    );
  }
  const type = referencePolicy?.type ?? '';
  if (type !== 'Source' && type !== 'Local') {
    causes.push(invalidValue(`${path}.referencePolicy.type`, type, 'valid values are "Source", "Local"'));
  }
  return causes;
}

function checkFrom({ from, importPolicy, reference }: TagReference, path: string): StatusCause[] {
  const { kind = '', name = '' } = from ?? {};
  const isScheduled = importPolicy?.scheduled === true;
  const causes = name === '' ? [requiredValue(`${path}.from.name`)] : [];
  switch (from?.kind) {
    case 'DockerImage': {
      if (name === '') break;
      const read = readPullSpec(name);
      if (typeof read === 'string') causes.push(invalidValue(`${path}.from.name`, name, read));
      else if (read.digest !== undefined && isScheduled && !reference) {
        causes.push(invalidValue(`${path}.from.name`, name, 'only tags can be scheduled for import'));
      }
      break;
    }
    case 'ImageStreamTag':
    case 'ImageStreamImage':
      if (isScheduled) {
        const detail = 'only tags pointing to Docker repositories may be scheduled for background import';
        causes.push(invalidValue(`${path}.importPolicy.scheduled`, true, detail));
      }
      if (name !== '' && referencedPart(from, 'this') === undefined) {
        causes.push(invalidValue(`${path}.from.name`, name, REFERENCE_FORMS));
      }
      break;
    default: {
      const kinds = ['DockerImage', 'ImageStreamImage', 'ImageStreamTag'];
      const field = `${path}.from.kind`;
      causes.push(
        kind === ''
          ? requiredValue(field, `valid values are '${kinds.join("', '")}'`)
          : unsupportedValue(field, kind, kinds),
      );
    }
  }
  return causes;
}

/** Problems of the histories of a status that are not those of the old one. */
export function checkHistories({ status }: ImageStream, old: ImageStream): StatusCause[] {
  const before = new Map((old.status.tags ?? []).map((list) => [list.tag, list.items]));
  return (status.tags ?? []).flatMap(({ tag, items }) => {
    const known = new Set((before.get(tag) ?? []).map(({ dockerImageReference }) => dockerImageReference));
    return (items ?? []).flatMap(({ dockerImageReference: reference }, at) => {
      if (known.has(reference)) return [];
      const read = readPullSpec(reference);
      const field = `status.tags[${tag}].items[${at}].dockerImageReference`;
      return typeof read === 'string' ? [invalidValue(field, reference, read)] : [];
    });
  });
}

/** A pull spec taken apart, or what is wrong with it. */
export function readPullSpec(text: string): Reference | string {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) return error.message;
    throw error;
  }
}

/** A tag that points at another namespace, whose images its writer may not pull. */
export function mayNotPull(path: string, namespace: string, stream: string): StatusCause {
  return forbiddenField(`${path}.from`, `${namespace}/${stream}: needs the right to get imagestreams/layers there`);
}
