// A real browser for tests, which watches for everything that must never happen on any page.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

// themes and widths are those in which every page is looked at.
export const themes = ['light', 'dark'];
export const widths = [1280, 320];

// startBrowser starts Chromium. Close it at the end.
export function startBrowser() {
  return chromium.launch({ executablePath: process.env.MUSTER_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

// openPage opens a window that is signed in to a Muster as an administrator of a role, unless
// signedIn is false, and watches it. expected lists statuses of answers that are part of the test,
// such as [404]; also names other servers that pages may go to; cut is for tests that cut the
// network themselves.
export async function openPage(browser, muster, { theme = 'light', width = 1280, signedIn = true, as = 'owner', expected = [], also = [], cut = false } = {}) {
  if (!signedIn) expected = [401, ...expected]; // by it the page learns that nobody is signed in
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: muster.url });
  await context.addInitScript({ content: 'window.seenViolations = []; document.addEventListener("securitypolicyviolation", (e) => window.seenViolations.push(`${e.violatedDirective}: ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`));' });
  if (signedIn) await context.addCookies([{ name: 'sid', value: (await muster.person(as)).cookie, url: muster.url, httpOnly: true, sameSite: 'Strict' }]);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const wrong = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    if (/status of (\d+)/.test(message.text()) && expected.includes(Number(RegExp.$1))) return;
    if (cut && message.text().includes('net::ERR_')) return;
    wrong.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`error on the page: ${error.stack ?? error}`));
  page.on('request', (request) => {
    if (![muster.url, ...also].some((url) => request.url().startsWith(`${url}/`)) && !request.url().startsWith('blob:')) wrong.push(`request elsewhere: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !expected.includes(response.status())) wrong.push(`${response.status()}: ${response.url()}`);
  });

  // go opens a path of the UI, such as "/connectors", and waits until it shows its heading and
  // nothing is loading.
  async function go(path) {
    await page.goto(`${muster.url}/ui${path}`);
    await settled();
  }

  async function settled() {
    await page.locator('h1').first().waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  }

  // good fails if something happened that must never happen, or the page as it is now breaks a
  // rule that holds for all pages.
  async function good(where = page.url()) {
    wrong.push(...(await page.evaluate(() => window.seenViolations.splice(0).map((v) => `Content-Security-Policy: ${v}`))));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wide > 0) wrong.push(`the page scrolls sideways by ${wide} px because of ${await page.evaluate(widest)}`);
    const headings = await page.locator('h1').count();
    if (headings !== 1) wrong.push(`there are ${headings} headings of level 1`);
    assert.deepEqual(wrong.splice(0), [], where);
    await accessible(where);
  }

  async function accessible(where) {
    await page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime !== Infinity).map((a) => a.finished.catch(() => {}))));
    if (!(await page.evaluate(() => 'axe' in window))) {
      const source = await import('node:fs').then((fs) => fs.readFileSync(axeFile, 'utf8'));
      await page.evaluate(source); // past the policy, which forbids it to the page
    }
    const found = await page.evaluate(() => window.axe.run(document, {
      runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
      rules: { 'target-size': { enabled: true } },
      resultTypes: ['violations'],
    }));
    const said = found.violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `    ${n.html.slice(0, 200)}\n    ${n.failureSummary?.replaceAll('\n', ' ')}`).join('\n')}`);
    assert.deepEqual(said, [], `axe on ${where}`);
  }

  return { page, context, go, settled, good, close: () => context.close() };
}

// widest names what reaches beyond the right edge.
function widest() {
  const out = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && e.closest('.scroll') === null);
  return out.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(' | ');
}
