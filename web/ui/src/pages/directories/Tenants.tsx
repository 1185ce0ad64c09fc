import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { Dialog } from '../../parts/Dialog';
import { IconPlus } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { Allowed, useBarred } from '../../parts/roles';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import { allTenants, everyConnector } from '../connectors/reading';

type Tenant = Schema<'Tenant'>;

// Tenants lists whose connectors there are, and makes and deletes them.
export function Tenants() {
  const query = useQuery(allTenants);
  const connectors = useQuery(everyConnector());
  const barred = useBarred('owner', true);
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<Tenant>();
  const slugsOf = (t: Tenant) => connectors.data?.filter((c) => c.tenant === t.name).map((c) => c.slug);
  const columns: Column<Tenant>[] = [
    { head: 'Name', cell: (t) => <Name>{t.name}</Name> },
    { head: 'Connectors', cell: (t) => <div className="wide-cell">{slugsOf(t)?.join(', ') || (connectors.data === undefined ? '' : 'none')}</div> },
    { head: 'Made', cell: (t) => <When at={t.created} /> },
    ...(barred !== undefined ? [] : [{ head: 'Actions', cell: (t: Tenant) => (slugsOf(t)?.length === 0 ? <Button color="bad" variant="outline" size="compact-md" mih={36} aria-label={`Delete ${t.name}`} onClick={() => setDeleting(t)}>Delete</Button> : <Text span c="var(--mute)">has connectors</Text>) }]),
  ];
  return (
    <Stack>
      <Text>A tenant owns connectors and the groups they make: a company, or a part of one. Administrators can be limited to tenants.</Text>
      <Answer query={query} what="the tenants">
        {(all) => (all.length === 0
          ? <Empty title="No tenant">It comes with the first connector, or is made here.</Empty>
          : <DataTable caption="Tenants" columns={columns} rows={all} id={(t) => t.id} />)}
      </Answer>
      <Allowed role="owner" deployment>
        <Group><Button variant="default" leftSection={<IconPlus />} onClick={() => setMaking(true)}>Make a tenant</Button></Group>
      </Allowed>
      {making && <Make onClose={() => setMaking(false)} />}
      {deleting !== undefined && <Delete tenant={deleting} onClose={() => setDeleting(undefined)} />}
    </Stack>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/tenants', { body: { name: name.trim() } })),
    onSuccess: async (made) => {
      await cache.invalidateQueries({ queryKey: allTenants.queryKey });
      announce(`Made ${made.name}.`);
      onClose();
    },
  });
  const problem = make.isError ? problemOf(make.error) : undefined;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog title="Make a tenant" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus label="Name" required maxLength={256} autoComplete="off" value={name} error={problem?.at('body.name')} onChange={(e) => setName(e.currentTarget.value)} />
          {problem !== undefined && problem.at('body.name') === undefined && <Failed error={problem} what="Making the tenant" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Delete({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE('/tenants/{name}', { params: { path: { name: tenant.name } } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: allTenants.queryKey });
      announce(`Deleted ${tenant.name}.`);
      onClose();
    },
  });
  return (
    <Dialog title="Delete this tenant?" onClose={onClose}>
      <Stack>
        <Text><Name>{tenant.name}</Name> has no connectors. Administrators who are limited to it alone see nothing any more. This cannot be undone; a tenant of the same name is another one.</Text>
        {remove.isError && <Failed error={remove.error} what="Deleting the tenant" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          <Button color="bad" loading={remove.isPending} onClick={() => remove.mutate()}>Delete it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
