// What takes too long for every day: the soak, and measurements.

import config from './playwright.config.ts';

export default {
  ...config,
  testDir: 'long',
  workers: 1,
  timeout: 0,
  reporter: [['line']] as [['line']],
  // A trace of half an hour would be all that it does.
  use: { ...config.use, trace: 'off' as const },
};
