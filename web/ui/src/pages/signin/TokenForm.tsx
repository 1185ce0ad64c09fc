import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useState, type FormEvent } from 'react';

import { problemOf } from '../../api/problem';
import { signInWithToken } from '../../auth';
import { Failed } from '../../states/Failed';

// TokenForm is the way in for set-up and emergencies: the deployment's admin token.
export function TokenForm({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const refused = error !== undefined && problemOf(error).status === 401;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy || token.trim() === '') return;
    setBusy(true);
    setError(undefined);
    try {
      await signInWithToken(token);
      onDone();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }

  return (
    <details>
      <summary>Use the admin token</summary>
      <form onSubmit={submit}>
        <Stack mt="xs">
          <Text>
            It is what <code>MUSTER_ADMIN_TOKEN</code> says or, where that is not set, what the file <code>admin.token</code> beside the database holds. It stays
            in this tab until the page is loaded again.
          </Text>
          <PasswordInput
            label="Admin token" required autoComplete="off" value={token} onChange={(e) => setToken(e.currentTarget.value)}
            error={refused ? 'This is not the admin token. A connector’s token is for its IdP only.' : undefined}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }}
          />
          {error !== undefined && !refused && <Failed error={error} what="Signing in" />}
          <Button type="submit" variant="default" loading={busy}>Sign in with the token</Button>
        </Stack>
      </form>
    </details>
  );
}
