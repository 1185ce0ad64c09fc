import type { Schema } from '../../api/client';
import { State } from '../../parts/State';
import { When } from '../../parts/When';

// Standing says how a webhook and its receiver get on.
export function Standing({ webhook: w }: { webhook: Schema<'Webhook'> }) {
  if (w.state === 'disabled') {
    const why = { gone: 'the receiver said that it is gone (410)', failing: 'it took nothing for five days' };
    return <><State tone={w.reason === undefined ? 'mute' : 'bad'}>Disabled</State>{w.reason !== undefined && <> {why[w.reason]}</>}</>;
  }
  if (w.failures > 0) return <><State tone="warn">Not taken</State> {w.failures} times in a row{w.nextAttempt !== undefined && <>; tried again <When at={w.nextAttempt} /></>}</>;
  return w.lastSuccess === undefined ? <State tone="mute">Nothing sent yet</State> : <><State tone="ok">Taken</State> <When at={w.lastSuccess} /></>;
}

// Backlog says what a receiver has not taken yet.
export function Backlog({ backlog: b }: { backlog: Schema<'WebhookBacklog'> }) {
  const parts = [b.pending > 0 && `${b.pending} wait`, b.behind > 0 && `${b.behind >= 10_000 ? 'over 10,000' : b.behind} events to look at`, b.failed > 0 && `${b.failed} given up`].filter((p) => p !== false);
  return <>{parts.length === 0 ? 'nothing' : parts.join(', ')}{b.oldest !== undefined && <>, the oldest <When at={b.oldest} /></>}</>;
}

// DeliveryState says what came of a delivery.
export function DeliveryState({ state }: { state: Schema<'WebhookDelivery'>['state'] }) {
  switch (state) {
    case 'delivered': return <State tone="ok">Taken</State>;
    case 'failed': return <State tone="bad">Given up</State>;
    default: return <State tone="info">Waits</State>;
  }
}
