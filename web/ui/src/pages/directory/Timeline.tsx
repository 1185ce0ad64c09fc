import { Button, Group, NativeSelect, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { eventsOf } from './reading';
import { Heading } from './Heading';
import { Json } from './Json';
import type { Told } from './routes';
import { actionWords } from './words';

type Event = Schema<'Event'>;

const step = 20;
const most = 500; // that one answer has

// kinds are what the timeline can be narrowed to, and the actions that are meant.
const kinds: Record<Told, { label: string; action: string }> = {
  groups: { label: 'Groups', action: 'directory.membership.' },
  user: { label: 'Status and attributes', action: 'directory.user.' },
  held: { label: 'What was held', action: 'directory.hold.' },
  idp: { label: 'What IdPs sent', action: 'record.' },
};

// Timeline is what happened to a user, the newest first, each with its cause.
export function Timeline({ d, id }: { d: string; id: string }) {
  const [limit, setLimit] = useState(step);
  const { told, in: directory } = useSearch({ from: '/shell/users/$id' });
  const navigate = useNavigate();
  const query = useQuery(eventsOf(d, id, limit, told && kinds[told].action));
  const narrow = (to: string) => {
    setLimit(step);
    void navigate({ to: '/users/$id', params: { id }, search: { in: directory, told: to === '' ? undefined : to as Told }, replace: true, resetScroll: false });
  };
  return (
    <section>
      <Heading>What happened</Heading>
      <NativeSelect label="Show" value={told ?? ''} maw={320} mb="sm" onChange={(e) => narrow(e.currentTarget.value)}
        data={[{ value: '', label: 'Everything' }, ...Object.entries(kinds).map(([value, { label }]) => ({ value, label }))]} />
      <Answer query={query} what="what happened">
        {({ items, next }) => items.length === 0
          ? <Text>{told === undefined ? 'No event of this user is kept.' : 'Nothing of this kind happened to the user.'}</Text>
          : (
            <>
              <DataTable caption="What happened" rows={items} id={(e) => e.id} columns={[
                { head: 'When', cell: (e) => <When at={e.time} /> },
                { head: 'What', cell: (e) => <What event={e} /> },
                { head: 'By', cell: (e) => <By event={e} /> },
                { head: 'Request', cell: (e) => <Request event={e} /> },
              ]} />
              {(next ?? undefined) !== undefined && limit < most && <Group mt="sm"><Button variant="default" onClick={() => setLimit(Math.min(limit + 4 * step, most))}>Show older</Button></Group>}
              {(next ?? undefined) !== undefined && limit >= most && <Text mt="sm">Older events are in the audit: <code>muster events --user {id}</code></Text>}
            </>
          )}
      </Answer>
    </section>
  );
}

function What({ event }: { event: Event }) {
  const changes = (event.changes ?? {}) as Record<string, unknown>;
  const group = changes['group'];
  return (
    <>
      {actionWords(event.action)}{typeof group === 'string' && <> <Name>{group}</Name></>}
      {Object.keys(changes).length > 0 && (
        <details>
          <summary>Details<span className="visually-hidden"> of {actionWords(event.action)}</span></summary>
          <Json value={changes} of={`Details of ${actionWords(event.action)}`} />
        </details>
      )}
    </>
  );
}

// Request leads to everything that the request did.
function Request({ event }: { event: Event }) {
  if (event.request === undefined) return null;
  return <TextLink to="/audit" search={{ request: event.request }}><code>{event.request}</code></TextLink>;
}

function By({ event }: { event: Event }) {
  if (event.actorType === 'system') return <>Muster{event.connector !== undefined && <>, for {event.connector}</>}</>;
  if (event.actorType === 'admin') return <>administrator <Name>{event.actor}</Name></>;
  return <>{event.connector ?? 'an IdP'}{event.credential !== undefined && <>, with “<Name>{event.credential}</Name>”</>}</>;
}
