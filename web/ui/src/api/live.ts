import { useEffect, useRef, useState } from 'react';

import { credentials } from '../auth';

// Live is how a stream of events is: open, or lost and tried again.
export type Live = 'opening' | 'open' | 'lost';

// useLive listens to the server-sent events of a path of the API (such as
// "/connectors/acme-okta/contact") for as long as the component is shown, and calls heard with
// each. It connects again by itself; what it returns says whether it hears just now.
export function useLive(path: string, heard: (event: string, data: string) => void): Live {
  const [live, setLive] = useState<Live>('opening');
  const latest = useRef(heard);
  latest.current = heard;
  useEffect(() => {
    const leave = new AbortController();
    setLive('opening');
    void listen(path, leave.signal, (event, data) => latest.current(event, data), setLive);
    return () => leave.abort();
  }, [path]);
  return live;
}

async function listen(path: string, leave: AbortSignal, heard: (event: string, data: string) => void, say: (live: Live) => void) {
  for (let pause = 1_000; !leave.aborted; pause = Math.min(pause * 2, 30_000)) {
    try {
      const response = await fetch(`/api/v1${path}`, { headers: { Accept: 'text/event-stream', ...credentials() }, signal: leave });
      if (response.ok && response.body !== null) {
        say('open');
        pause = 500;
        await readEvents(response.body, heard);
      } else if (response.status < 500 && response.status !== 429) {
        say('lost');
        return; // asking again would not help; the page's own reading says why
      }
    } catch {
      // cut off: said below
    }
    if (leave.aborted) return;
    say('lost');
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

// readEvents reads a stream to its end
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
async function readEvents(body: ReadableStream<Uint8Array>, heard: (event: string, data: string) => void) {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      let event = 'message';
      const data: string[] = [];
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      }
      if (data.length > 0) heard(event, data.join('\n'));
    }
  }
}
