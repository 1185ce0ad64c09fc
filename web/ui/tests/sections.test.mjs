// The other parts of a connector's rules, and its settings: mapping with its bench, cleanup and
// safety, linking. What touches people is a plan; what does not is saved.
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

const user = 'urn:ietf:params:scim:schemas:core:2.0:User';

// planOn waits for the page of a plan, and reads the plan.
async function planOn(page, settled, slug) {
  await page.getByRole('heading', { name: /^Plan: / }).waitFor();
  await settled();
  return muster.api('GET', `/connectors/${slug}/plans/${new URL(page.url()).pathname.split('/').pop()}`);
}

test('a mapping is written with fields, tried on somebody, and becomes a plan', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { expected: [422] });
  const before = await muster.api('GET', '/connectors/acme-okta/rules');
  const [somebody] = (await muster.api('GET', '/directories/main/users?filter=' + encodeURIComponent('title pr') + '&limit=1')).items;
  await go('/connectors/acme-okta/mapping');
  await page.getByRole('searchbox', { name: 'Find somebody' }).fill(somebody.userName);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: somebody.userName }).click();
  await page.getByText('Passes as it was sent', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Take title' }).click();
  await page.getByText(/"" is no path of an attribute/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Plan the change' }).isDisabled(), true, 'a step without an attribute is not planned');
  await page.getByLabel('Attribute, step 1').fill('nickName');
  await page.getByLabel('Taken, step 1').selectOption('upper');
  const record = page.url().match(/record=([0-9a-f-]+)/)[1];
  const { before: said } = await muster.api('POST', '/connectors/acme-okta/mapping/trial', { record, mapping: {} });
  await page.getByText('1 attribute changes').waitFor();
  await page.getByRole('cell', { name: said.title.toUpperCase(), exact: true }).waitFor();
  await good('a mapping that is tried');

  await page.getByLabel('If nothing comes, step 1').selectOption('text');
  await page.getByLabel('Text, step 1', { exact: true }).fill('no "title"');
  await page.getByRole('button', { name: 'Write an expression, step 1' }).click();
  const expression = page.getByLabel('Expression, step 1');
  assert.equal(await expression.inputValue(), 'default(upper(record.title), "no \\"title\\"")');
  await page.getByRole('button', { name: 'Use fields, step 1' }).click();
  assert.equal(await page.getByLabel('Text, step 1', { exact: true }).inputValue(), 'no "title"', 'an expression is read back to its fields');
  await page.getByRole('button', { name: 'Write an expression, step 1' }).click();
  await expression.fill('record.titel');
  await page.getByText(/there is no attribute titel; did you mean title/).waitFor();
  await good('a mapping with a mistake');
  await expression.fill('upper(record.title)');
  await page.getByText('1 attribute changes').waitFor();

  await page.getByText('Draft, kept', { exact: true }).waitFor();
  await page.reload();
  await settled();
  assert.equal(await page.getByLabel('From, step 1').inputValue(), 'title', 'the draft outlived the page');
  assert.deepEqual(await muster.api('GET', '/connectors/acme-okta/rules'), before, 'nothing was applied');
  await page.getByRole('button', { name: 'Plan the change' }).click();
  const plan = await planOn(page, settled, 'acme-okta');
  assert.deepEqual(plan.draft.rules, { ...before, mapping: { steps: [{ target: 'nickName', expression: 'upper(record.title)' }] } }, 'the rest of the rules stays');
  assert.ok(plan.counts.usersUpdated > 0);
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Mapping', exact: true }).click();
  await page.getByText('In force', { exact: true }).waitFor();
  await good('the mapping in force');
  await close();
});

test('steps move and go by keyboard, groups are renamed before one plans it, and a pasted user is tried', async () => {
  const made = await muster.connector({ slug: 'renamed', mode: 'live' });
  await muster.scim('renamed', made.token, 'POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'okta-very-long' });
  const { page, go, good, close } = await openPage(browser, muster, { expected: [422] });
  await go('/connectors/renamed/mapping');
  await page.getByText('Pasted JSON').click();
  await page.getByText('Passes as it was sent', { exact: true }).waitFor();
  const pasted = page.getByLabel('A user as the identity provider sends it');
  await pasted.fill('{"userName":');
  await page.getByText(/^This is no JSON/).waitFor();
  await pasted.fill('{"userName": "ada@acme.example", "name": {"givenName": "Ada"}}');
  for (const [n, target, source] of [[1, 'nickName', 'name.givenName'], [2, 'displayName', 'userName']]) {
    await page.getByRole('button', { name: 'Add a step' }).focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), `Attribute, step ${n}`);
    await page.keyboard.type(target);
    await page.getByLabel(`From, step ${n}`).fill(source);
  }
  await page.getByText('2 attributes change').waitFor();
  await page.getByRole('button', { name: 'Up, step 2' }).focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.getByLabel('Attribute, step 1').inputValue(), 'displayName');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Attribute, step 1', 'the focus goes along');
  await page.getByRole('button', { name: 'Remove step 1' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('1 attribute changes').waitFor();
  await page.getByLabel('Whoever fulfils this does not count').fill('record.userName.endsWith("@acme.example")');
  await page.getByText('Dropped: this person does not count').waitFor();

  await page.getByRole('button', { name: 'Add a rename' }).click();
  await page.getByLabel('Groups whose name, rename 1').selectOption('contains');
  await page.getByLabel('Text, rename 1').fill('very-long');
  await page.getByLabel('Are called, rename 1').fill('short');
  await page.getByText('Renamed groups: 1 of 1.').waitFor();
  assert.equal(await page.getByRole('cell', { name: 'short', exact: true }).count(), 1);
  await good('a rename');
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await page.getByText('In force', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Attribute, step 1').count(), 0);
  assert.deepEqual((await muster.api('GET', '/connectors/renamed/rules')).mapping, {});
  await close();
});

test('cleanup says what it does before it is chosen, and is planned with the limits', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { expected: [422] });
  const before = await muster.api('GET', '/connectors/acme-okta/rules');
  await go('/connectors/acme-okta/cleanup');
  const card = (name) => page.getByRole('radio', { name, exact: true });
  assert.equal(await card('Disable').isChecked(), true);
  await card('Delete').click();
  await page.getByLabel('Days of grace').fill('30');
  await page.getByText('The user is disabled at once, and deleted after 30 days.').waitFor();
  await card('Disable').click();
  await page.getByLabel('Take the memberships away too').check();
  await page.getByText('Memberships end after 30 days.').first().waitFor();
  await page.getByRole('button', { name: 'Add an entry to “Memberships of these groups stay”' }).click();
  await page.keyboard.type('everyone');
  await page.getByLabel('Users disabled or deleted', { exact: true }).fill('7');
  await page.getByLabel('Or this share').fill('5');
  await page.getByText('0 of 7', { exact: true }).first().waitFor();
  await page.getByText('0 of 21', { exact: true }).first().waitFor();
  await page.getByLabel('Window', { exact: true }).fill('48h');
  await page.getByRole('button', { name: 'Plan the change' }).click();
  await page.getByText('It must be between 0s and 24h.').waitFor();
  await good('a window that is too long');
  await page.getByLabel('Window', { exact: true }).fill('2h');
  await page.getByRole('button', { name: 'Plan the change' }).click();
  const { draft } = await planOn(page, settled, 'acme-okta');
  assert.deepEqual(draft.rules, {
    ...before,
    cleanup: { action: 'disable', stripGroups: true, graceDays: 30, keepGroups: [{ is: 'everyone' }] },
    safety: { ...before.safety, losses: 7, share: 0.05, window: '2h' },
  });
  await go('/connectors/acme-okta/cleanup');
  await page.getByLabel('Hold what goes over the limits').uncheck();
  await page.getByText('Without limits a mistake at the identity provider takes effect at once').waitFor();
  await good('no limits');
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await page.getByText('In force', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Users disabled or deleted', { exact: true }).inputValue(), String(before.safety.losses));
  await close();
});

test('a large change is announced with a reason, and its window is ended', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/acme-okta/cleanup');
  await page.getByRole('button', { name: 'Announce' }).click();
  await page.getByText('Say what is expected.').waitFor();
  await page.getByLabel('What is expected').fill('the contractors leave today');
  await page.getByLabel('For', { exact: true }).selectOption('2h');
  await page.getByRole('button', { name: 'Announce' }).click();
  await page.getByText(/^Announced: the limits do not count/).first().waitFor();
  const { until, since, reason } = await muster.api('GET', '/connectors/acme-okta/expected-change');
  assert.deepEqual([Date.parse(until) - Date.parse(since), reason], [2 * 3_600_000, 'the contractors leave today']);
  await good('an announced window');
  await page.getByRole('button', { name: 'End it now' }).click();
  await page.getByRole('button', { name: 'Announce' }).waitFor();
  assert.equal((await muster.api('GET', '/connectors/acme-okta/expected-change')).until, null);
  await close();
});

test('domains are listed by their people, and the matching is tested before anything is linked', async () => {
  const made = await muster.connector({ slug: 'second', tenant: 'second', mode: 'observe' });
  const [known] = (await muster.api('GET', '/directories/main/users?limit=1&filter=' + encodeURIComponent('userName ew "@acme.example"'))).items;
  for (const userName of [known.userName, 'new@second.example', 'new@gmail.com']) await muster.scim('second', made.token, 'POST', '/Users', { schemas: [user], userName, active: true });
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/connectors/second/linking');
  await page.getByRole('checkbox', { name: 'gmail.com' }).check();
  await page.getByText('Anybody can get an address in gmail.com').waitFor();
  await good('a domain of everybody');
  await page.getByRole('checkbox', { name: 'gmail.com' }).uncheck();
  await page.getByText('In force', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Test the matching' }).click();
  await page.getByText('Would be linked: 0 · Would get a user of its own: 2 · Ambiguous: 0 · Blocked: 1').waitFor();
  await good('the buckets');
  await page.getByRole('checkbox', { name: 'acme.example' }).check();
  await page.getByLabel('Link users of other tenants too').check();
  await page.getByText('This identity provider can take over users of other tenants').waitFor();
  await page.getByRole('button', { name: 'Plan the change' }).click();
  const { draft, losses } = await planOn(page, settled, 'second');
  assert.deepEqual([draft.rules.linking, losses], [{ match: ['userName', 'email'], acrossTenants: true, domains: ['acme.example'] }, { users: 0, memberships: 0, keys: 0 }]);
  await page.getByRole('button', { name: 'Apply the plan' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Linking', exact: true }).click();
  await page.getByRole('button', { name: 'Test the matching' }).click();
  await page.getByText('Would be linked: 1 · Would get a user of its own: 2 · Ambiguous: 0 · Blocked: 0').waitFor();
  await page.getByRole('link', { name: 'Would be linked' }).click();
  await page.getByRole('rowheader', { name: known.userName }).waitFor();
  await close();
});

test('settings are saved alone, and not over what somebody else saved meanwhile', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { expected: [412, 422] });
  await go('/connectors/acme-entra/settings');
  await page.getByLabel('Name', { exact: false }).first().fill('Entra of the day');
  await page.getByLabel('Requests a second').fill('fast');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Write a number, such as 50 or 0.5.').waitFor();
  await page.getByLabel('Requests a second').fill('50');
  await page.getByLabel('Networks').fill('10.0.0.0/8\n203.0.113');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText(/"203.0.113" is no network/).waitFor();
  await good('a network that is none');
  await page.getByLabel('Networks').fill('10.0.0.0/8\n203.0.113.0/24');
  await muster.api('PATCH', '/connectors/acme-entra', { required: ['emails'] });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Somebody changed these settings meanwhile').waitFor();
  await good('two who change the settings');
  await page.getByRole('button', { name: 'Save mine all the same' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  const { name, limits, allowedNetworks, required } = await muster.api('GET', '/connectors/acme-entra');
  assert.deepEqual([name, limits, allowedNetworks, required], ['Entra of the day', { rate: 50 }, ['10.0.0.0/8', '203.0.113.0/24'], ['emails']], 'theirs stays where only they changed it');
  assert.equal(await page.getByLabel('Needed').inputValue(), 'emails');
  await page.getByRole('heading', { level: 1, name: 'Entra of the day' }).waitFor();
  await close();
});

test('a connector is deleted by its short name, and not while it holds anybody', async () => {
  await muster.connector({ slug: 'empty', name: 'Nobody there' });
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors/acme-okta/settings');
  await page.getByRole('button', { name: 'Delete the connector' }).click();
  await page.getByText('Retire it first').waitFor();
  await good('the dialog of a connector that holds people');
  await page.getByRole('button', { name: 'Keep it' }).click();

  await go('/connectors/empty/settings');
  await page.getByRole('button', { name: 'Delete the connector' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('This is not empty.').waitFor();
  await page.getByLabel('Type empty to confirm').fill('empty');
  await good('the dialog of deleting');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Connectors' }).waitFor();
  assert.equal((await muster.api('GET', '/connectors?limit=500')).items.some((c) => c.slug === 'empty'), false);
  await good('the list without it');
  await close();
});

test('a viewer reads these pages and is offered no change', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { as: 'viewer' });
  for (const end of ['mapping', 'cleanup', 'linking', 'settings']) {
    await go(`/connectors/acme-okta/${end}`);
    await page.getByText(/^This takes the role rule editor/).first().waitFor();
    for (const name of ['Plan the change', 'Add a step', 'Announce', 'Test the matching', 'Save', 'Delete the connector']) {
      const button = page.getByRole('button', { name, exact: true });
      assert.ok((await button.count()) === 0 || (await button.isDisabled()), `${name} of ${end}`);
    }
    await good(`${end} of a viewer`);
  }
  await close();
});
