/** Why the registry could not be made as it is wanted. */
export interface Failure {
  message: string;
  /** Trying again does not help: the reason of the condition that tells it. */
  permanent?: 'VerificationFailed' | 'StorageNotConfigured' | 'StorageDriverMissing' | 'InvalidConfig';
}
