import { Button, Group, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState, type FormEvent } from 'react';

import { problemOf } from '../../api/problem';
import { changePassword } from '../../auth';
import { announce } from '../../parts/announce';
import { Failed } from '../../states/Failed';

// ChangePassword exchanges one's own password; all other sessions end.
export function ChangePassword({ email }: { email: string }) {
  const [open, setOpen] = useState(false);
  return (
    <section aria-labelledby="password">
      <Title order={2} id="password" mb="xs">Password</Title>
      {open ? <Form email={email} onClose={() => setOpen(false)} /> : <Button variant="default" onClick={() => setOpen(true)}>Choose another password</Button>}
    </section>
  );
}

function Form({ email, onClose }: { email: string; onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const problem = error === undefined ? undefined : problemOf(error);
  const wrong = problem?.code === 'wrongPassword' ? problem.detail : undefined;
  const weak = problem?.at('body.password');

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await changePassword(current, password);
      announce('The password is changed. Your other sessions have ended.');
      onClose();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} style={{ maxWidth: '26rem' }}>
      <Stack>
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <PasswordInput autoFocus label="Current password" required autoComplete="current-password" value={current} error={wrong} onChange={(e) => setCurrent(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the current password' }} />
        <PasswordInput label="New password" required autoComplete="new-password" description="12 characters at least; a sentence is easy to keep." value={password} error={weak} onChange={(e) => setPassword(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the new password' }} />
        <Text size="sm">All your other sessions end. API tokens go on.</Text>
        {problem !== undefined && wrong === undefined && weak === undefined && <Failed error={problem} what="Changing the password" />}
        <Group><Button type="submit" loading={busy}>Change it</Button><Button variant="default" onClick={onClose}>Cancel</Button></Group>
      </Stack>
    </form>
  );
}
