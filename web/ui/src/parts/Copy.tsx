import { Button } from '@mantine/core';
import { useState } from 'react';

import { announce } from './announce';
import { IconCopy, IconOk } from './icons';

interface Props {
  text: string;
  what: string; // names the button for those who do not see what stands beside it: "base URL"
}

// Copy puts a text onto the clipboard and says so.
export function Copy({ text, what }: Props) {
  const [done, setDone] = useState<'no' | 'yes' | 'failed'>('no');
  async function copy() {
    const ok = await toClipboard(text);
    setDone(ok ? 'yes' : 'failed');
    announce(ok ? `Copied the ${what}.` : `The ${what} could not be copied; select it and copy it yourself.`);
    setTimeout(() => setDone('no'), 3_000);
  }
  const word = { no: 'Copy', yes: 'Copied', failed: 'Select it' }[done];
  return (
    <Button variant="default" size="compact-md" mih={36} onClick={copy} aria-label={`${word}${done === 'failed' ? ':' : ''} the ${what}`} leftSection={done === 'yes' ? <IconOk size={16} /> : <IconCopy size={16} />}>
      {word}
    </Button>
  );
}

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text); // there only over https and on this machine
    return true;
  } catch {
    return false;
  }
}
