export { createKubeadmin, removeKubeadmin } from './kubeadmin.js';
export { LateObjects } from './late-objects.js';
export { openIdentity, type IdentityOptions, type OpenIdentity } from './open-identity.js';
