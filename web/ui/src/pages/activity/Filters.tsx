import { Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { IconSearch } from '../../parts/icons';
import { everyConnector } from '../connectors/reading';
import { Moment } from './Fields';
import { narrowed, type RequestFilter } from './search';

const none = { q: undefined, connector: undefined, user: undefined, group: undefined, method: undefined, status: undefined, failed: undefined, since: undefined, until: undefined };

// Filters narrow the requests. What is typed is looked for when the form is sent, what is picked
// at once.
export function Filters({ filter, set }: { filter: RequestFilter; set: (change: RequestFilter) => void }) {
  const [typed, setTyped] = useState({ q: filter.q ?? '', user: filter.user ?? '', group: filter.group ?? '' });
  function submit(event: FormEvent) {
    event.preventDefault();
    set({ q: typed.q.trim() || undefined, user: typed.user.trim() || undefined, group: typed.group.trim() || undefined });
  }
  return (
    <form onSubmit={submit} role="search">
      <Group gap="sm" align="flex-end">
        <TextInput label="Words" type="search" description="In the path, the body or the error" leftSection={<IconSearch />} maxLength={256} value={typed.q} onChange={(e) => setTyped({ ...typed, q: e.currentTarget.value })} />
        <TextInput label="User" description="E-mail, userName or any id" maxLength={1024} value={typed.user} onChange={(e) => setTyped({ ...typed, user: e.currentTarget.value })} />
        <TextInput label="Group" description="Name or id" maxLength={1024} value={typed.group} onChange={(e) => setTyped({ ...typed, group: e.currentTarget.value })} />
        <Button type="submit">Find</Button>
      </Group>
      <Group gap="sm" align="flex-end" mt="sm">
        <Connectors value={filter.connector} onChange={(connector) => set({ connector })} />
        <NativeSelect label="Method" value={filter.method ?? ''} onChange={(e) => set({ method: e.currentTarget.value || undefined })} data={[{ value: '', label: 'Any' }, 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']} />
        <NativeSelect label="Answered" value={filter.status ?? ''} onChange={(e) => set({ status: e.currentTarget.value || undefined })}>
          <option value="">Anything</option>
          <option value="2xx">2xx: done</option>
          <option value="4xx">4xx: refused</option>
          <option value="5xx">5xx: failed</option>
          {filter.status !== undefined && !filter.status.endsWith('xx') && <option value={filter.status}>{filter.status}</option>}
        </NativeSelect>
        <Moment label="From" value={filter.since} onChange={(since) => set({ since })} />
        <Moment label="Until" value={filter.until} onChange={(until) => set({ until })} />
        <Checkbox label="Refused or failed only" checked={filter.failed === true} onChange={(e) => set({ failed: e.currentTarget.checked ? true : undefined })} mb={8} />
        {narrowed(filter) && <Button variant="default" onClick={() => set(none)}>Clear the filters</Button>}
      </Group>
    </form>
  );
}

// Connectors picks a connector, or all of them.
export function Connectors({ value, onChange }: { value: string | undefined; onChange: (slug: string | undefined) => void }) {
  const { data } = useQuery(everyConnector());
  const known = data?.some((c) => c.slug === value) ?? false;
  return (
    <NativeSelect label="Connector" value={value ?? ''} maw={320} onChange={(e) => onChange(e.currentTarget.value || undefined)}>
      <option value="">All connectors</option>
      {value !== undefined && !known && <option value={value}>{value}</option>}
      {data?.map((c) => <option key={c.slug} value={c.slug}>{c.name}</option>)}
    </NativeSelect>
  );
}
