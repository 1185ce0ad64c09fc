import { Anchor, Checkbox, Stack, Text, Title } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';

import type { Schema } from '../../api/client';
import { Copy } from '../../parts/Copy';

type Filled = Schema<'Guide'>;
type Step = Schema<'Step'>;

// Guide is what to do at the IdP, step by step, in the words of its own forms. Which steps are
// done is remembered in this browser; slug tells connectors apart.
export function Guide({ guide, slug }: { guide: Filled; slug: string }) {
  const [done, setDone] = useLocalStorage<string[]>({ key: `muster.done.${slug}.${guide.id}`, defaultValue: [] });
  return (
    <>
      <section aria-labelledby="steps">
        <Title order={2} id="steps">In {guide.idp}</Title>
        <Text my="xs">{guide.summary}</Text>
        {(guide.before ?? []).length > 0 && (
          <details>
            <summary>What must be there first</summary>
            <ul>{guide.before?.map((text) => <li key={text}>{text}</li>)}</ul>
          </details>
        )}
        <Stack component="ol" gap="lg" style={{ listStyle: 'none', padding: 0 }}>
          {guide.steps.map((step, i) => (
            <li key={step.title}>
              <OneStep step={step} number={i + 1} done={done.includes(step.title)} onDone={(now) => setDone(now ? [...done, step.title] : done.filter((t) => t !== step.title))} />
            </li>
          ))}
        </Stack>
      </section>
      <section aria-labelledby="try">
        <Title order={2} id="try">Then try it</Title>
        <ol>{guide.test.map((check) => <li key={check.do}><Text fw={600}>{check.do}</Text><Text>{check.see}</Text></li>)}</ol>
      </section>
      <details>
        <summary>When it does not work</summary>
        <dl>{guide.errors.map((e) => <div key={e.seen}><dt><strong>{e.seen}</strong></dt><dd>{e.why} {e.do}</dd></div>)}</dl>
      </details>
      <details>
        <summary>What works with {guide.idp}, and what does not</summary>
        <ul>{guide.works.map((text) => <li key={text}>{text}</li>)}</ul>
        <Text fw={600}>Limits</Text>
        <ul>{guide.limits.map((text) => <li key={text}>{text}</li>)}</ul>
      </details>
      <Text c="dimmed" size="sm">
        Checked on {guide.checked} {guide.confidence === 'documentation' ? 'against the vendor’s documentation' : 'from memory only'}. {guide.doubts}
        {guide.sources.length > 0 && <> Read in: {guide.sources.map((s, i) => <span key={s.url}>{i > 0 && ', '}<Anchor href={s.url} target="_blank" rel="noreferrer" underline="always" inherit>{s.title}</Anchor></span>)}.</>}
      </Text>
    </>
  );
}

function OneStep({ step, number, done, onDone }: { step: Step; number: number; done: boolean; onDone: (done: boolean) => void }) {
  return (
    <Stack gap="xs">
      <Title order={3}>{number}. {step.title}</Title>
      {step.where !== undefined && <Text c="dimmed">{step.where}</Text>}
      {step.text !== undefined && <Text>{step.text}</Text>}
      {(step.fields ?? []).length > 0 && (
        <dl className="fields">
          {step.fields?.map((field) => (
            <div key={field.name}>
              <dt>{field.name}</dt>
              <dd>
                <Value label={field.name} value={field.value} />
                {field.note !== undefined && <Text c="dimmed" size="sm">{field.note}</Text>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {step.code !== undefined && <div><pre className="code" tabIndex={0} aria-label={`To paste: ${step.title}`}>{step.code}</pre><Copy text={step.code} what={`text of step ${number}`} /></div>}
      <Checkbox label="Done" aria-label={`Step ${number} is done`} checked={done} onChange={(e) => onDone(e.currentTarget.checked)} />
    </Stack>
  );
}

const secrets: Record<string, string> = {
  '{token}': 'the token from above', '{username}': 'the user name from above', '{password}': 'the password from above',
  '{clientID}': 'the client id from above', '{clientSecret}': 'the client secret from above',
};

// Value is what stands in a field: an address to copy, a secret that stands above, or words.
function Value({ label, value }: { label: string; value: string }) {
  const words = value.replace(/\{[A-Za-z]+\}/g, (name) => secrets[name] ?? name);
  if (words !== value || !value.includes('://')) return <span>{words}</span>;
  return <span className="value"><code>{value}</code> <Copy text={value} what={`value of ${label}`} /></span>;
}
