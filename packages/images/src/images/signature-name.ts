/**
 * The image of a signature by the signature's name, `<image>@<signature>` (registry.md 3.2); undefined when it is no such
 * name. Neither part holds an `@`.
 */
export function signedImage(name: string): string | undefined {
  const [image = '', signature = '', ...rest] = name.split('@');
  return image === '' || signature === '' || rest.length > 0 ? undefined : image;
}
