export { ensureOAuthClients } from './clients.js';
export { Cookies } from './cookies.js';
export { oauthPaths } from './oauth-server.js';
export { OwnUrls } from './own-urls.js';
export { type OAuthServices } from './services.js';
