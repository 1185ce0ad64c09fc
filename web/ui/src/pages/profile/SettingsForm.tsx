import { Button, Group, NativeSelect, Stack, Switch, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type FormEvent } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { useBarred } from '../../parts/roles';
import { Note, State } from '../../parts/State';
import { Failed } from '../../states/Failed';
import { changesOf, formOf, notNumbers, type Form } from './form';

type Read = Tagged<Schema<'Connector'>>;

interface Props {
  slug: string;
  read: Read;
  again: () => Promise<Read | undefined>;
}

type Wrong = Partial<Record<keyof Form, string>>;

const activities = [
  { value: 'on', label: 'Each request with its body, without secrets' },
  { value: 'noBodies', label: 'Each request without its body' },
  { value: 'off', label: 'Nothing' },
];

// SettingsForm edits what PATCH of a connector takes. It sends what was changed and nothing else.
export function SettingsForm({ slug, read, again }: Props) {
  const [began, setBegan] = useState(() => ({ form: formOf(read.value), tag: read.tag }));
  const [form, setForm] = useState(began.form);
  const [wrong, setWrong] = useState<Wrong>({});
  const [saved, setSaved] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const cache = useQueryClient();
  const barred = useBarred('ruleEditor');
  const placing = useBarred('ruleEditor', true);
  const changes = changesOf(form, began.form);
  const changed = Object.keys(changes).length > 0;
  const save = useMutation({
    mutationFn: (tag: string) => ask(api.PATCH('/connectors/{c}', { params: { path: { c: slug }, header: { 'If-Match': tag } }, body: changes })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['connectors'] });
      await begin(true);
      setSaved(true);
      announce('Saved.');
    },
  });
  const problem = save.isError ? problemOf(save.error) : undefined;
  const meanwhile = problem?.code === 'changedMeanwhile';
  const at = (name: keyof Form, place: string) => wrong[name] ?? problem?.at(`body.${place}`);
  const places = problem?.said.errors?.every((e) => shown.has((e.location ?? '').replace(/^body\./, '').replace(/\[\d+\]$/, '')));

  // begin takes what the server has now; drop forgets what was typed.
  async function begin(drop: boolean) {
    const now = await again();
    if (now === undefined) return;
    setBegan({ form: formOf(now.value), tag: now.tag });
    if (drop) { setForm(formOf(now.value)); save.reset(); }
  }
  function set(change: Partial<Form>) {
    setForm({ ...form, ...change });
    setSaved(false);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const lacks = notNumbers(form);
    setWrong(lacks);
    const [name] = Object.keys(lacks);
    if (name !== undefined) element.current?.querySelector<HTMLInputElement>(`[name="${name}"]`)?.focus();
    else if (changed && !save.isPending) save.mutate(began.tag);
  }
  // field is what every text field has.
  const field = (name: { [F in keyof Form]: Form[F] extends string ? F : never }[keyof Form], place: string = name) => ({
    name, value: form[name], error: at(name, place), onChange: (e: { currentTarget: { value: string } }) => set({ [name]: e.currentTarget.value }),
  });
  const lineField = { autosize: true, minRows: 1, spellCheck: false, autoCapitalize: 'off', classNames: { input: 'mono' } } as const;
  return (
    <form ref={element} onSubmit={submit} noValidate>
      <fieldset disabled={barred !== undefined} className="bare">
        <Stack gap="lg">
          {barred !== undefined && <Text c="var(--mute)">{barred}</Text>}
          <Stack component="section" gap="sm" aria-labelledby="who">
            <Title order={2} id="who">Settings</Title>
            <TextInput label="Name" required description="For people. The short name in the base URL stays." maxLength={256} {...field('name')} />
            <TextInput label="Precedence" inputMode="numeric" maw="22rem" disabled={placing !== undefined} description={placing ?? 'Where several connectors know a user, the lowest goes first: it gives the attributes. A change is carried out without a plan.'} {...field('precedence')} />
            {changes.precedence !== undefined && <Note tone="warn" title="Saving this changes people">Everybody of this connector is settled again in the background: attributes that several connectors give, and whose word makes a user active where the owner’s does, may become others.</Note>}
            <NativeSelect label="What is kept of its requests" name="activity" data={activities} value={form.activity} error={at('activity', 'activity')} onChange={(e) => set({ activity: e.currentTarget.value as Form['activity'] })} />
            <TextInput label="File that the rules are kept in" maxLength={256} description="For people to know: pages of the rules warn that the file takes back what it does not say. “muster apply -f” sets it. Empty: they are kept here." {...field('rulesFile')} />
          </Stack>
          <Stack component="section" gap="sm" aria-labelledby="access">
            <Title order={2} id="access">Access</Title>
            <Textarea label="Networks" description="From where its credentials are accepted, one in each line, such as 203.0.113.0/24. Left empty: from everywhere. A wrong one locks the identity provider out." {...lineField} {...field('networks', 'allowedNetworks')} />
          </Stack>
          <Stack component="section" gap="sm" aria-labelledby="bounds">
            <Title order={2} id="bounds">Limits</Title>
            <Text size="sm" c="dimmed">Left empty: the deployment’s. 0 is no limit of requests.</Text>
            <div className="cards">
              <TextInput label="Requests a second" description="In the long run." inputMode="decimal" {...field('rate', 'limits.rate')} />
              <TextInput label="Requests at once" description="Before the rate counts." inputMode="numeric" {...field('burst', 'limits.burst')} />
              <TextInput label="Requests in flight" description="On one replica." inputMode="numeric" {...field('concurrency', 'limits.concurrency')} />
              <TextInput label="Members of a group" description="By default 250,000." inputMode="numeric" {...field('members', 'limits.members')} />
              <TextInput label="Groups" description="By default 10,000." inputMode="numeric" {...field('groups', 'limits.groups')} />
            </div>
            <Switch label="Limits of requests only report" description="In the server’s log, what they would refuse." checked={form.shadow} onChange={(e) => set({ shadow: e.currentTarget.checked })} />
          </Stack>
          <Stack component="section" gap="sm" aria-labelledby="demands">
            <Title order={2} id="demands">Attributes</Title>
            <Textarea label="Needed" description="A user without one of these is refused, unless it is inactive or had none before. One in each line, such as emails." {...lineField} {...field('required')} />
            <Textarea label="Unique" description="No two users of this connector share a value of these, such as employeeNumber." {...lineField} {...field('unique')} />
            <Textarea label="Sensitive" description="Administrators do not see their values, and events do not keep them from now on, such as phoneNumbers." {...lineField} {...field('sensitive')} />
          </Stack>
          <details>
            <summary>How SCIM is spoken</summary>
            <Stack gap="sm" mt="sm">
              <Switch label="Strict" description="Takes the RFC’s reading where clients disagree. Most identity providers need it off." checked={form.strict} onChange={(e) => set({ strict: e.currentTarget.checked })} />
              <Switch label="Tell when users last signed in" description="As meta.lastLogin and in the enterprise extension." checked={form.lastLogin} onChange={(e) => set({ lastLogin: e.currentTarget.checked })} />
              <Textarea label="Further names for users" description="Beside Users, one in each line, such as Accounts." {...lineField} {...field('userPaths', 'paths.users')} />
              <Textarea label="Further names for groups" description="Beside Groups, one in each line." {...lineField} {...field('groupPaths', 'paths.groups')} />
            </Stack>
          </details>
          {meanwhile && (
            <Note tone="warn" title="Somebody changed these settings meanwhile" alert>
              <p style={{ margin: '0.25rem 0 0.5rem' }}>Nothing of yours was saved. What you typed is still here: save it over theirs, where both changed the same, or look at theirs.</p>
              <Group gap="sm">
                <Button variant="default" size="compact-md" mih={36} onClick={() => void begin(true)}>Take theirs</Button>
                <Button variant="default" size="compact-md" mih={36} loading={save.isPending} onClick={() => void again().then((now) => now && save.mutate(now.tag))}>Save mine all the same</Button>
              </Group>
            </Note>
          )}
          {problem !== undefined && !meanwhile && (places !== true) && <Failed error={problem} what="Saving" />}
          {problem !== undefined && !meanwhile && places === true && <Note tone="bad" title="Nothing was saved" alert>What is wrong stands at its field.</Note>}
          {barred === undefined && (
            <Group gap="sm">
              <Button type="submit" loading={save.isPending} disabled={!changed}>Save</Button>
              <Button variant="default" disabled={!changed} onClick={() => { setForm(began.form); setWrong({}); save.reset(); }}>Undo what was typed</Button>
              {saved && !changed && <State tone="ok">Saved</State>}
            </Group>
          )}
        </Stack>
      </fieldset>
    </form>
  );
}

// shown are the places of a request that have a field.
const shown = new Set(['name', 'precedence', 'activity', 'rulesFile', 'allowedNetworks', 'limits.rate', 'limits.burst', 'limits.concurrency', 'limits.members', 'limits.groups', 'required', 'unique', 'sensitive', 'paths.users', 'paths.groups']);
