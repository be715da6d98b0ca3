import { IMAGE_ANNOTATIONS, type Image } from '@longshore/kube';

/** Whether an image came by a push to the cluster's registry. */
export function isManaged(image: Image | undefined): boolean {
  return image?.metadata.annotations?.[IMAGE_ANNOTATIONS.managed] === 'true';
}
