import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { oneDirectory, settlingOf } from './reading';
import { Remove } from './Remove';
import { SettingsForm } from './SettingsForm';

// Directory is one directory: its settings, and its removal.
export function Directory() {
  const { d } = useParams({ from: '/shell/settings/directories/$d' });
  const query = useQuery({ ...oneDirectory(d), refetchOnWindowFocus: false }); // what is typed is kept against this very version
  return (
    <Stack>
      <TextLink to="/settings/directories" search={{}}>All directories</TextLink>
      <Answer query={query} what="the directory" lines={8}>
        {(read) => (
          <Stack gap="lg">
            <Text size="lg" fw={600}><Name>{read.value.name}</Name></Text>
            {read.value.removed === undefined ? (
              <>
                <Settling d={d} />
                <SettingsForm key={read.tag} read={read} />
                <Leave directory={read.value} />
              </>
            ) : <Removed directory={read.value} />}
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

// Settling says that a change of the settings still works through the people.
function Settling({ d }: { d: string }) {
  const { data } = useQuery(settlingOf(d));
  const waiting = data?.pending ?? 0;
  return <div role="status">{waiting > 0 && <Note tone="info">{waiting.toLocaleString('en')} records still wait to be settled.</Note>}</div>;
}

function Leave({ directory: d }: { directory: Schema<'Directory'> }) {
  const [asking, setAsking] = useState(false);
  return (
    <Stack component="section" gap="sm" aria-labelledby="removal">
      <Title order={2} id="removal">Removal</Title>
      <Text>A removed directory can be restored for {d.retentionDays} days. Then it is purged with its connectors.</Text>
      <Allowed role="owner" deployment>
        <Group><Button color="bad" variant="outline" onClick={() => setAsking(true)}>Remove this directory</Button></Group>
      </Allowed>
      {asking && <Remove d={d.name} onClose={() => setAsking(false)} />}
    </Stack>
  );
}

function Removed({ directory: d }: { directory: Schema<'Directory'> }) {
  const cache = useQueryClient();
  const restore = useMutation({
    mutationFn: () => ask(api.POST('/directories/{d}/restoration', { params: { path: { d: d.name } } })),
    onSuccess: async () => {
      await Promise.all(['directories', 'directory', 'connectors'].map((key) => cache.invalidateQueries({ queryKey: [key] })));
      announce(`Restored ${d.name}. Its connectors stay disabled until their mode is changed.`);
    },
  });
  return (
    <Stack gap="sm">
      <Note tone="warn" title="Removed">Removed <When at={d.removed} />; it is purged <When at={d.purgeAfter} />. Until then nothing in it can be read or changed.</Note>
      {restore.isError && <Failed error={restore.error} what="Restoring the directory" />}
      <Allowed role="owner" deployment>
        <Group gap="sm"><Button loading={restore.isPending} onClick={() => restore.mutate()}>Restore it</Button><Text>As it was. Its connectors stay disabled until their mode is changed.</Text></Group>
      </Allowed>
    </Stack>
  );
}
