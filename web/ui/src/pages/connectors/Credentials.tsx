import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { Allowed, useBarred } from '../../parts/roles';
import { Note, State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { EndCredential } from './EndCredential';
import { MakeCredential } from './MakeCredential';
import { credentialsOf } from './reading';
import { ShownOnce } from './ShownOnce';
import { useSecret } from './secrets';

type Credential = Schema<'Credential'>;

const kindWords: Record<Credential['kind'], string> = { bearer: 'Token', basic: 'User name and password', oauth: 'OAuth client', entra: 'What Entra signs' };

// Dialog is what is being done: a credential made, exchanged for another, or ended.
type Dialog = { make: Credential | null } | { end: Credential } | null;

// Credentials are a connector's ways in: who uses which, and how one is exchanged without a gap.
export function Credentials() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/credentials' });
  const [dialog, setDialog] = useState<Dialog>(null);
  const [exchanged, setExchanged] = useState<{ old: string; by: string } | null>(null);
  const query = useQuery({ ...credentialsOf(slug), refetchInterval: exchanged === null ? false : 3_000 });
  const secret = useSecret(slug);
  const barred = useBarred('ruleEditor');

  const columns: Column<Credential>[] = [
    { head: 'Name', cell: (c) => <Name>{c.name}</Name> },
    { head: 'Kind', cell: (c) => <>{kindWords[c.kind]}{c.readOnly ? ', reads only' : ''}</> },
    { head: 'Last 4', cell: (c) => (c.hint === undefined ? '' : <code>{c.hint}</code>) },
    { head: 'Last used', cell: (c) => <When at={c.lastUsedAt} /> },
    { head: 'Valid until', cell: (c) => <Validity credential={c} /> },
    { head: 'Made', cell: (c) => <When at={c.created} /> },
    ...(barred !== undefined ? [] : [{
      head: 'Actions', cell: (c: Credential) => (
        <Group gap="xs" wrap="nowrap">
          {c.kind !== 'entra' && <Button variant="default" size="compact-md" mih={36} aria-label={`Exchange ${c.name}`} onClick={() => setDialog({ make: c })}>Exchange</Button>}
          <Button color="bad" variant="outline" size="compact-md" mih={36} aria-label={`End ${c.name}`} onClick={() => setDialog({ end: c })}>End</Button>
        </Group>
      ),
    }]),
  ];
  return (
    <Stack>
      <Text>Several credentials work beside each other, so that one can be exchanged without an interruption. Their secrets are shown once, when they are made.</Text>
      {secret !== undefined && <ShownOnce slug={slug} shown={secret} />}
      <Answer query={query} what="the credentials">
        {(all) => (
          <>
            {exchanged !== null && <Exchange all={all} old={exchanged.old} by={exchanged.by} onEnd={(end) => setDialog({ end })} onDone={() => setExchanged(null)} />}
            {all.length === 0
              ? <Empty title="No credential">Without one, every request of the identity provider is refused.</Empty>
              : <DataTable caption="Credentials" columns={columns} rows={all} id={(c) => c.id} />}
            <Group><Allowed role="ruleEditor"><Button leftSection={<IconPlus />} variant={all.length === 0 ? 'filled' : 'default'} onClick={() => setDialog({ make: null })}>Make a credential</Button></Allowed></Group>
          </>
        )}
      </Answer>
      {dialog !== null && 'make' in dialog && (
        <MakeCredential slug={slug} instead={dialog.make} taken={query.data ?? []} onClose={() => setDialog(null)}
          onMade={(made) => { setDialog(null); setExchanged(dialog.make === null ? null : { old: dialog.make.id, by: made }); }} />
      )}
      {dialog !== null && 'end' in dialog && <EndCredential slug={slug} credential={dialog.end} last={query.data?.length === 1} onClose={() => setDialog(null)} />}
    </Stack>
  );
}

function Validity({ credential }: { credential: Credential }) {
  if (credential.expiresAt === undefined) return <>no end</>;
  const words = <When at={credential.expiresAt} />;
  if (credential.state === 'valid') return words;
  return <State tone={credential.state === 'expired' ? 'bad' : 'warn'}>{credential.state === 'expired' ? 'Expired ' : 'Ends '}{words}</State>;
}

interface ExchangeProps {
  all: Credential[];
  old: string;
  by: string;
  onEnd: (credential: Credential) => void;
  onDone: () => void;
}

// Exchange follows two credentials until the new one is in use and the old one can go.
function Exchange({ all, old, by, onEnd, onDone }: ExchangeProps) {
  const before = all.find((c) => c.id === old);
  const after = all.find((c) => c.id === by);
  if (after === undefined) return null;
  if (before === undefined) {
    return <Note tone="ok" title="Exchanged">Only <Name>{after.name}</Name> is left. <Button variant="subtle" size="compact-md" mih={36} onClick={onDone}>Close</Button></Note>;
  }
  const used = after.lastUsedAt !== undefined;
  return (
    <Note tone={used ? 'ok' : 'info'} title={used ? 'The new one is in use' : 'Both work now'}>
      <div role="status">
        <Name>{before.name}</Name> was last used <When at={before.lastUsedAt} />; <Name>{after.name}</Name> {used ? <>was used <When at={after.lastUsedAt} /></> : 'has not been used yet: enter it at the identity provider'}.
      </div>
      {used && <Button mt="xs" color="bad" variant="outline" onClick={() => onEnd(before)}>End the old one</Button>}
    </Note>
  );
}
