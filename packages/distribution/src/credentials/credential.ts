/** What a registry may know somebody by: a user name and a password, or a refresh token of its token endpoint. */
export type Credential = { username: string; password: string } | { identityToken: string };
