import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { Problem, problemOf } from '../../api/problem';
import { Failed } from '../../states/Failed';
import { Loading } from '../../states/Loading';
import { presentDirectories, allTenants } from './reading';
import { keep } from './secrets';
import { another, slugOf } from './slug';

type Kind = Schema<'Connector'>['kind'];

interface Wanted {
  name: string;
  slug: string; // as it was typed; "" has one made of the name
  tenant: string; // "" makes one
  newTenant: string; // its name; "" is the connector's
  directory: string;
}

// ConnectForm asks for the connector's name. Everything else has an answer already, which can be
// changed under "More".
export function ConnectForm({ kind }: { kind: Kind }) {
  const tenants = useQuery(allTenants);
  const directories = useQuery(presentDirectories);
  // What was read once stays while it is read again, so that nothing typed is lost with it.
  if (tenants.data === undefined && tenants.isError) return <Failed error={tenants.error} retry={() => void tenants.refetch()} what="Reading the tenants" />;
  if (directories.data === undefined && directories.isError) return <Failed error={directories.error} retry={() => void directories.refetch()} what="Reading the directories" />;
  if (tenants.data === undefined || directories.data === undefined) return <Loading what="tenants and directories" lines={3} />;
  return <Form kind={kind} tenants={tenants.data.map((t) => t.name)} directories={directories.data.map((d) => d.name)} />;
}

function Form({ kind, tenants, directories }: { kind: Kind; tenants: string[]; directories: string[] }) {
  const [wanted, setWanted] = useState<Wanted>({ name: '', slug: '', tenant: tenants.length === 1 ? tenants[0]! : '', newTenant: '', directory: directories.includes('main') ? 'main' : directories[0] ?? 'main' });
  const [missing, setMissing] = useState<'name' | 'tenant' | null>(null);
  const [chosen, setChosen] = useState(tenants.length <= 1); // which tenant; of several, it is asked
  const name = useRef<HTMLInputElement>(null);
  const cache = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => name.current?.focus(), []);

  const make = useMutation({
    mutationFn: () => create(kind, wanted),
    onSuccess: async (made) => {
      keep(made.slug, { kind: 'bearer', token: made.token });
      await cache.invalidateQueries({ queryKey: ['connectors'] });
      void cache.invalidateQueries({ queryKey: ['tenants'] });
      await navigate({ to: '/connectors/$slug/setup', params: { slug: made.slug } });
    },
  });
  const problem = make.isError ? problemOf(make.error) : undefined;
  const places = { name: problem?.at('body.name'), slug: problem?.at('body.slug'), tenant: problem?.at('body.tenant') };
  const set = (change: Partial<Wanted>) => setWanted({ ...wanted, ...change });

  function submit(event: FormEvent) {
    event.preventDefault();
    const lacks = wanted.name.trim() === '' ? 'name' : !chosen ? 'tenant' : null;
    setMissing(lacks);
    if (lacks === 'name') name.current?.focus();
    if (lacks === null && !make.isPending) make.mutate();
  }

  const tenant = (
    <NativeSelect label="Tenant" description="The organisation that the identity provider belongs to." value={chosen ? wanted.tenant || '+' : ''}
      error={missing === 'tenant' ? 'Choose whose identity provider this is.' : places.tenant}
      onChange={(e) => { const value = e.currentTarget.value; setChosen(value !== ''); set({ tenant: value === '+' ? '' : value }); }}
      data={[...(tenants.length > 1 ? [{ value: '', label: 'Choose…', disabled: true }] : []), ...tenants, { value: '+', label: 'A new one' }]} />
  );
  const newTenant = chosen && wanted.tenant === '' && (
    <TextInput label="Name of the new tenant" placeholder={wanted.name} description="Left empty, it has the connector's name." value={wanted.newTenant} onChange={(e) => set({ newTenant: e.currentTarget.value })} />
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack maw="34rem">
        <TextInput ref={name} label="Name" required description="For people, such as “Okta EU”." value={wanted.name} maxLength={256} error={missing === 'name' ? 'Give it a name.' : places.name} onChange={(e) => set({ name: e.currentTarget.value })} />
        {tenants.length > 1 && tenant}
        {tenants.length > 1 && newTenant}
        <details>
          <summary>More</summary>
          <Stack mt="sm">
            {tenants.length <= 1 && tenant}
            {tenants.length <= 1 && newTenant}
            <TextInput label="Short name in the base URL" description="Lower-case letters, digits and hyphens. It cannot be changed later." placeholder={slugOf(wanted.name)} value={wanted.slug} error={places.slug} onChange={(e) => set({ slug: e.currentTarget.value })} />
            <NativeSelect label="Directory" description="Where its users and groups go." data={directories} value={wanted.directory} onChange={(e) => set({ directory: e.currentTarget.value })} />
          </Stack>
        </details>
        <Text c="dimmed">It starts in observe: what comes is kept and shown, and nothing is applied until it goes live.</Text>
        {problem !== undefined && places.name === undefined && places.slug === undefined && places.tenant === undefined && <Failed error={problem} what="Making the connector" />}
        {places.slug !== undefined && <Failed error={problem} what="The short name" />}
        <Group><Button type="submit" loading={make.isPending}>Create</Button></Group>
      </Stack>
    </form>
  );
}

// create makes the tenant if it is a new one, and the connector. A slug that was made of the name
// and is taken gets another ending; one that was typed is the person's to change.
async function create(kind: Kind, wanted: Wanted): Promise<Schema<'CreatedConnector'>> {
  const name = wanted.name.trim();
  const tenant = wanted.tenant || wanted.newTenant.trim() || name;
  if (wanted.tenant === '') {
    await ask(api.POST('/tenants', { body: { name: tenant } })).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'tenantTaken') throw error; // of an attempt before
    });
  }
  const own = slugOf(name) || kind;
  let slug = wanted.slug.trim() || own;
  for (let tries = 0; ; tries++) {
    try {
      return await ask(api.POST('/connectors', { body: { tenant, name, slug, kind, directory: wanted.directory, mode: 'observe', lastLogin: false } }));
    } catch (error) {
      const taken = error instanceof Problem && (error.code === 'slugTaken' || error.code === 'slugReserved');
      if (!taken || wanted.slug.trim() !== '' || tries === 3) throw error;
      slug = another(own);
    }
  }
}
