import { Button, Container, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';

import type { Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { redeem } from '../../auth';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Failed } from '../../states/Failed';
import { Loading } from '../../states/Loading';
import { purposeOf } from './reading';

type Purpose = Schema<'LinkPurpose'>;

// SetUp is where a link leads: it makes the first owner, or lets who was invited choose a
// password. What stands behind the # is the link's secret; it goes to Muster alone, and out of
// the address once it is used.
export function SetUp() {
  const { hash } = useLocation();
  return (
    <Container component="main" size="xs" py={{ base: 'lg', sm: '4rem' }}>
      <Page title="Set up" heading="Welcome to Muster">
        {hash === '' ? <Useless detail="There is nothing behind the # of this address. Copy the whole link." /> : <OfLink key={hash} link={hash} />}
      </Page>
    </Container>
  );
}

function OfLink({ link }: { link: string }) {
  const [purpose, setPurpose] = useState<Purpose>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let here = true;
    setError(undefined);
    purposeOf(link).then((read) => { if (here) setPurpose(read); }, (thrown: unknown) => { if (here) setError(thrown); });
    return () => { here = false; };
  }, [link, round]);
  if (error !== undefined && problemOf(error).status === 404) return <Useless detail={problemOf(error).detail} />;
  if (error !== undefined) return <Failed error={error} retry={() => setRound(round + 1)} what="Reading the link" />;
  return purpose === undefined ? <Loading what="what the link is for" /> : <Choose link={link} purpose={purpose} />;
}

function Useless({ detail }: { detail: string }) {
  return (
    <Note tone="bad" title="This link does not work" alert>
      <p style={{ margin: '0.25rem 0' }}>{detail}</p>
      <TextLink to="/sign-in" search={{}}>Sign in</TextLink>
    </Note>
  );
}

function Choose({ link, purpose }: { link: string; purpose: Purpose }) {
  const navigate = useNavigate();
  const [email, setEmail] = useState(purpose.email ?? '');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const problem = error === undefined ? undefined : problemOf(error);
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = ['email', 'name', 'password'].some((field) => at(field) !== undefined);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await redeem({ token: link, password, ...(purpose.first ? { email: email.trim(), name: name.trim() } : {}) });
      await navigate({ to: '/', replace: true });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>
          {purpose.first ? 'You are the first here, and will own this deployment: you can invite others afterwards.' : <>Choose the password of <Name>{purpose.name || (purpose.email ?? '')}</Name>.</>}
          {' '}The link works once and ends <When at={purpose.expiresAt} />.
        </Text>
        <TextInput label="E-mail" type="email" required readOnly={!purpose.first} autoComplete="username" value={email} error={at('email')}
          description={purpose.first ? 'You sign in with it, and the audit names you by it.' : undefined} onChange={(e) => setEmail(e.currentTarget.value)} />
        {purpose.first && <TextInput label="Name" autoComplete="name" maxLength={256} value={name} error={at('name')} onChange={(e) => setName(e.currentTarget.value)} />}
        <PasswordInput label="Password" required autoComplete="new-password" description="12 characters at least; a sentence is easy to keep." value={password} error={at('password')}
          onChange={(e) => setPassword(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
        {problem !== undefined && !placed && <Failed error={problem} what={purpose.first ? 'Setting up' : 'Choosing the password'} />}
        <Button type="submit" loading={busy}>{purpose.first ? 'Become the first owner' : 'Choose this password and sign in'}</Button>
      </Stack>
    </form>
  );
}
