import { Button, Container, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState, type FormEvent } from 'react';

import { problemOf } from '../../api/problem';
import { oidcAddress, signIn } from '../../auth';
import { Page } from '../../parts/Page';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { pathOf } from './back';
import { waysIn } from './reading';
import { TokenForm } from './TokenForm';
import { wordsOf } from './words';

// SignIn lets administrators in and leads on to where they wanted to go.
export function SignIn() {
  const { back, problem } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const ways = useQuery(waysIn);
  const go = () => void navigate({ href: pathOf(back), replace: true });
  return (
    <Container component="main" size="xs" py={{ base: 'lg', sm: '4rem' }}>
      <Page title="Sign in" heading="Sign in to Muster">
        {problem !== undefined && <Note tone={problem === 'ended' ? 'info' : 'bad'} alert title={wordsOf(problem).title}>{wordsOf(problem).detail}</Note>}
        <Answer query={ways} what="the ways in">
          {({ needed, oidc }) => (
            <Stack>
              {needed && (
                <Note tone="info" title="There is no administrator yet">
                  Muster printed a set-up link when it started; it makes the first owner. <code>muster admin setup-link</code>, on the server, prints another one.
                </Note>
              )}
              {oidc && (
                <>
                  <Button component="a" href={oidcAddress(back ?? '/ui/')}>Sign in with your organisation</Button>
                  <Divider label="or with a password" styles={{ label: { color: 'var(--mute)', fontSize: '0.9375rem' } }} />
                </>
              )}
              <PasswordForm second={oidc} onDone={go} />
            </Stack>
          )}
        </Answer>
        <TokenForm onDone={go} />
      </Page>
    </Container>
  );
}

interface FormProps {
  second: boolean; // there is another way, which is the usual one
  onDone: () => void;
}

function PasswordForm({ second, onDone }: FormProps) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const field = useRef<HTMLInputElement>(null);
  const problem = error === undefined ? undefined : problemOf(error);
  const wrong = problem?.code === 'signInFailed';

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await signIn(email, password);
      onDone();
    } catch (thrown) {
      setError(thrown);
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="E-mail" type="email" required autoComplete="username" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput
          label="Password" required autoComplete="current-password" ref={field} value={password} onChange={(e) => setPassword(e.currentTarget.value)}
          error={wrong ? problem.detail : undefined} visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
        {problem !== undefined && !wrong && <Failed error={problem} what="Signing in" />}
        <Button type="submit" variant={second ? 'default' : 'filled'} loading={busy}>Sign in</Button>
        <Text size="sm" c="var(--mute)">Forgot it? An owner can make a link with which you choose another one.</Text>
      </Stack>
    </form>
  );
}
