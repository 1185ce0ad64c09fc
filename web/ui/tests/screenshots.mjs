// Writes every page in both themes and widths to web/ui/screenshots, and the README's pictures to
// docs/pictures. Names of pages as arguments pick some.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { openPage, startBrowser, themes, widths } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { fill } from './harness/world.mjs';
import { find, routes } from './routes.mjs';

const dir = process.env.MUSTER_SCREENSHOTS ?? new URL('../screenshots', import.meta.url).pathname;
const pictures = new URL('../../../docs/pictures', import.meta.url).pathname;
const ofReadme = ['rules', 'plan-losses']; // in light, as wide as a laptop, without what is below
const only = process.argv.slice(2);
for (const d of [dir, pictures]) mkdirSync(d, { recursive: true });
const [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
try {
  await fill(muster);
  await find(muster);
  for (const { name, path, signedIn, as, expected } of routes.filter((r) => only.length === 0 || only.includes(r.name))) {
    for (const theme of themes) {
      for (const width of widths) {
        const { page, go, close } = await openPage(browser, muster, { theme, width, signedIn, as, expected });
        await go(path);
        const file = join(dir, `${name}__${theme}__${width}.png`);
        await page.screenshot({ path: file, fullPage: true });
        console.log(file);
        if (ofReadme.includes(name) && theme === 'light' && width === 1280) await page.screenshot({ path: join(pictures, `${name}.png`) });
        await close();
      }
    }
  }
} finally {
  await browser.close();
  await muster.stop();
}
