import { Button, Group, SegmentedControl, Stack, Switch, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { DataTable } from '../../parts/DataTable';
import { IconSearch } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { Note, State } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { alike } from '../sections/pages';
import { peopleOf, type Subject, type Tried } from './reading';
import { plainly } from './StepFields';
import { Value } from './Value';

// Way is on whom a mapping is tried.
export interface Way {
  by: 'record' | 'payload';
  pasted: string;
  existing: boolean;
}

const example = JSON.stringify({ userName: 'ada@acme.example', name: { givenName: 'Ada', familyName: 'Lovelace' }, emails: [{ value: 'ada@acme.example', type: 'work' }], active: true }, null, 2);

// firstWay is how a bench begins.
export const firstWay: Way = { by: 'record', pasted: example, existing: false };

// subjectOf is whom a way means; a text that is no JSON means nobody, and says so.
export function subjectOf(way: Way, record?: string): { subject: Subject; unread?: string } {
  if (way.by === 'record') return { subject: record === undefined ? {} : { record } };
  try {
    const value: unknown = JSON.parse(way.pasted);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { subject: { payload: value as Record<string, unknown> } };
    return { subject: {}, unread: 'This is no JSON object. A user begins with { and ends with }.' };
  } catch (error) {
    return { subject: {}, unread: `This is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.` };
  }
}

interface Props {
  slug: string;
  directory: string;
  way: Way;
  record?: string;
  unread?: string;
  query: UseQueryResult<Tried>;
  invalid: boolean; // the draft itself cannot be used; its fields say why
  onWay: (way: Way) => void;
  onRecord: (record: string | undefined) => void;
}

// Bench tries the draft on somebody, with the program that production runs: what was sent, and what
// would come of it.
export function Bench({ slug, directory, way, record, unread, query, invalid, onWay, onRecord }: Props) {
  const somebody = way.by === 'payload' ? unread === undefined : record !== undefined;
  return (
    <Stack component="section" gap="sm" className="panel" aria-labelledby="bench">
      <Title order={2} id="bench">Try it</Title>
      <SegmentedControl aria-label="On whom" value={way.by} onChange={(by) => onWay({ ...way, by: by as Way['by'] })} data={[{ value: 'record', label: 'Somebody' }, { value: 'payload', label: 'Pasted JSON' }]} />
      {way.by === 'record'
        ? <Pick slug={slug} directory={directory} record={record} onRecord={onRecord} />
        : (
          <>
            <Textarea label="A user as the identity provider sends it" description="JSON" autosize minRows={4} maxRows={16} spellCheck={false} value={way.pasted} error={unread} classNames={{ input: 'mono' }} onChange={(e) => onWay({ ...way, pasted: e.currentTarget.value })} />
            <Switch label="As if this person had counted before" checked={way.existing} onChange={(e) => onWay({ ...way, existing: e.currentTarget.checked })} />
          </>
        )}
      {invalid && <Note tone="bad">The draft cannot be used as it is. What is wrong stands at its field.</Note>}
      {somebody && !invalid && (query.isError
        ? <Failed error={query.error} what="Trying the mapping" />
        : <Answer query={query} what="what comes of it">{(tried) => <Outcome tried={tried} />}</Answer>)}
    </Stack>
  );
}

// Pick finds somebody of the connector.
function Pick({ slug, directory, record, onRecord }: { slug: string; directory: string; record?: string; onRecord: (record: string | undefined) => void }) {
  const [text, setText] = useState('');
  const [q, setQ] = useState('');
  const people = useQuery({ ...peopleOf(slug, directory, q), enabled: q !== '' });
  function find(event: FormEvent) {
    event.preventDefault();
    setQ(text.trim());
  }
  const picked = people.data?.find((p) => p.record === record);
  return (
    <>
      <form onSubmit={find} role="search" aria-label="Find somebody to try">
        <Group gap="sm" align="flex-end">
          <TextInput label="Find somebody" type="search" placeholder="e-mail, or parts of a name" leftSection={<IconSearch />} value={text} maxLength={256} onChange={(e) => setText(e.currentTarget.value)} style={{ flex: 1, minWidth: '10rem' }} />
          <Button type="submit" variant="default" loading={people.isFetching}>Find</Button>
        </Group>
      </form>
      {people.isError && <Failed error={people.error} what="Finding somebody" />}
      {q !== '' && people.data !== undefined && (
        <>
          <Text role="status" size="sm" c="dimmed">{people.data.length === 0 ? 'This connector has nobody of this name. Its groups’ names, or a pasted user, can be tried all the same.' : `Found ${people.data.length}.`}</Text>
          <Group gap="xs">
            {people.data.map((p) => <Button key={p.record} variant={p.record === record ? 'filled' : 'default'} size="compact-md" mih={36} maw="100%" aria-pressed={p.record === record} onClick={() => onRecord(p.record)}><Name>{p.userName}</Name></Button>)}
          </Group>
        </>
      )}
      {record !== undefined && picked === undefined && <Group gap="sm"><Text size="sm">Trying the record <code>{record}</code></Text><Button variant="subtle" size="compact-md" mih={36} onClick={() => onRecord(undefined)}>Try nobody</Button></Group>}
      {record === undefined && q === '' && <Text size="sm" c="dimmed">Each step then says what it would make of this person, while you write it.</Text>}
    </>
  );
}

// Outcome is what a mapping makes of somebody: what it changes first, and both sides whole.
function Outcome({ tried }: { tried: Tried }) {
  const before = tried.before ?? {};
  const after = tried.after ?? {};
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().filter((name) => !alike(before[name], after[name]));
  return (
    <Stack gap="sm">
      <div role="status">
        {tried.dropped
          ? <State tone="bad">Dropped: this person does not count</State>
          : tried.problem !== undefined && tried.problem !== ''
            ? <State tone="bad">Cannot be carried out</State>
            : <State tone={changed.length === 0 ? 'mute' : 'ok'}>{changed.length === 0 ? 'Passes as it was sent' : changed.length === 1 ? '1 attribute changes' : `${changed.length} attributes change`}</State>}
      </div>
      {tried.problem !== undefined && tried.problem !== '' && <Note tone="bad" title={tried.new ? 'This person would wait' : 'This person would keep what they hold'}>{plainly(tried.problem)}</Note>}
      {tried.masked === true && <Note tone="info">This connector has sensitive attributes. They are hidden, from the expressions too, so what is made of them is another value here.</Note>}
      {changed.length > 0 && (
        <DataTable caption="Attributes that change" rows={changed} id={(name) => name} columns={[
          { head: 'Attribute', cell: (name) => <code>{name}</code> },
          { head: 'As it is sent', cell: (name) => <Value of={before[name]} /> },
          { head: 'As it counts', cell: (name) => <Value of={after[name]} /> },
        ]} />
      )}
      <details>
        <summary>Everything that was sent</summary>
        <pre className="code" tabIndex={0} aria-label="Everything that was sent">{JSON.stringify(before, null, 2)}</pre>
      </details>
      <details>
        <summary>Everything that counts</summary>
        <pre className="code" tabIndex={0} aria-label="Everything that counts">{JSON.stringify(after, null, 2)}</pre>
      </details>
    </Stack>
  );
}
