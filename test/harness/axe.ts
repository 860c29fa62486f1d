/** axe-core on a page of the browser. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const violationsSchema = z.array(z.object({ id: z.string(), help: z.string(), nodes: z.array(z.string()) }));

/** What axe says against the page, for WCAG 2.2 AA. */
export async function violations(page: Page, where: string): Promise<string[]> {
  // By the debugger and not by a script element: the page's policy forbids those.
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`,
  );
  return violationsSchema.parse(found).map(({ id, help, nodes }) => `${where}: ${id}: ${help}: ${nodes.join(' | ')}`);
}
