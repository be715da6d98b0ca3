/**
 * The sums of vitest's JSON report. A file that could not be run counts as one failure, and so does a run that failed for
 * no reason that the report tells (`succeeded`: vitest's own verdict).
 */
export function countTests(report, succeeded) {
  const files = report?.testResults ?? [];
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const failed = (report?.numFailedTests ?? 0) + broken.length;
  return { passed: report?.numPassedTests ?? 0, failed: succeeded ? failed : Math.max(failed, 1) };
}

/** A line for each test that passed only when it was tried again: its name, and how it failed first. */
export function unsteadyTests(report) {
  const tests = (report?.testResults ?? []).flatMap(({ assertionResults }) => assertionResults);
  return tests
    .filter(({ status, failureMessages = [] }) => status === 'passed' && failureMessages.length > 0)
    .map(({ fullName, failureMessages }) => `unsteady: ${fullName}: ${failureMessages[0].split('\n', 1)[0]}`);
}
