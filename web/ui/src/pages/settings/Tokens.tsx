import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { useMe } from '../../auth';
import { Copyable } from '../../parts/Copyable';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { roleWords } from '../../parts/roles';
import { Note, State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { EndToken } from './EndToken';
import { MakeToken } from './MakeToken';
import { tokensOf } from './reading';

type Token = Schema<'APIToken'>;

// Tokens lists API tokens for automation; one that was made just now is shown here, once.
export function Tokens({ all }: { all: boolean }) {
  const me = useMe();
  const query = useQuery(tokensOf(all));
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<Token>();
  const [made, setMade] = useState<Schema<'MintedAPIToken'>>();
  const columns: Column<Token>[] = [
    { head: 'Name', cell: (t) => <Name>{t.name}</Name> },
    ...(all ? [{ head: 'Whose', cell: (t: Token) => <Name>{t.email}</Name> }] : []),
    { head: 'Last 4', cell: (t) => <code>{t.hint}</code> },
    { head: 'Role', cell: (t) => roleWords[t.role].label },
    { head: 'Last used', cell: (t) => <When at={t.lastUsedAt} /> },
    { head: 'Valid until', cell: (t) => (Date.parse(t.expiresAt) < Date.now() ? <State tone="bad">Ended <When at={t.expiresAt} /></State> : <When at={t.expiresAt} />) },
    { head: 'Actions', cell: (t) => <Button color="bad" variant="outline" size="compact-md" mih={36} aria-label={`End ${t.name}`} onClick={() => setEnding(t)}>End</Button> },
  ];
  return (
    <Stack component="section" gap="xs" aria-labelledby="tokens">
      <Title order={2} id="tokens">{all ? 'API tokens of everybody' : 'Your API tokens'}</Title>
      <Text>For automation. A token can do what its role says, and never more than its administrator can at that moment.</Text>
      {made !== undefined && (
        <Note tone="info" title="Shown this once">
          <Stack gap="xs" mt="xs">
            <div><Text fw={600}>Token <Name>{made.name}</Name></Text><Copyable text={made.token} what="token" /></div>
            <Text>Muster keeps no copy. Send it as <code>Authorization: Bearer …</code>, or give it to the command line as <code>MUSTER_ADMIN_TOKEN</code>.</Text>
            <Group><Button variant="default" onClick={() => setMade(undefined)}>I have stored it</Button></Group>
          </Stack>
        </Note>
      )}
      <Answer query={query} what="the API tokens">
        {(tokens) => (tokens.length === 0
          ? <Empty title="No API token">Make one for each program that is to call Muster’s API, so that each can be ended alone.</Empty>
          : <DataTable caption="API tokens" columns={columns} rows={tokens} id={(t) => t.id} />)}
      </Answer>
      {me?.session === undefined
        ? <Text c="var(--mute)">API tokens are made by administrators who have signed in: a token makes no tokens.</Text>
        : <Group><Button variant="default" leftSection={<IconPlus />} onClick={() => setMaking(true)}>Make an API token</Button></Group>}
      {making && me !== null && <MakeToken most={me.role} onClose={() => setMaking(false)} onMade={(t) => { setMaking(false); setMade(t); }} />}
      {ending !== undefined && <EndToken token={ending} onClose={() => setEnding(undefined)} onEnded={() => { if (made?.id === ending.id) setMade(undefined); setEnding(undefined); }} />}
    </Stack>
  );
}
