import { Button, Group, List, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { Failed } from '../../states/Failed';

const activity = (active: boolean) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'active', value: active }] });

// what an IdP may send of a user; none of it is sent.
const requests = {
  deactivate: { label: 'deactivated the user', method: 'PATCH', body: activity(false) },
  activate: { label: 'activated the user', method: 'PATCH', body: activity(true) },
  remove: { label: 'deleted the user', method: 'DELETE', body: undefined },
} as const;

type What = keyof typeof requests;

// Try says what a request of the IdP would do to this user. It goes the whole way of a real one,
// and nothing of it is kept.
export function Try({ record, onClose }: { record: Schema<'Record'>; onClose: () => void }) {
  const [what, setWhat] = useState<What>('deactivate');
  const trial = useMutation({
    mutationFn: (asked: What) => ask(api.POST('/connectors/{c}/trials', {
      params: { path: { c: record.connector } },
      body: { method: requests[asked].method, path: `/Users/${record.id}`, body: requests[asked].body as never },
    })),
  });
  return (
    <Dialog title={`Try a request of ${record.connector}`} onClose={onClose}>
      <Stack>
        <Text>Nothing is changed, and the IdP notices nothing.</Text>
        <NativeSelect label="What if the IdP…" data-autofocus value={what} onChange={(e) => { setWhat(e.currentTarget.value as What); trial.reset(); }}
          data={Object.entries(requests).map(([value, { label }]) => ({ value, label }))} />
        <div role="status">{trial.data !== undefined && <Outcome trial={trial.data} />}</div>
        {trial.isError && <Failed error={trial.error} what="Trying" />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Close</Button>
          <Button loading={trial.isPending} onClick={() => trial.mutate(what)}>Try it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Outcome({ trial }: { trial: Schema<'Trial'> }) {
  const joins = trial.decisions.flatMap((decision) => decision.lines.filter((l) => l.member && !l.was));
  const leaves = trial.decisions.flatMap((decision) => decision.lines.filter((l) => !l.member && l.was));
  return (
    <Note tone="info" title={`The IdP would be answered ${trial.response.status}`}>
      {trial.decisions.map((decision) => <p key={decision.user.userName} style={{ margin: '0.25rem 0' }}>The user would be {decision.status}: <Name>{decision.because.sentence}</Name></p>)}
      {trial.decisions.length === 0 && <p style={{ margin: '0.25rem 0' }}>Nothing would be decided at once{trial.queued === 0 ? '' : '; what follows is settled after the answer'}.</p>}
      <List>
        {joins.map((l) => <List.Item key={`joins ${l.group}`}>joins <Name>{l.group}</Name></List.Item>)}
        {leaves.map((l) => <List.Item key={`leaves ${l.group}`}>leaves <Name>{l.group}</Name>: <Name>{l.because.sentence}</Name></List.Item>)}
      </List>
    </Note>
  );
}
