import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconSearch } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { State } from '../../parts/State';
import { Empty } from '../../states/Empty';
import type { Asked } from './reading';

type Judged = Schema<'JudgedGroup'>;

const columns: Column<Judged>[] = [
  { head: 'Group', cell: (g) => <div className="wide-cell"><Name>{g.name}</Name>{g.sent !== g.name && <Text size="sm" c="dimmed">sent as <Name>{g.sent}</Name></Text>}</div> },
  { head: 'Members', number: true, cell: (g) => g.members },
  { head: 'Verdict', cell: (g) => <><Verdict group={g} /><Text size="sm" c="dimmed"><Because group={g} /></Text></> },
];

// Verdict is the word about one group, and whether it is another than now.
export function Verdict({ group }: { group: Judged }) {
  return (
    <Group gap="xs">
      {group.assigned ? <State tone="ok">Assigned</State> : <State tone="mute">Not assigned</State>}
      {group.assigned !== group.was && <State tone="warn">{group.was ? 'Now it is' : 'Now it is not'}</State>}
      {group.kept && <State tone="info">Who is in stays</State>}
    </Group>
  );
}

// Because names the rule that decided.
export function Because({ group }: { group: Judged }) {
  const { code, pattern, sentence } = group.because;
  const rule = { neverAssign: 'Never', onlyAssign: 'No “only” entry matches', alwaysAssign: 'Everybody is in', protectedGroup: 'Protected by the directory', sent: pattern === undefined ? 'Sent, and no rule drops it' : 'Only' }[code as string];
  return (
    <span title={sentence}>
      {rule ?? sentence}{rule !== undefined && pattern !== undefined && <> <code><Name>{pattern}</Name></code></>}
    </span>
  );
}

interface Props {
  judged: Schema<'Judgement'>;
  asked: Asked;
  onAsk: (change: Partial<Asked>) => void;
}

// Verdicts are what the draft makes of every group that the IdP has sent, what changes first.
export function Verdicts({ judged, asked, onAsk }: Props) {
  const narrowed = asked.find !== '' || asked.only !== undefined;
  return (
    <Stack component="section" gap="sm" aria-labelledby="verdicts">
      <Title order={2} id="verdicts">Every group that is sent</Title>
      <Group gap="sm" align="flex-end">
        <TextInput label="Find a group" type="search" leftSection={<IconSearch />} value={asked.find} onChange={(e) => onAsk({ find: e.currentTarget.value, limit: 100 })} />
        <NativeSelect label="Show" value={asked.only ?? ''} onChange={(e) => onAsk({ only: (e.currentTarget.value || undefined) as Asked['only'], limit: 100 })}
          data={[{ value: '', label: 'All' }, { value: 'changed', label: 'Judged otherwise than now' }, { value: 'assigned', label: 'Assigned' }, { value: 'dropped', label: 'Not assigned' }]} />
      </Group>
      {judged.counts.sent === 0 && (
        <Empty title="No group yet">When the identity provider sends groups, each stands here with its verdict. Rules can be written before, and tried with a name.</Empty>
      )}
      {judged.counts.sent > 0 && judged.groups.length === 0 && (
        <Empty title="None is like this" action={narrowed ? <Button variant="default" onClick={() => onAsk({ find: '', only: undefined })}>Clear the filters</Button> : undefined}>
          {asked.only === 'changed' ? 'The draft judges no such group otherwise than the rules in force.' : 'No group fits the filters.'}
        </Empty>
      )}
      {judged.groups.length > 0 && <DataTable caption="Verdicts about groups" columns={columns} rows={judged.groups} id={(g) => g.sent} />}
      {judged.found > judged.groups.length && (
        <Group gap="sm">
          <Text c="dimmed">{judged.groups.length} of {judged.found} are shown.</Text>
          {asked.limit < 1000 ? <Button variant="default" onClick={() => onAsk({ limit: Math.min(1000, asked.limit + 200) })}>Show more</Button> : <Text c="dimmed">Find narrows them.</Text>}
        </Group>
      )}
      {!judged.complete && <Text c="dimmed">The provider sends more than 20,000 groups: the first of them by name are judged.</Text>}
    </Stack>
  );
}
