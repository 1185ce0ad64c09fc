// Rules that somebody keeps in a file, and what the browser says of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await muster.connector({ slug: 'kept', mode: 'live' });
  await muster.run('export', '-o', 'muster.yaml');
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

const warned = 'Kept in the file muster.yaml';

test('who changes rules that are kept in a file is warned, until they are kept here', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/kept/rules');
  assert.equal(await page.getByText(warned).count(), 0, 'an export alone says nothing');

  assert.match(await muster.run('apply', '-f', 'muster.yaml'), /kept: its pages say from now on/);
  for (const at of ['rules', 'mapping', 'cleanup', 'linking']) {
    await go(`/connectors/kept/${at}`);
    await page.getByText(warned).waitFor();
    await good(`${at} of a connector whose rules are kept in a file`);
  }
  const seen = await openPage(browser, muster, { theme: 'dark', width: 320, as: 'viewer' });
  await seen.go('/connectors/kept/rules');
  await seen.page.getByText(warned).waitFor();
  assert.equal(await seen.page.getByRole('button', { name: 'The rules are kept here from now on' }).count(), 0);
  await seen.good('the warning, to a viewer');
  await seen.close();

  await muster.api('PUT', '/connectors/kept/rules', { neverAssign: ['x-.*'] });
  await assert.rejects(muster.run('plan', '-f', 'muster.yaml'), /2\n[^]*- neverAssign: x-/, 'the file would take it back');

  await go('/connectors/kept/rules');
  await page.getByRole('button', { name: 'The rules are kept here from now on' }).click();
  await page.getByText(warned).waitFor({ state: 'detached' });
  await good('rules that are kept here again');
  await close();
});
