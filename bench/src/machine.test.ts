import { describe, expect, it } from 'vitest';
import { fileSystemOf } from './machine.js';

const mountinfo = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
25 22 0:23 / /tmp rw shared:5 - tmpfs tmpfs rw
26 22 0:24 / /srv/data rw - xfs /dev/vdb rw
`;

describe('fileSystemOf', () => {
  it.each([
    ['/home/bench', 'ext4'],
    ['/tmp', 'tmpfs'],
    ['/tmp/bench', 'tmpfs'],
    ['/tmpfile', 'ext4'],
    ['/srv/data/a/b', 'xfs'],
    ['/srv', 'ext4'],
  ])('%s is on %s', (path, type) => expect(fileSystemOf(path, mountinfo)).toBe(type));
});
