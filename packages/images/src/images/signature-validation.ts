import { forbiddenField, invalidValue, requiredValue } from '@longshore/apiserver';
import {
  checkPathSegment,
  jsonEqual,
  type ImageSignature,
  type SignatureCondition,
  type StatusCause,
} from '@longshore/kube';
import { signedImage } from './signature-name.js';

/** No longer written; signatures of old clusters still have it, and no signature may have annotations. */
const MANAGED_SIGNATURE = 'image.openshift.io/managed-signature';

/** Before a signature is checked and stored: takes the deprecated annotation away. Clients may have left out all metadata. */
export function tidySignature(signature: ImageSignature): void {
  signature.metadata ??= {};
  delete signature.metadata.annotations?.[MANAGED_SIGNATURE];
}

/**
 * Problems of a signature of an image, whose shape is right (registry.md 3.2).
 *
 * @param image the name of the image that has it, or is to have it
 * @param path of the signature in the object that holds it, with a dot at its end
 */
export function checkSignature(signature: ImageSignature, image: string, path = ''): StatusCause[] {
  const { metadata } = signature;
  const causes = checkName(metadata.name ?? '', image, `${path}metadata.name`);
  for (const field of ['labels', 'annotations'] as const) {
    if (Object.keys(metadata[field] ?? {}).length > 0) {
      causes.push(forbiddenField(`${path}metadata.${field}`, `signatures have no ${field}`));
    }
  }
  return [...causes, ...checkConditions(signature, path), ...checkFindings(signature, path)];
}

function checkName(name: string, image: string, field: string): StatusCause[] {
  if (name === '') return [requiredValue(field)];
  const signed = signedImage(name);
  if (signed === undefined) return [invalidValue(field, name, 'must have the form <image name>@<signature name>')];
  if (signed !== image) return [invalidValue(field, name, `must begin with ${image}@`)];
  return checkPathSegment(name).map((problem) => invalidValue(field, name, problem));
}

function checkConditions({ conditions = [] }: ImageSignature, path: string): StatusCause[] {
  if (conditions.length === 0) return [];
  return ['Trusted', 'ForImage']
    .filter((wanted) => newestCondition(conditions, wanted) === undefined)
    .map((missing) => requiredValue(`${path}conditions`, `there must be one of type ${missing} among them`));
}

/** What a signature says is shown only when somebody has looked at it. */
function checkFindings(signature: ImageSignature, path: string): StatusCause[] {
  const trusted = newestCondition(signature.conditions ?? [], 'Trusted');
  if (trusted !== undefined && trusted.status !== 'Unknown') return [];
  const { imageIdentity = '', signedClaims = {}, issuedBy, issuedTo } = signature;
  const findings = {
    imageIdentity: imageIdentity !== '' && imageIdentity,
    signedClaims: Object.keys(signedClaims).length > 0 && signedClaims,
    issuedBy,
    issuedTo,
  };
  return Object.entries(findings)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([field, value]) =>
      invalidValue(path + field, value, 'must be empty while it is not known whether the signature is trusted'),
    );
}

function newestCondition(conditions: readonly SignatureCondition[], type: string): SignatureCondition | undefined {
  const probeTime = ({ lastProbeTime = '' }: SignatureCondition) => lastProbeTime;
  return conditions
    .filter((condition) => condition.type === type)
    .reduce<SignatureCondition | undefined>(
      (newest, next) => (newest === undefined || probeTime(next) >= probeTime(newest) ? next : newest),
      undefined,
    );
}

/** Problems of a changed list of signatures: type and content of each stay, as long as it has its name. */
export function checkSignaturesKept(
  signatures: readonly ImageSignature[],
  old: readonly ImageSignature[],
): StatusCause[] {
  const known = new Map(old.map((signature) => [signature.metadata.name, signature]));
  return signatures.flatMap((signature, at) => {
    const before = known.get(signature.metadata.name);
    if (before === undefined) return [];
    return (['type', 'content'] as const)
      .filter((field) => !jsonEqual(signature[field], before[field]))
      .map((field) => invalidValue(`signatures[${at}].${field}`, signature[field], 'field is immutable'));
  });
}
