import { Button, Group, NativeSelect, NumberInput, Stack, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Allowed, useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Failed } from '../../states/Failed';
import { presentDirectories } from '../connectors/reading';
import { Patterns } from '../sections/Patterns';
import { oneDirectory } from './reading';

type Settings = Schema<'DirectorySettings'>;

// lists are the settings that are names and patterns.
const lists = [
  { field: 'protectedUsers', title: 'Protected users', hint: 'By user name, e-mail or name: no connector changes them, whatever its IdP sends.' },
  { field: 'protectedGroups', title: 'Protected groups', hint: 'No connector adds or removes anybody in them.' },
  { field: 'sharedGroups', title: 'Shared groups', hint: 'Connectors of every tenant may feed them; any other group belongs to one tenant.' },
] as const;

// SettingsForm edits the settings of a directory. Everybody whom a change concerns is settled soon
// after it.
export function SettingsForm({ read }: { read: Tagged<Schema<'Directory'>> }) {
  const before = settingsOf(read.value);
  const [settings, setSettings] = useState(before);
  const directories = useQuery(presentDirectories);
  const barred = useBarred('ruleEditor', true) !== undefined;
  const cache = useQueryClient();
  const d = read.value.name;
  const patch = Object.fromEntries(Object.entries(settings).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field as keyof Settings]))) as Settings;
  const change = useMutation({
    mutationFn: () => ask(api.PATCH('/directories/{d}', { params: { path: { d }, header: { 'If-Match': read.tag } }, body: patch })),
    onSuccess: async () => {
      announce(`Saved the settings of ${d}.`);
      await Promise.all([cache.invalidateQueries({ queryKey: oneDirectory(d).queryKey }), cache.invalidateQueries({ queryKey: ['directories'] })]);
    },
  });
  const problem = change.isError ? problemOf(change.error) : undefined;
  const placed = problem?.said.errors?.length === 1 && [...lists.map((l) => l.field), 'retentionDays', 'copyFrom'].some((field) => problem.said.errors?.[0]?.location?.startsWith(`body.${field}`));
  const set = (changed: Partial<Settings>) => setSettings({ ...settings, ...changed });
  const others = (directories.data ?? []).filter((other) => other.name !== d).map((other) => ({ value: other.name, label: other.name }));

  function submit(event: FormEvent) {
    event.preventDefault();
    if (Object.keys(patch).length > 0 && !change.isPending) change.mutate();
  }

  return (
    <form onSubmit={submit} aria-labelledby="settings">
      <Stack>
        <Title order={2} id="settings">Settings</Title>
        <fieldset className="bare" disabled={barred}>
          <Stack>
            <NativeSelect label="A user is active when" value={settings.activeWhen} onChange={(e) => set({ activeWhen: e.currentTarget.value as Settings['activeWhen'] })}
              data={[{ value: 'any', label: 'any IdP that contributes says so' }, { value: 'owner', label: 'the IdP that owns the user says so' }]} />
            <NumberInput label="A deleted user can be restored for" suffix=" days" min={1} allowDecimal={false} maw={280} value={settings.retentionDays} error={problem?.at('body.retentionDays')}
              onChange={(value) => { if (typeof value === 'number') set({ retentionDays: value }); }} />
            <NativeSelect label="Copy from" description="Whoever comes here is given once what the user of the same user name has there." value={settings.copyFrom ?? ''} error={problem?.at('body.copyFrom')}
              data={[{ value: '', label: 'No directory' }, ...others]} onChange={(e) => set({ copyFrom: e.currentTarget.value })} />
            {lists.map(({ field, title, hint }) => (
              <Patterns key={field} title={title} hint={hint} entries={settings[field]} problem={(i) => problem?.at(`body.${field}[${i}]`)} onChange={(entries) => set({ [field]: entries })} />
            ))}
          </Stack>
        </fieldset>
        {problem !== undefined && !placed && <Failed error={problem} what="Saving the settings" />}
        {Object.keys(patch).length > 0 && <Note tone="warn">There is no plan for this: everybody whom it concerns is settled soon after it is saved.</Note>}
        <Allowed role="ruleEditor" deployment>
          <Group gap="sm"><Button type="submit" disabled={Object.keys(patch).length === 0} loading={change.isPending}>Save</Button></Group>
        </Allowed>
      </Stack>
    </form>
  );
}

function settingsOf({ activeWhen, retentionDays, copyFrom, protectedUsers, protectedGroups, sharedGroups }: Schema<'Directory'>): Settings {
  return { activeWhen, retentionDays, copyFrom: copyFrom ?? '', protectedUsers, protectedGroups, sharedGroups };
}
