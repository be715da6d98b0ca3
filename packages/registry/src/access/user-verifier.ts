/** Knows users by their passwords. */
export interface UserVerifier {
  /**
   * Whether `user` exists and has this password; takes the same time for a user that does not exist. Rejects with
   * `AccessUnavailableError` when it cannot be told just now. Keeps dear results itself, for as long as it sees fit.
   */
  verify(user: string, password: string): Promise<boolean>;
}
