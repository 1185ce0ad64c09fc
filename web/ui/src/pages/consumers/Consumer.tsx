import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Copyable } from '../../parts/Copyable';
import { TextLink } from '../../parts/links';
import { Allowed, useBarred } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { EndAccess } from './EndAccess';
import { attributesIn, consumersOf, oneConsumer } from './reading';
import { Sees, type Seen } from './Sees';
import { Tokens } from './Tokens';

interface Props {
  d: string;
  read: Tagged<Schema<'Consumer'>>;
}

// Consumer is one application: what it may see, its tokens, and its end.
export function Consumer() {
  const { id } = useParams({ from: '/shell/settings/consumers/$id' });
  const { in: d = 'main' } = useSearch({ from: '/shell/settings/consumers/$id' });
  const query = useQuery({ ...oneConsumer(d, id), refetchOnWindowFocus: false }); // what is typed is kept against this very version
  return (
    <Stack>
      <TextLink to="/settings/consumers" search={{ in: d }}>All consumers</TextLink>
      <Answer query={query} what="the consumer" lines={6}>
        {(read) => (
          <Stack gap="lg">
            <div><Text fw={600}>Where it reads</Text><Copyable text={read.value.baseUrl} what="base URL" /></div>
            <Edit key={read.tag} d={d} read={read} />
            <Tokens d={d} consumer={read.value} />
            <End d={d} consumer={read.value} />
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

function Edit({ d, read }: Props) {
  const before = read.value;
  const barred = useBarred('owner', true) !== undefined;
  const [name, setName] = useState(before.name);
  const [seen, setSeen] = useState<Seen>({ attributes: before.attributes.join(' '), groups: before.groups });
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: () => ask(api.PATCH('/directories/{d}/consumers/{id}', { params: { path: { d, id: before.id }, header: { 'If-Match': read.tag } }, body: { name: name.trim(), attributes: attributesIn(seen.attributes), groups: seen.groups } })),
    onSuccess: async () => {
      announce('Saved what it may see.');
      await cache.invalidateQueries({ queryKey: consumersOf(d).queryKey });
    },
  });
  const problem = change.isError ? problemOf(change.error) : undefined;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!change.isPending) change.mutate();
  }

  return (
    <form onSubmit={submit} aria-labelledby="sees">
      <Stack>
        <Title order={2} id="sees">What it may see</Title>
        <fieldset className="bare" disabled={barred}>
          <Stack>
            <TextInput label="Name" required maxLength={256} autoComplete="off" maw={480} value={name} error={problem?.at('body.name')} onChange={(e) => setName(e.currentTarget.value)} />
            <Sees seen={seen} problem={(place) => problem?.at(place)} onChange={setSeen} />
          </Stack>
        </fieldset>
        {problem !== undefined && problem.at('body.name') === undefined && <Failed error={problem} what="Saving" />}
        <Allowed role="owner" deployment><Group><Button type="submit" loading={change.isPending}>Save</Button></Group></Allowed>
      </Stack>
    </form>
  );
}

function End({ d, consumer }: { d: string; consumer: Schema<'Consumer'> }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  if (useBarred('owner', true) !== undefined) return null;
  return (
    <>
      <Group><Button color="bad" variant="outline" onClick={() => setAsking(true)}>End its access</Button></Group>
      {asking && <EndAccess d={d} consumer={consumer} onClose={() => setAsking(false)} onEnded={() => void navigate({ to: '/settings/consumers', search: { in: d } })} />}
    </>
  );
}
