import { Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { removalOf } from './reading';

// Remove says what would go with a directory and what is in the way, and removes it when its name
// was typed.
export function Remove({ d, onClose }: { d: string; onClose: () => void }) {
  const query = useQuery(removalOf(d));
  return (
    <Dialog title={`Remove ${d}?`} onClose={onClose}>
      <Answer query={query} what="what would go">{(removal) => <Ask d={d} removal={removal} onClose={onClose} />}</Answer>
    </Dialog>
  );
}

function Ask({ d, removal: r, onClose }: { d: string; removal: Schema<'Removal'>; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE('/directories/{d}', { params: { path: { d }, query: { confirm: typed } } })),
    onSuccess: async () => {
      await Promise.all(['directories', 'directory', 'connectors'].map((key) => cache.invalidateQueries({ queryKey: [key] })));
      announce(`Removed ${d}. It can be restored.`);
      onClose();
    },
  });
  const barred = r.only === true || r.inTheWay.length > 0 || r.jobRunning === true;

  function submit(event: FormEvent) {
    event.preventDefault();
    setWrong(typed !== d);
    if (typed === d && !remove.isPending) remove.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{n(r.users, 'user')}, {n(r.groups, 'group')} and {n(r.memberships, 'membership')} go, with {n(r.records, 'record')} of connectors. Nothing in it can be read or changed any more until it is restored.</Text>
        {r.connectors.length > 0 && <div><Text fw={600}>Connectors that go with it</Text><Slugs slugs={r.connectors} /></div>}
        {r.only === true && <Note tone="warn">It is the only directory there is, and stays.</Note>}
        {r.inTheWay.length > 0 && <Note tone="warn" title="Disable these first, so that their IdPs are told"><Slugs slugs={r.inTheWay} /></Note>}
        {r.jobRunning === true && <Note tone="warn">A plan is being applied in it. Wait for it under <TextLink to="/jobs">Jobs</TextLink>.</Note>}
        {!barred && <TextInput label={<>Type <Name>{d}</Name> to remove it</>} autoComplete="off" value={typed} error={wrong ? 'This is not its name.' : undefined} onChange={(e) => { setTyped(e.currentTarget.value); setWrong(false); }} />}
        {remove.isError && <Failed error={remove.error} what="Removing the directory" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          {!barred && <Button type="submit" color="bad" loading={remove.isPending}>Remove it</Button>}
        </Group>
      </Stack>
    </form>
  );
}

function Slugs({ slugs }: { slugs: string[] }) {
  return <List>{slugs.map((slug) => <List.Item key={slug}><TextLink to="/connectors/$slug/mode" params={{ slug }}>{slug}</TextLink></List.Item>)}</List>;
}

const n = (count: number, what: string) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
