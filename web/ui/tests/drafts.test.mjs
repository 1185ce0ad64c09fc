// The draft of a connector: four pages write it, it is one plan, and two administrators who write
// it notice each other where they write the same.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { fill } from './harness/world.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await fill(muster);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

const draft = async (slug) => (await muster.api('GET', `/connectors/${slug}/rules/draft`)).rules;
const kept = ({ page }) => page.getByText('Draft, kept', { exact: true }).waitFor();

// fields are one field of each page: how it is written, what it shows, and what the draft says of it.
const fields = {
  mapping: {
    write: ({ page }, text) => page.getByLabel('Whoever fulfils this does not count').fill(`record.userName == "${text}"`),
    shows: async ({ page }) => (await page.getByLabel('Whoever fulfils this does not count').inputValue()).match(/"(.*)"/)?.[1],
    says: (rules) => rules.mapping.dropWhen?.match(/"(.*)"/)?.[1],
  },
  cleanup: {
    write: ({ page }, text) => page.getByLabel('Days of grace').fill(text),
    shows: ({ page }) => page.getByLabel('Days of grace').inputValue(),
    says: (rules) => String(rules.cleanup.graceDays),
  },
  linking: {
    write: async ({ page }, text) => {
      for (const n of ['2', '3']) await page.getByRole('checkbox', { name: n === '2' ? 'externalId' : 'employeeNumber' }).setChecked(text >= n);
    },
    shows: async ({ page }) => String(await page.getByRole('group', { name: 'People are the same' }).getByRole('checkbox', { checked: true }).count() - 1),
    says: (rules) => String(rules.linking.match.length - 1),
  },
};

for (const [name, { write, shows, says }] of Object.entries(fields)) {
  test(`two administrators who write the draft of ${name} notice each other, and nothing typed is lost`, async () => {
    const ada = await openPage(browser, muster, { expected: [412] });
    const bob = await openPage(browser, muster, { as: 'ruleEditor', expected: [412] });
    for (const { go } of [ada, bob]) await go(`/connectors/acme-onelogin/${name}`);
    await write(bob, '2');
    await kept(bob);
    await write(ada, '3');
    await ada.page.getByText('Somebody else changed this draft').waitFor();
    await ada.page.getByText((await muster.person('ruleEditor')).email).waitFor();
    assert.equal(await shows(ada), '3', 'what she wrote stays');
    assert.equal(says(await draft('acme-onelogin')), '2', 'his is kept until she has chosen');
    await ada.good(`${name} that somebody else changed`);
    await ada.page.getByRole('button', { name: 'Keep mine' }).click();
    await kept(ada);
    assert.equal(says(await draft('acme-onelogin')), '3');

    await write(bob, '1');
    await bob.page.getByText('Somebody else changed this draft').waitFor();
    await bob.page.getByRole('button', { name: 'Show theirs' }).click();
    await kept(bob);
    assert.equal(await shows(bob), '3', 'the fields show what she wrote');
    await ada.close();
    await bob.close();
    await muster.api('DELETE', '/connectors/acme-onelogin/rules/draft');
  });
}

test('two who write other parts write one draft, whose plan names them and leads back to where it was made', async () => {
  const ada = await openPage(browser, muster);
  const bob = await openPage(browser, muster, { as: 'ruleEditor', expected: [412] });
  await ada.go('/connectors/acme-okta/linking');
  await bob.go('/connectors/acme-okta/mapping');
  await fields.linking.write(ada, '3');
  await kept(ada);
  await fields.mapping.write(bob, 'nobody');
  await kept(bob);
  await bob.page.getByText('The draft of this connector also changes Linking. It is planned together with what you change here.').waitFor();
  assert.equal(await bob.page.getByText('Somebody else changed this draft').count(), 0);
  const both = await draft('acme-okta');
  assert.deepEqual([fields.linking.says(both), fields.mapping.says(both)], ['3', 'nobody']);
  await bob.good('a draft of two pages');

  await bob.page.getByRole('button', { name: 'Plan the change' }).click();
  await bob.page.getByRole('heading', { name: 'Plan: A change of rules' }).waitFor();
  await bob.page.getByText('It changes Mapping and Linking.').waitFor();
  await bob.page.getByRole('link', { name: 'Back to the mapping' }).waitFor();
  await bob.good('a plan of two pages');
  await bob.page.getByRole('link', { name: 'Back to the mapping' }).click();
  await kept(bob);
  assert.equal(await fields.mapping.shows(bob), 'nobody');
  await bob.page.getByRole('button', { name: 'Discard these changes' }).click();
  await bob.page.getByText('The draft of this connector also changes Linking. It is not in force yet.').waitFor();
  await bob.go('/connectors/acme-okta/rules');
  await bob.page.getByText('The draft of this connector also changes Linking.').waitFor();
  assert.deepEqual((await draft('acme-okta')).mapping, {}, 'the rest of the draft stays');
  await ada.close();
  await bob.close();
  await muster.api('DELETE', '/connectors/acme-okta/rules/draft');
});

test('a draft that was begun from older rules changes only what was written in it, and says what both have changed', async () => {
  const before = await muster.api('GET', '/connectors/acme-entra/rules');
  await muster.api('PUT', '/connectors/acme-entra/rules/draft', { basedOn: 1, rules: { ...before, cleanup: { ...before.cleanup, graceDays: 30 }, requiredGrace: '2h' } });
  await muster.api('PUT', '/connectors/acme-entra/rules', { ...before, neverAssign: [{ is: 'of-now' }], cleanup: { ...before.cleanup, graceDays: 10 } });
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors/acme-entra/rules');
  await page.getByText('In force', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Text of entry 1 of “Never these groups”').inputValue(), 'of-now');
  await page.getByRole('link', { name: 'Cleanup and safety' }).last().click();
  await page.getByText('What is in force has changed').waitFor();
  assert.equal(await page.getByLabel('Days of grace').inputValue(), '30');
  await good('a draft that was begun from older rules');
  await page.getByRole('button', { name: 'Plan the change' }).click();
  await page.getByRole('heading', { name: 'Plan: A change of rules' }).waitFor();
  await settled();
  const plan = await muster.api('GET', `/connectors/acme-entra/plans/${new URL(page.url()).pathname.split('/').pop()}`);
  assert.deepEqual([plan.draft.rules.neverAssign, plan.draft.rules.cleanup.graceDays, plan.draft.rules.requiredGrace], [[{ is: 'of-now' }], 30, '2h']);
  await page.getByRole('link', { name: 'Back to cleanup and safety' }).click();
  await page.getByRole('button', { name: 'Begin again from what is in force' }).click();
  await page.getByText('In force', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Days of grace').inputValue(), '10');
  await good('the page without a draft');
  await close();
});

test('what cannot be kept says so at its field, and what is written next is kept', async () => {
  const ada = await openPage(browser, muster, { expected: [422] });
  await ada.go('/connectors/acme-onelogin/cleanup');
  const wait = ada.page.getByLabel('Wait when the last required group is lost');
  await wait.fill('an hour');
  await ada.page.getByText('Draft, not kept').waitFor();
  await ada.page.getByText('"an hour" is not a duration; write "1h" or "30m".').waitFor();
  assert.equal(await wait.getAttribute('aria-invalid'), 'true');
  await ada.good('a value that cannot be kept');
  await wait.fill('2h');
  await kept(ada);
  assert.equal((await draft('acme-onelogin')).requiredGrace, '2h');
  await ada.page.getByRole('link', { name: 'Linking', exact: true }).click();
  await ada.page.getByText('The draft of this connector also changes Cleanup and safety.').waitFor();
  await ada.close();
  await muster.api('DELETE', '/connectors/acme-onelogin/rules/draft');
});

test('who may not change rules reads the draft that others write, and is offered none of its ways on', async () => {
  const rules = await muster.api('GET', '/connectors/acme-onelogin/rules');
  await muster.api('PUT', '/connectors/acme-onelogin/rules/draft', { basedOn: 1, rules: { ...rules, requiredGrace: '3h' } });
  const { page, go, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/connectors/acme-onelogin/cleanup');
  await page.getByText('Draft, kept', { exact: true }).waitFor();
  await page.getByText(/^This takes the role rule editor/).first().waitFor();
  assert.equal(await page.getByLabel('Wait when the last required group is lost').inputValue(), '3h');
  for (const name of ['Plan the change', 'Discard the draft']) assert.equal(await page.getByRole('button', { name }).count(), 0, name);
  await good('the draft of others');
  await close();
  await muster.api('DELETE', '/connectors/acme-onelogin/rules/draft');
});
