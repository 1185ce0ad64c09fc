import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';

import { Name } from '../parts/Name';
import { useChosen } from '../pages/directory/Where';
import { useFindings, type Finding } from './findings';
import { useSlash } from './slash';

// Search is the header's: it finds users, groups, connectors and requests by whatever names them,
// and leads to them. "/", unless that is switched off, and Ctrl-K, or Cmd-K, come to it from anywhere; the arrows choose, Enter
// opens, Escape shuts the list.
export function Search() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState<string>();
  const [q] = useDebouncedValue(text.trim(), 150);
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const navigate = useNavigate();
  const d = useChosen();
  const [slashOn] = useSlash();
  const { groups, busy, failure } = useFindings(d, q);
  const all = groups.flatMap((g) => g.items);
  const at = all.findIndex((f) => f.id === active);
  const late = q !== text.trim(); // what is found belongs to less than is typed
  const shown = open && q !== '';

  useEffect(() => {
    function come(e: globalThis.KeyboardEvent) {
      const key = e.key.toLowerCase();
      const called = key === 'k' && (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey;
      const slash = slashOn && e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !typing(e.target);
      if (e.defaultPrevented || !(called || slash) || document.querySelector('[role="dialog"]') !== null) return;
      e.preventDefault();
      field.current?.focus();
      field.current?.select();
    }
    window.addEventListener('keydown', come);
    return () => window.removeEventListener('keydown', come);
  }, [slashOn]);

  function go(f: Finding) {
    leave();
    void navigate(f.link);
  }

  function leave() {
    setText('');
    setOpen(false);
    setActive(undefined);
  }

  function press(e: KeyboardEvent) {
    if (e.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step !== undefined) {
      e.preventDefault();
      setOpen(true);
      const next = at === -1 && step === -1 ? all.length - 1 : (at + step + all.length) % Math.max(all.length, 1);
      setActive(all[next]?.id);
    } else if (e.key === 'Enter' && text.trim() !== '') {
      e.preventDefault();
      const chosen = shown ? all[at] : undefined;
      if (chosen !== undefined) return go(chosen);
      leave();
      void navigate({ to: '/users', search: { in: d, q: text.trim() } });
    } else if (e.key === 'Escape') {
      e.preventDefault();
      if (!shown) setText('');
      setOpen(false);
      setActive(undefined);
    }
  }

  return (
    <div className="finder" role="search" aria-label="Everything" onBlur={(e) => { if (!e.currentTarget.contains(e.relatedTarget)) setOpen(false); }}>
      <input ref={field} className="finder-field" type="text" role="combobox" aria-label="Search" aria-autocomplete="list" aria-expanded={shown && all.length > 0} aria-controls={shown && all.length > 0 ? list : undefined}
        aria-activedescendant={shown && at !== -1 ? `${list}-${at}` : undefined} aria-keyshortcuts={`${slashOn ? '/ ' : ''}Control+K Meta+K`} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder={slashOn ? 'Search ( / )' : 'Search'} maxLength={200}
        value={text} onChange={(e) => { setText(e.currentTarget.value); setOpen(true); setActive(undefined); }} onFocus={() => setOpen(true)} onKeyDown={press} />
      {shown && (
        <div className="finder-found" onMouseDown={(e) => e.preventDefault()}>
          <div role="status" className="finder-said">{said(all.length, busy || late)}</div>
          {failure !== undefined && <div className="finder-said">Not everything was searched: {failure.detail}</div>}
          {all.length > 0 && (
            <div role="listbox" id={list} aria-label="Found">
              {groups.map((g) => (
                <div key={g.kind} role="group" aria-label={g.kind}>
                  <div className="finder-kind" aria-hidden="true">{g.kind}</div>
                  {g.items.map((f) => (
                    <div key={f.id} id={`${list}-${all.indexOf(f)}`} role="option" aria-selected={f.id === active} className="finder-item" onClick={() => go(f)}
                      ref={(e) => { if (f.id === active) e?.scrollIntoView({ block: 'nearest' }); }}>
                      <Name>{f.name}</Name>
                      {f.note !== undefined && f.note !== '' && <span className="finder-note"> <Name>{f.note}</Name></span>}
                    </div>
                  ))}
                </div>
              ))}
            </div>
          )}
        </div>
      )}
    </div>
  );
}

function said(found: number, busy: boolean): string {
  if (found > 0) return `${found} found${busy ? '; still looking' : ''}. Enter alone looks among all users.`;
  return busy ? 'Looking…' : 'Nothing is found. Names are found by how their words begin, ids and addresses as a whole.';
}

// typing says whether a key goes into what is typed.
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, [role="textbox"], [role="combobox"], [role="menu"]') !== null);
}
