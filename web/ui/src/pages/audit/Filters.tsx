import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';

import { IconSearch } from '../../parts/icons';
import { Moment } from '../activity/Fields';
import { Connectors } from '../activity/Filters';
import { narrowed, type EventFilter } from '../activity/search';

const none = { q: undefined, connector: undefined, user: undefined, group: undefined, action: undefined, actor: undefined, request: undefined, outcome: undefined, since: undefined, until: undefined };

// areas are the beginnings of actions that people ask for.
const areas = [
  { value: '', label: 'Everything' }, { value: 'directory.', label: 'Effective changes' }, { value: 'directory.user.', label: '… of users' }, { value: 'directory.membership.', label: '… of memberships' },
  { value: 'directory.group.', label: '… of groups' }, { value: 'record.', label: 'What IdPs said' }, { value: 'connector.', label: 'Connectors and rules' }, { value: 'credential.', label: 'Credentials' },
  { value: 'administrator.', label: 'Administrators' }, { value: 'request.refused', label: 'Refused requests' }, { value: 'audit.', label: 'Exports and retention' }, { value: 'system.', label: 'The server' },
];

// Filters narrow the events. What is typed is looked for when the form is sent, what is picked at
// once.
export function Filters({ filter, set }: { filter: EventFilter; set: (change: EventFilter) => void }) {
  const [typed, setTyped] = useState({ q: filter.q ?? '', user: filter.user ?? '', group: filter.group ?? '', actor: filter.actor ?? '', request: filter.request ?? '' });
  function submit(event: FormEvent) {
    event.preventDefault();
    set(Object.fromEntries(Object.entries(typed).map(([name, value]) => [name, value.trim() || undefined])));
  }
  const field = (name: keyof typeof typed, label: string, description: string) => (
    <TextInput label={label} description={description} maxLength={256} value={typed[name]} onChange={(e) => setTyped({ ...typed, [name]: e.currentTarget.value })} />
  );
  return (
    <form onSubmit={submit} role="search">
      <Group gap="sm" align="flex-end">
        <TextInput label="Words" type="search" description="In the values that changed" leftSection={<IconSearch />} maxLength={256} value={typed.q} onChange={(e) => setTyped({ ...typed, q: e.currentTarget.value })} />
        {field('user', 'User', 'userName or id')}
        {field('group', 'Group', 'Name or id')}
        {field('actor', 'Done by', 'E-mail, credential’s id')}
        {field('request', 'Request', 'Its id')}
        <Button type="submit">Find</Button>
      </Group>
      <Group gap="sm" align="flex-end" mt="sm">
        <NativeSelect label="What" value={filter.action ?? ''} onChange={(e) => set({ action: e.currentTarget.value || undefined })}>
          {areas.map((a) => <option key={a.value} value={a.value}>{a.label}</option>)}
          {filter.action !== undefined && !areas.some((a) => a.value === filter.action) && <option value={filter.action}>{filter.action}</option>}
        </NativeSelect>
        <NativeSelect label="Outcome" value={filter.outcome ?? ''} onChange={(e) => set({ outcome: (e.currentTarget.value || undefined) as EventFilter['outcome'] })}
          data={[{ value: '', label: 'Any' }, { value: 'done', label: 'Done' }, { value: 'refused', label: 'Refused' }, { value: 'would', label: 'Would have been done' }]} />
        <Connectors value={filter.connector} onChange={(connector) => set({ connector })} />
        <Moment label="From" value={filter.since} onChange={(since) => set({ since })} />
        <Moment label="Until" value={filter.until} onChange={(until) => set({ until })} />
        {narrowed(filter) && <Button variant="default" onClick={() => set(none)}>Clear the filters</Button>}
      </Group>
    </form>
  );
}
