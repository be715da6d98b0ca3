export { ClusterImages } from './cluster-images.js';
