import { defineConfig, devices } from '@playwright/test';

// Debian's browser; Playwright's own is a download. Without the flags it would look up hosts that no test is about.
export const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const flags = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
if (process.getuid?.() === 0) flags.push('--no-sandbox');

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    trace: 'retain-on-failure',
    video: 'off',
    launchOptions: { executablePath: executable, args: flags },
  },
});
