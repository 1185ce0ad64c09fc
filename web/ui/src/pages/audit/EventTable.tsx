import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Exact, plain } from '../activity/words';
import { actionWords } from '../directory/words';

type Event = Schema<'Event'>;

// EventTable lists events; each opens to everything that is known of it.
export function EventTable({ caption, events }: { caption: string; events: Event[] }) {
  return (
    <DataTable caption={caption} rows={events} id={(e) => e.id} columns={[
      { head: 'When', cell: (e) => <Exact at={e.time} /> },
      { head: 'What', cell: (e) => <What e={e} /> },
      { head: 'By', cell: (e) => <By e={e} /> },
      { head: 'Connector', cell: (e) => (e.connector === undefined ? '' : <Name>{e.connector}</Name>) },
      { head: 'About', cell: (e) => <About e={e} /> },
    ]} />
  );
}

function What({ e }: { e: Event }) {
  const changes = (e.changes ?? {}) as Record<string, unknown>;
  const words = actionWords(e.action);
  const about: [string, string | undefined][] = [['Event', e.id], ['Request', e.request], ['User', e.user], ['Group', e.group], ['Record', e.record]];
  return (
    <div className="wide-cell">
      {words}{words !== e.action && <><br /><code>{e.action}</code></>}
      <details>
        <summary>Details<span className="visually-hidden"> of {words}, {new Date(e.time).toLocaleString()}</span></summary>
        {about.map(([name, id]) => id !== undefined && <div key={name}>{name} <code><Name>{id}</Name></code></div>)}
        {Object.keys(changes).length > 0 && <pre className="code" tabIndex={0} role="region" aria-label={`What changed: ${words}, ${e.id}`}>{plain(changes)}</pre>}
      </details>
    </div>
  );
}

function By({ e }: { e: Event }) {
  if (e.actorType === 'system') return <>Muster</>;
  if (e.actorType === 'admin') return <>administrator <Name>{e.actor}</Name></>;
  return <>{e.credential === undefined ? 'a credential' : <>“<Name>{e.credential}</Name>”</>}</>;
}

// About leads to whom and what an event is about.
function About({ e }: { e: Event }) {
  const when = new Date(e.time).toLocaleString();
  return (
    <>
      {e.user !== undefined && <div><TextLink to="/users/$id" params={{ id: e.user }} aria-label={`User of ${actionWords(e.action)}, ${when}`}>User</TextLink></div>}
      {e.group !== undefined && <div><TextLink to="/groups/$id" params={{ id: e.group }} aria-label={`Group of ${actionWords(e.action)}, ${when}`}>Group</TextLink></div>}
      {e.request !== undefined && isRequest(e) && <div><TextLink to="/activity/$id" params={{ id: e.request }} aria-label={`Request of ${actionWords(e.action)}, ${when}`}>Request</TextLink></div>}
    </>
  );
}

// isRequest says whether an event's request is one of an IdP, which activity may have kept.
function isRequest(e: Event): boolean {
  return e.actorType === 'credential' && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(e.request ?? '');
}
