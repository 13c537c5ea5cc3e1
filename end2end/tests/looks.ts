// A page in each state that it can be in, looked at in light and dark, wide and narrow.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { test } from '../fixtures/index.ts';
import type { Server } from '../fixtures/server.ts';

// How to bring a page into a state, by the state's name.
export type States = Record<string, (page: Page, server: Server) => Promise<unknown>>;

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// `expected`: what these states make the browser say on the console.
export function lookAt(states: States, expected: RegExp) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(colorScheme, () => {
      test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' }, expected });
      for (const [name, reach] of Object.entries(states)) {
        test(`${name} has no violations, and fits a narrow screen`, async ({ page, server }) => {
          await reach(page, server);
          await hasNoViolations(page);
          await page.setViewportSize({ width: 320, height: 600 });
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect(overflow, 'nothing to scroll sideways').toBe(0);
          await hasNoViolations(page);
          for (const control of await page.locator('button:visible, a:visible, input:visible').all()) {
            const box = (await control.boundingBox())!;
            expect(Math.min(box.width, box.height), await control.innerText()).toBeGreaterThanOrEqual(24);
          }
        });
      }
    });
  }
}

async function hasNoViolations(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.target) }))).toEqual([]);
}
